"""An order that nobody served goes back with why, and with what might be done. R16."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import deadlines
from app.core import clock, workdays
from app.models.need import NeedStatus, NeedStep, Route
from app.models.order import Order, OrderStep, SeatOrigin, SeatStatus
from app.orders import clocks
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Move = Callable[[timedelta], None]
Sessions = async_sessionmaker[AsyncSession]
EVENING = "weekday_evening"


async def judged(session: AsyncSession, town: Town, **columns: Any) -> tuple[Any, Any]:
    over = {"starts_at": clock.now() - timedelta(hours=2)}
    order = await make_order(session, town.community, **over | columns)
    await clocks.expire(session, order)
    return order.no_taker_reason, order.no_taker_proposal


@pytest.mark.parametrize(
    ("columns", "availability", "why"),
    [
        ({"skills": ["legal_advice"]}, [], ("no_skill", "raise_to_joint_meeting")),
        ({"bands": [EVENING]}, ["weekend_day"], ("time_mismatch", "other_time")),
        ({"bands": [EVENING]}, [EVENING], ("no_answer", "invite")),
        ({"bands": [EVENING]}, [], ("no_answer", "invite")),
        ({"difficulty": 4, "target": "branch"}, [], ("too_big", "split")),
    ],
)
async def test_why_nobody_took_it_is_judged_with_a_proposal(
    session: AsyncSession,
    town: Town,
    columns: dict[str, Any],
    availability: list[str],
    why: tuple[str, str],
) -> None:
    town.registration.availability = availability
    assert await judged(session, town, **columns) == why


async def test_where_all_who_were_asked_have_declined_a_branch_may_take_it(
    session: AsyncSession, town: Town
) -> None:
    need = await make_need(session, town.community, status=NeedStatus.IN_HAND, route=Route.ORDER)
    order = await make_order(
        session, town.community, needs=(need,), starts_at=clock.now() - timedelta(hours=2)
    )
    await make_seat(
        session,
        order,
        town.registration,
        status=SeatStatus.DECLINED,
        origin=SeatOrigin.DISPATCH,
    )
    await clocks.expire(session, order)
    assert order.no_taker_reason == "all_declined"
    assert order.no_taker_proposal == "raise_to_branch"
    said = await session.scalar(select(NeedStep.reason).where(NeedStep.need_id == need.id))
    assert said == "到时无人接单：邀请的党员均未能参加"


async def test_where_it_was_taken_and_nobody_came_that_is_the_reason(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    order = await make_order(
        session, town.community, starts_at=clock.now() - timedelta(hours=1), skills=["driving"]
    )
    seat = await make_seat(session, order, town.registration)
    done = await desk.post(
        town.clerk, f"/orders/{order.id}/complete", absent=[{"seat_id": str(seat.id)}]
    )
    assert done.json()["status"] == "expired"
    await session.refresh(order)
    assert order.no_taker_reason == "nobody_came"


async def test_an_order_without_attendance_is_reminded_of_once_and_stays_open(
    session: AsyncSession, sessions: Sessions, town: Town, move_clock: Move
) -> None:
    order = await make_order(session, town.community)
    order.due_at = order.ends_at
    await make_seat(session, order, await make_registration(session, town.community))
    move_clock(timedelta(days=2, hours=2))
    assert await deadlines.advance_next(sessions, clocks.DEADLINES)
    assert not await deadlines.advance_next(sessions, clocks.DEADLINES)
    move_clock(timedelta(days=3, hours=2))
    assert await deadlines.advance_next(sessions, clocks.DEADLINES)
    assert not await deadlines.advance_next(sessions, clocks.DEADLINES)
    assert await steps(session, order) == ["chase"]


async def test_an_order_with_attendance_is_reminded_of_by_the_days_for_confirming(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    order = await make_order(
        session,
        town.community,
        starts_at=clock.now() - timedelta(hours=1),
        remind_at=clock.now() + timedelta(days=1),
    )
    seat = await make_seat(session, order, town.registration)
    answer = await desk.post(town.clerk, f"/orders/{order.id}/attendance", present=[str(seat.id)])
    assert answer.status_code == 200, answer.text
    await session.refresh(order)
    assert order.remind_at == workdays.after(order.ends_at, 5)


async def test_a_running_order_is_not_reminded_of(session: AsyncSession, town: Town) -> None:
    order = await make_order(session, town.community, starts_at=clock.now() - timedelta(minutes=10))
    await clocks.remind(session, order)
    await session.flush()
    assert await steps(session, order) == []


async def steps(session: AsyncSession, order: Order) -> list[str]:
    found = await session.scalars(
        select(OrderStep.action).where(OrderStep.order_id == order.id).order_by(OrderStep.id)
    )
    return list(found)
