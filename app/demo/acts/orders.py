"""Orders of every size: one seat with a waiting list, a branch that names its people, a campaign."""

from datetime import datetime, timedelta
from typing import Any

from app.core import clock
from app.demo.cast import Cast
from app.demo.stage import TO_BE_TAKEN, Stage, until

SMALL = {"title": "教老人用手机", "category": "phone_teaching", "seats": 1}
MIDDLE = {"title": "照看小区绿地", "category": "green", "seats": 3}
LARGE = {"title": "垃圾分类集中宣传", "category": "waste", "seats": 40}

DAYS = timedelta(days=2)


async def play(stage: Stage, cast: Cast) -> None:
    """All three are taken each in its way, served and confirmed."""
    small, middle = [await publish(cast, size, clock.now() + DAYS) for size in (SMALL, MIDDLE)]
    one = f"/orders/{small['id']}"
    first, second, third, *others = cast.members
    seat = await first.phone.ask("POST", f"{one}/seats")
    waits = await second.phone.ask("POST", f"{one}/waiting")
    await first.phone.ask("POST", f"/seats/{seat['id']}/release", reason_code="work")
    moved = await second.phone.ask("POST", f"/seats/{waits['id']}/accept")
    stage.tell("一席的服务：一人退出，候补的人接受", f"{waits['status']} → {moved['status']}")
    asked = await cast.secretary.ask(
        "POST", f"/orders/{middle['id']}/dispatch", registration_id=third.registration_id
    )
    said = await third.phone.ask("POST", f"/seats/{asked['id']}/decline")
    stage.tell("三席的服务：社区派单，本人可以谢绝", f"{asked['status']} → {said['status']}")
    named = others[:2]
    take = await cast.branch.ask(
        *("POST", f"/orders/{middle['id']}/branch-takes"),
        organization_id=first.branch_id,
        places=2,
        registration_ids=[member.registration_id for member in named],
    )
    shown = await cast.branch.ask("GET", f"/branch-takes/{take['id']}")
    for line in shown["people"]:
        member = next(member for member in named if member.name == line["name"])
        await member.phone.ask("POST", f"/seats/{line['seat_id']}/accept")
    stage.tell("功能型党支部接单并报名单，逐人确认", f"{len(named)} 人确认")

    begins = clock.now() + TO_BE_TAKEN
    large = await publish(cast, LARGE, begins)
    seats = [
        (await member.phone.ask("POST", f"/orders/{large['id']}/seats"))["id"]
        for member in cast.members
    ]
    await until(begins)
    gone = [{"seat_id": seats[-1], "reason_code": "duty_call"}]
    await cast.clerk.ask(
        *("POST", f"/orders/{large['id']}/attendance"), present=seats[:-1], absent=gone
    )
    done = await cast.secretary.ask("POST", f"/orders/{large['id']}/complete", minutes=60)
    stage.tell(
        "四十席的集中活动：到场一次录入，时长一次确认",
        f"到场 {len(seats) - 1} 人、请假 1 人，{done['status']}",
    )


async def publish(cast: Cast, size: dict[str, Any], starts: datetime) -> Any:
    """An open order of an hour."""
    return await cast.secretary.ask(
        *("POST", f"/organizations/{cast.community_id}/orders"),
        **size,
        starts_at=starts.isoformat(),
        ends_at=(starts + timedelta(hours=1)).isoformat(),
        publish=True,
    )
