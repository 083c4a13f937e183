"""What a community may set about its orders has an effect: R2, R16; the policies named."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import deadlines, events
from app.core import clock, workdays
from app.models.need import NeedStatus, NeedStep, Route
from app.models.order import Order, OrderStatus
from app.models.organization import Policy
from app.models.report import Notification
from app.orders import clocks
from app.wiring import LISTENERS
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Move = Callable[[timedelta], None]
Sessions = async_sessionmaker[AsyncSession]
HOUR = timedelta(hours=1)


async def put(session: AsyncSession, town: Town, key: str, value: Any) -> None:
    session.add(
        Policy(
            organization_id=town.community.id,
            key=key,
            value={"value": value},
            effective_on=clock.today(),
            basis="",
            created_at=clock.now(),
        )
    )
    await session.commit()


async def publish(desk: Desk, town: Town, session: AsyncSession, **body: Any) -> Order:
    """An order of the community, three weeks ahead if none else is said."""
    starts_at = clock.now() + timedelta(days=21)
    made = await desk.post(
        town.clerk,
        f"/organizations/{town.community.id}/orders",
        **{
            "title": "教用手机",
            "category": "phone_teaching",
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + HOUR).isoformat(),
            "seats": 1,
            "publish": True,
        }
        | body,
    )
    assert made.status_code == 201, made.text
    return await session.get_one(Order, made.json()["id"])


async def pass_days(sessions: Sessions, move_clock: Move, days: int) -> None:
    move_clock(timedelta(days=days, minutes=1))
    while await deadlines.advance_next(sessions, clocks.DEADLINES):
        pass


@pytest.mark.parametrize("days", [7, 3])
async def test_what_a_need_waits_for_goes_back_when_nobody_took_it_for_so_many_days(
    session: AsyncSession,
    desk: Desk,
    town: Town,
    sessions: Sessions,
    move_clock: Move,
    days: int,
) -> None:
    if days != 7:
        await put(session, town, "orders.no_taker_days", days)
    need = await make_need(session, town.community, status=NeedStatus.ACCEPTED, route=Route.ORDER)
    await session.commit()
    order = await publish(desk, town, session, need_ids=[str(need.id)])
    await pass_days(sessions, move_clock, days - 1)
    await session.refresh(order)
    assert order.status is OrderStatus.OPEN
    await pass_days(sessions, move_clock, days)
    await session.refresh(order)
    await session.refresh(need)
    assert (order.status, need.status) == (OrderStatus.EXPIRED, NeedStatus.ACCEPTED)
    said = await session.scalar(
        select(NeedStep.reason).where(NeedStep.need_id == need.id).order_by(NeedStep.id.desc())
    )
    assert str(said).startswith(f"满{days}天无人接单：")


async def test_what_somebody_took_or_the_community_does_by_itself_stays(
    session: AsyncSession, desk: Desk, town: Town, sessions: Sessions, move_clock: Move
) -> None:
    need = await make_need(session, town.community, status=NeedStatus.ACCEPTED, route=Route.ORDER)
    await session.commit()
    taken = await publish(desk, town, session, need_ids=[str(need.id)])
    await make_seat(session, taken, town.registration)
    own = await publish(desk, town, session)
    await put(session, town, "orders.no_taker_days", 0)
    never = await publish(desk, town, session)
    assert never.due_at == never.ends_at
    await pass_days(sessions, move_clock, 7)
    for order in (taken, own, never):
        await session.refresh(order)
        assert (order.status, order.due_at) == (OrderStatus.OPEN, order.ends_at)


async def test_two_services_of_one_person_leave_the_minutes_of_the_way_between_them(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    first = await publish(desk, town, session)
    assert first.buffer_minutes == 30
    taken = await desk.post(town.member, f"/orders/{first.id}/seats")
    assert taken.status_code == 201, taken.text

    async def take_at(minutes: int) -> str:
        starts_at = first.ends_at + timedelta(minutes=minutes)
        order = await publish(
            desk,
            town,
            session,
            starts_at=starts_at.isoformat(),
            ends_at=(starts_at + HOUR).isoformat(),
        )
        answer = await desk.post(town.member, f"/orders/{order.id}/seats")
        return str(answer.json().get("code", answer.status_code))

    assert await take_at(29) == "overlaps"
    assert await take_at(-89 - 60) == "overlaps"
    assert await take_at(-60) == "overlaps"
    assert await take_at(30) == "201"
    await put(session, town, "orders.overlap_buffer_minutes", 0)
    assert await take_at(-120) == "201"


async def test_who_has_not_confirmed_the_minutes_is_reminded_and_nothing_confirms_itself(
    session: AsyncSession, desk: Desk, town: Town, sessions: Sessions, move_clock: Move
) -> None:
    begun = clock.now() - 2 * HOUR
    order = await make_order(session, town.community, starts_at=begun, ends_at=begun + HOUR)
    seat = await make_seat(session, order, town.registration)
    await session.commit()
    answer = await desk.post(town.clerk, f"/orders/{order.id}/attendance", present=[str(seat.id)])
    assert answer.status_code == 200, answer.text
    await session.refresh(order)
    due = workdays.after(order.ends_at, 5)
    assert order.remind_at == due
    move_clock(due - clock.now() + timedelta(seconds=1))
    assert await deadlines.advance_next(sessions, clocks.DEADLINES)
    while await events.tell_next(sessions, LISTENERS):
        pass
    await session.refresh(order)
    assert order.status is OrderStatus.IN_PROGRESS
    assert order.remind_at is not None and order.remind_at > due + timedelta(days=5)
    told = await session.scalars(
        select(Notification.message).where(Notification.person_id == town.clerk.id)
    )
    assert "minutes_missing" in list(told)
    await put(session, town, "orders.confirm_workdays", 0)
    await clocks.remind(session, order)
    assert order.remind_at is None
