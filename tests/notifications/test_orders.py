"""Who is told of an order, a seat, an answer: whom it concerns, and nobody else."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import Acceptance, AcceptanceStatus, Need, NeedStatus
from app.models.order import Order, OrderStatus, OrderStep, SeatStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.report import Notification
from app.needs.events import AcceptanceMoved
from app.notifications import orders, service
from app.orders.events import OrderMoved, SeatMoved
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.people import make_staff

S = SeatStatus


async def told(session: AsyncSession) -> dict[str, tuple[set[object], str]]:
    """Message → who has it, and its text."""
    found: dict[str, tuple[set[object], str]] = {}
    for row in await session.scalars(select(Notification)):
        found.setdefault(row.message, (set(), row.text))[0].add(row.person_id)
    return found


async def staff_of(session: AsyncSession, order: Order) -> Person:
    community = await session.get_one(Organization, order.community_id)
    return await make_staff(session, Role.COMMUNITY_CLERK, community)


def moved(order: Order, action: str, *changed: str) -> OrderMoved:
    return OrderMoved(order_id=order.id, action=action, status=order.status, changed=changed)


async def test_a_taken_seat_is_told_to_the_taker_and_by_surname_to_the_resident(
    session: AsyncSession,
) -> None:
    need = await make_need(session)
    order = await make_order(session, needs=(need,))
    seat = await make_seat(session, order)
    for fact, action in enumerate(("take", "attend")):
        event = SeatMoved(
            seat_id=seat.id,
            order_id=order.id,
            person_id=seat.person_id,
            action=action,
            status="taken",
        )
        await orders.on_seat_moved(session, fact, event)
    seen = await told(session)
    assert seen["seat_taken"][0] == {seat.person_id}
    assert seen["need_taken"][0] == {need.requester_id}
    assert "王同志" in seen["need_taken"][1]
    assert "王建国" not in seen["need_taken"][1]


@pytest.mark.parametrize(
    ("reason", "shown"), [("weather", "天气原因"), ("今天下雨", "今天下雨"), (None, "—")]
)
async def test_a_cancelled_order_is_told_to_whose_seat_went_with_it_and_to_the_resident(
    session: AsyncSession, reason: str | None, shown: str
) -> None:
    need = await make_need(session)
    gone = await make_need(session, status=NeedStatus.WITHDRAWN)
    order = await make_order(session, needs=(need, gone), status=OrderStatus.CANCELLED)
    seat = await make_seat(session, order, status=S.CANCELLED)
    for left in (S.EXCUSED, S.RELEASED):
        await make_seat(session, order, status=left)
    if reason is not None:
        session.add(
            OrderStep(order_id=order.id, action="cancel", entered="cancelled", reason=reason)
        )
        await session.flush()
    await orders.on_order_moved(session, 1, moved(order, "cancel"))
    seen = await told(session)
    assert seen == {
        "order_cancelled": ({seat.person_id}, f"教用手机已取消：{shown}。"),
        "need_service_off": (
            {need.requester_id},
            f"教用手机：{shown}。诉求已回到社区。",
        ),
    }


async def test_a_draft_that_is_cancelled_was_never_told_to_anybody(session: AsyncSession) -> None:
    need = await make_need(session)
    order = await make_order(
        session, needs=(need,), status=OrderStatus.CANCELLED, published_at=None
    )
    await orders.on_order_moved(session, 1, moved(order, "cancel"))
    assert await told(session) == {}


async def test_an_order_that_nobody_took_is_told_to_the_community_and_the_resident(
    session: AsyncSession,
) -> None:
    need = await make_need(session)
    order = await make_order(
        session,
        needs=(need,),
        status=OrderStatus.EXPIRED,
        no_taker_reason="no_skill",
        no_taker_proposal="split",
    )
    clerk = await staff_of(session, order)
    session.add(
        OrderStep(order_id=order.id, action="expire", entered="expired", reason="到时无人接单")
    )
    await session.flush()
    for fact, action in enumerate(("expire", "publish")):
        await orders.on_order_moved(session, fact, moved(order, action))
    seen = await told(session)
    assert {message: people for message, (people, _) in seen.items()} == {
        "order_without_taker": {clerk.id},
        "need_service_off": {need.requester_id},
    }
    assert "到时无人接单" in seen["need_service_off"][1]
    text = "教用手机：没有对应特长的党员。建议：拆分后重新发布。"
    assert seen["order_without_taker"][1] == text


async def test_who_has_made_the_order_is_reminded_of_its_attendance_or_the_community_is(
    session: AsyncSession,
) -> None:
    order = await make_order(session, title="核对账目", is_confidential=True)
    clerk, other = await staff_of(session, order), await staff_of(session, order)
    await orders.on_order_moved(session, 1, moved(order, "chase"))
    people, text = (await told(session))["attendance_missing"]
    assert (people, "保密服务" in text) == ({clerk.id, other.id}, True)
    own = await make_order(
        session,
        await session.get_one(Organization, order.community_id),
        created_by_id=clerk.id,
    )
    await orders.on_order_moved(session, 2, moved(own, "chase"))
    told_of_it = await session.scalars(
        select(Notification.person_id).where(Notification.outbox_id == 2)
    )
    assert told_of_it.all() == [clerk.id]


@pytest.mark.parametrize(
    ("changed", "taker", "resident"),
    [
        (("seats",), None, None),
        (("title", "description"), "名称有修改，说明有修改", None),
        (("place",), "地点改为社区活动室", "地点改为社区活动室"),
        (("starts_at", "ends_at"), "时间改为{time}", "时间改为{time}"),
        (("ends_at", "title"), "时间改为{time}，名称有修改", "时间改为{time}"),
    ],
)
async def test_a_change_is_told_to_whom_it_concerns(
    session: AsyncSession, changed: tuple[str, ...], taker: str | None, resident: str | None
) -> None:
    need = await make_need(session)
    order = await make_order(session, needs=(need,))
    seat = await make_seat(session, order)
    await make_seat(session, order, status=S.RELEASED)
    ends = order.ends_at.astimezone(clock.ZONE)
    time = f"{service.say(order.starts_at)}至{ends:%H:%M}"
    await orders.on_order_moved(session, 1, moved(order, "change", *changed))
    wanted: dict[str, tuple[set[object], str]] = {}
    if taker is not None:
        text = f"教用手机：{taker.format(time=time)}。不方便可退出，不留记录。"
        wanted["order_changed"] = ({seat.person_id}, text)
    if resident is not None:
        text = f"教用手机：{resident.format(time=time)}。"
        wanted["need_service_changed"] = ({need.requester_id}, text)
    assert await told(session) == wanted


async def test_a_changed_draft_is_told_to_nobody(session: AsyncSession) -> None:
    need = await make_need(session)
    order = await make_order(session, needs=(need,), status=OrderStatus.DRAFT)
    await orders.on_order_moved(session, 1, moved(order, "change", "place"))
    assert await told(session) == {}


async def test_who_has_a_seat_is_reminded_the_day_before(session: AsyncSession) -> None:
    order = await make_order(session, starts_at=clock.now() + timedelta(hours=24))
    seat = await make_seat(session, order)
    await make_seat(session, order, status=S.RELEASED)
    await orders.on_order_moved(session, 1, moved(order, "remind"))
    people, text = (await told(session))["service_tomorrow"]
    assert people == {seat.person_id}
    assert order.place in text


def answered(need: Need, row: Acceptance, action: str) -> AcceptanceMoved:
    return AcceptanceMoved(
        acceptance_id=row.id,
        need_id=need.id,
        order_id=row.order_id,
        action=action,
        status=row.status,
    )


@pytest.mark.parametrize(
    ("action", "reason", "result"),
    [
        ("solved", None, "已解决"),
        ("partly", "problem_returned", "部分解决（问题又出现）"),
        ("unsolved", "not_arrived", "没解决（没有来）"),
        ("ask", None, None),
        ("silence", None, None),
    ],
)
async def test_an_answer_reaches_who_served_and_what_was_not_solved_the_community(
    session: AsyncSession, action: str, reason: str | None, result: str | None
) -> None:
    """Source: practice.md R10."""
    need = await make_need(session)
    community = await session.get_one(Organization, need.community_id)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    order = await make_order(session, community, needs=(need,))
    seat = await make_seat(session, order, status=S.CONFIRMED)
    await make_seat(session, order, status=S.NO_SHOW)
    status = AcceptanceStatus(action) if result else AcceptanceStatus.ASKED
    row = Acceptance(need_id=need.id, order_id=order.id, round=0, status=status, reason_code=reason)
    session.add(row)
    await session.flush()
    await orders.on_acceptance_moved(session, 1, answered(need, row, action))
    wanted: dict[str, tuple[set[object], str]] = {}
    if result is not None:
        wanted["resident_answered"] = ({seat.person_id}, f"教用手机：{result}。")
    if reason is not None:
        text = f"{need.number}：{result}。可与居民联系并重新办理。"
        wanted["need_not_solved"] = ({clerk.id}, text)
    assert await told(session) == wanted


async def test_what_no_order_served_and_was_not_solved_reaches_the_community(
    session: AsyncSession,
) -> None:
    need = await make_need(session)
    community = await session.get_one(Organization, need.community_id)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    row = Acceptance(need_id=need.id, round=0, status=AcceptanceStatus.UNSOLVED)
    session.add(row)
    await session.flush()
    await orders.on_acceptance_moved(session, 1, answered(need, row, "unsolved"))
    seen = await told(session)
    assert {message: people for message, (people, _) in seen.items()} == {
        "need_not_solved": {clerk.id}
    }
