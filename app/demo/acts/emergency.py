"""An emergency: two approve, all are called, a group takes a shift, minutes become records."""

from datetime import timedelta

from app.core import clock
from app.demo.cast import Cast
from app.demo.stage import TO_BE_TAKEN, Stage, until

PLAN = {
    "kind": "flood_typhoon",
    "level": "response",
    "title": "防汛值守",
    "text": "今晚有暴雨，请能来的同志到社区集合。",
    "contact_phone": "0513-12345",
    "meeting_points": [{"place": "社区服务中心"}],
    "posts": [{"duty": "patrol", "seats": 2, "begins_after": 60, "minutes": 120, "shifts": 2}],
}


async def play(stage: Stage, cast: Cast) -> None:
    """From the draft to the review."""
    path = f"/organizations/{cast.community_id}/call-up-plans"
    plan = await cast.secretary.ask("POST", path, **PLAN)
    made = await cast.secretary.ask("POST", f"/call-up-plans/{plan['id']}/call-ups")
    one = f"/call-ups/{made['id']}"
    planned = (await cast.secretary.ask("GET", f"{one}/shifts"))["items"]
    stage.tell("汛前存好的预案一键成召集", f"{PLAN['title']}，班次 {len(planned)} 个")
    await cast.secretary.ask("POST", f"{one}/approve")
    moved = await cast.branch.ask("POST", f"{one}/approve")
    stage.tell("社区书记和功能型党支部书记先后批准", moved["status"])
    answers = ("can_come", "can_come", "come_later", "on_duty_at_employer", "cannot")
    for member, answer in zip(cast.members, answers, strict=False):
        mine = (await member.phone.ask("GET", "/me/call-ups"))["items"][0]
        await member.phone.ask("POST", f"/replies/{mine['reply_id']}", reply=answer)
    to_call = (await cast.leader.ask("GET", f"{one}/call-list"))["items"]
    silent = next(line for line in to_call if line["reply"] is None)
    await cast.leader.ask("POST", f"/replies/{silent['id']}", reply="safe")
    roll = await cast.secretary.ask("GET", f"{one}/roll-call")
    counts = "、".join(f"{line['name']} {line['members']}" for line in roll["replies"])
    stage.tell(
        "党员答复，组长打电话代记一人，点名",
        f"召集 {roll['called']} 人：{counts}，未联系上 {roll['not_reached']}",
    )
    starts = clock.now() + TO_BE_TAKEN
    first, second = [
        await cast.secretary.ask(
            *("POST", f"{one}/shifts"),
            duty="pumping_sandbag",
            starts_at=starts.isoformat(),
            ends_at=(starts + timedelta(hours=2)).isoformat(),
            seats=seats,
        )
        for seats in (2, 3)
    ]
    mine = await cast.members[0].phone.ask("POST", f"/shifts/{first['id']}/seats")
    group = cast.members[0].group_id
    block = f"/shifts/{second['id']}"
    await cast.leader.ask("POST", f"{block}/group-block", group_id=group)
    await cast.leader.ask(
        "POST", f"{block}/names", registration_ids=[cast.members[1].registration_id]
    )
    named = (await cast.members[1].phone.ask("GET", "/me/shift-seats"))["items"][0]
    await cast.members[1].phone.ask("POST", f"/shift-seats/{named['id']}/answer", comes=True)
    stage.tell("个人认领一班；小组整班认领后报名单，本人确认", f"另设 {len((first, second))} 班")
    starter, joiner = cast.members[4].phone, cast.members[5].phone
    team = await starter.ask("POST", f"/shifts/{planned[0]['id']}/teams", wanted=2)
    stands = await joiner.ask("POST", f"/shift-teams/{team['id']}/join")
    stage.tell("组团认领：一人发起，够人数即成团", f"{team['status']} → {stands['status']}")
    await until(starts)
    for shift, seat in ((first, mine), (second, named)):
        await cast.secretary.ask("POST", f"/shifts/{shift['id']}/attendance", present=[seat["id"]])
        await cast.clerk.ask("POST", f"/shifts/{shift['id']}/confirm", minutes=120)
    await cast.secretary.ask("POST", f"{one}/stand-down")
    ended = await cast.secretary.ask("POST", f"{one}/review", text="沙袋备得不够，汛前补足。")
    stage.tell("到岗确认、时长入账、解除、复盘", ended["status"])
