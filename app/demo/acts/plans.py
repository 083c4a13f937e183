"""What comes by the calendar: a plan item, a weekly service; whom to ask, and who could come."""

from datetime import timedelta

from app.core import clock
from app.demo.cast import Cast
from app.demo.stage import Stage


async def play(stage: Stage, cast: Cast) -> None:
    """One tap makes the plan's order; a series makes its own; people are asked before they are named."""
    path = f"/organizations/{cast.community_id}"
    today = clock.today()
    item = await cast.secretary.ask(
        *("POST", f"{path}/plan-items"),
        title="老人手机课堂",
        month=f"{today:%Y-%m}",
        template="phone_class",
    )
    starts = clock.now() + timedelta(days=1)
    order = await cast.secretary.ask(
        "POST", f"/plan-items/{item['id']}/order", starts_at=starts.isoformat()
    )
    await cast.secretary.ask("POST", f"/orders/{order['id']}/publish")
    stage.tell("年度计划一键成单", f"{order['number']}，建议对象 {order['target']}")
    found = (await cast.secretary.ask("GET", f"/orders/{order['id']}/candidates"))["items"]
    first = found[0]
    reasons = "、".join(reason["name"] for reason in first["reasons"])
    stage.tell(
        "系统按特长、远近、空闲、服务多少提示人选", f"{len(found)} 人，第一位因为：{reasons}"
    )
    poll = await cast.secretary.ask(
        "POST", f"/orders/{order['id']}/polls", organization_id=cast.members[0].branch_id
    )
    for member, answer in zip(cast.members, ("yes", "maybe", "no"), strict=False):
        await member.phone.ask("PUT", f"/polls/{poll['id']}/answer", answer=answer)
    named = await cast.secretary.ask(
        *("POST", f"/polls/{poll['id']}/names"),
        registration_ids=[cast.members[0].registration_id],
    )
    await cast.members[0].phone.ask("POST", f"/seats/{named['seat_ids'][0]}/accept")
    stage.tell("先问“谁能来”，再从能来的人中安排，本人确认", "能来 1、待定 1、不能来 1")
    series = await cast.secretary.ask(
        *("POST", f"{path}/order-series"),
        title="周末阅读角",
        template="reading_corner",
        rule={"frequency": "weekly", "weekdays": [6]},
        starts_on=(today + timedelta(days=1)).isoformat(),
        begins_at="09:30",
        minutes=90,
        seats=2,
    )
    stage.tell("每周一次的服务按日历自动成单", series["status"])
    calendar = await cast.members[0].phone.ask("POST", "/me/calendar")
    feed = await stage.app.get("/calendar/" + calendar["address"].partition("/calendar/")[2])
    stage.tell("党员订阅自己的服务日历", f"{feed.text.count('BEGIN:VEVENT')} 项，不含居民信息")
