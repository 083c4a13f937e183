"""Reminders by the clock: each once for its due time, in words, to who must still act."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.terms import forget
from app.events import Listeners, tell_next
from app.models.emergency import ShiftSeat, ShiftSeatStatus
from app.models.need import Acceptance, AcceptanceStatus, NeedStatus
from app.models.notice import Reminder
from app.models.order import Order, OrderStatus, SeatOrigin, SeatStatus
from app.models.organization import Organization, Policy
from app.models.outbox import OutboxEntry
from app.models.person import Role
from app.models.report import Notification
from app.notifications import reminders
from app.notifications.events import ReminderDue
from tests.factories.emergency import make_call_up, make_shift
from tests.factories.members import make_registration, make_transfer
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff

Sessions = async_sessionmaker[AsyncSession]
Move = Callable[[timedelta], None]
LISTENERS: Listeners = {ReminderDue: (reminders.on_reminder_due,)}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DONE = {
    "offer": SeatStatus.TAKEN,
    "alone": SeatStatus.RELEASED,
    "shift": ShiftSeatStatus.RELEASED,
    "question": NeedStatus.SUBMITTED,
    "acceptance": AcceptanceStatus.SOLVED,
    "transfer": "withdrawn",
}


async def an_offer(session: AsyncSession) -> Any:
    """Four hours to answer; reminded of in the last."""
    order = await make_order(session, starts_at=clock.now() + 2 * DAY)
    until = clock.now() + 4 * HOUR
    return await make_seat(
        session, order, status=SeatStatus.OFFERED, offered_until=until, origin=SeatOrigin.WAITING
    )


async def one_of_two(session: AsyncSession, **columns: Any) -> Any:
    """Begins in 27 hours, and one has taken what two must do."""
    said: dict[str, Any] = {"seats": 2, "flags": ["two_person"]}
    begins = clock.now() + 27 * HOUR
    return await make_seat(session, await make_order(session, starts_at=begins, **said | columns))


async def a_shift(session: AsyncSession) -> Any:
    community = await make_community(session)
    registration = await make_registration(session, community)
    starts = clock.now() + 27 * HOUR
    shift = await make_shift(
        session,
        await make_call_up(session, community),
        starts_at=starts,
        ends_at=starts + HOUR,
    )
    seat = ShiftSeat(
        shift_id=shift.id,
        person_id=registration.person_id,
        registration_id=registration.id,
        status=ShiftSeatStatus.TAKEN,
    )
    session.add(seat)
    await session.flush()
    return seat


async def a_question(session: AsyncSession) -> Any:
    return await make_need(session, status=NeedStatus.ASKED_BACK, due_at=clock.now() + 51 * HOUR)


async def an_acceptance(session: AsyncSession) -> Any:
    need = await make_need(session, status=NeedStatus.DONE)
    row = Acceptance(need_id=need.id, round=1, due_at=clock.now() + 51 * HOUR)
    session.add(row)
    await session.flush()
    return row


async def a_transfer(session: AsyncSession) -> Any:
    """Three workdays of silence end in the night after the third; looked at as if they had."""
    registration = await make_registration(session)
    community = await session.get_one(Organization, registration.community_id)
    await make_staff(session, Role.COMMUNITY_CLERK, community)
    return await make_transfer(session, registration, await make_community(session))


CASES = {
    "offer": (an_offer, 3 * HOUR, "offer_ends"),
    "alone": (one_of_two, 3 * HOUR, "partner_missing"),
    "shift": (a_shift, 3 * HOUR, "service_tomorrow"),
    "question": (a_question, 3 * HOUR, "need_question_due"),
    "acceptance": (an_acceptance, 3 * HOUR, "need_confirm_due"),
    "transfer": (a_transfer, 15 * DAY, "transfer_waiting"),
}


async def looked(sessions: Sessions) -> None:
    """The clock has looked, and what it said is told."""
    async with sessions.begin() as session:
        await reminders.look(session)
    while await tell_next(sessions, LISTENERS):
        pass


async def lines(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return list(await session.scalars(select(Notification.message).order_by(Notification.id)))


@pytest.mark.parametrize("kind", CASES)
async def test_who_must_act_is_reminded_once_and_not_too_early(
    session: AsyncSession, sessions: Sessions, move_clock: Move, kind: str
) -> None:
    make, wait, message = CASES[kind]
    await make(session)
    await session.commit()
    await looked(sessions)
    assert await lines(sessions) == []
    move_clock(wait + timedelta(minutes=1))
    for _ in range(2):
        await looked(sessions)
        move_clock(wait + timedelta(minutes=11))
    assert await lines(sessions) == [message]


async def test_of_a_service_for_two_that_one_has_taken_both_sides_know(
    session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    """Not where a guardian is the second, nobody or enough have taken it, or it is off."""
    seat = await one_of_two(session, flags=["minor", "at_venue"])
    order = await session.get_one(Order, seat.order_id)
    community = await session.get_one(Organization, order.community_id)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    await one_of_two(session, flags=["minor"], has_guardian=True)
    await one_of_two(session, flags=["at_venue"])
    await one_of_two(session, status=OrderStatus.CANCELLED)
    await make_seat(session, order, status=SeatStatus.OFFERED, offered_until=order.starts_at)
    full = await one_of_two(session)
    await make_seat(session, await session.get_one(Order, full.order_id))
    await make_order(session, starts_at=order.starts_at, seats=2, flags=["two_person"])
    await session.commit()
    move_clock(4 * HOUR)
    await looked(sessions)
    async with sessions() as fresh:
        told = {row.message: row for row in await fresh.scalars(select(Notification))}
    assert set(told) == {"partner_missing", "second_missing"}
    assert told["partner_missing"].person_id == seat.person_id
    assert told["second_missing"].person_id == clerk.id
    assert {row.subject_id for row in told.values()} == {order.id}
    assert all(order.title in row.text and "—" not in row.text for row in told.values())


async def test_a_confidential_service_is_called_so_in_a_reminder(
    session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    seat = await an_offer(session)
    order = await session.get_one(Order, seat.order_id)
    order.title, order.is_confidential = "核对账目", True
    await session.commit()
    move_clock(3 * HOUR + timedelta(minutes=1))
    await looked(sessions)
    async with sessions() as fresh:
        text = await fresh.scalar(select(Notification.text))
    assert text is not None
    assert ("保密服务" in text, "核对账目" in text) == (True, False)


@pytest.mark.parametrize("kind", CASES)
async def test_who_has_acted_before_he_was_told_is_told_nothing(
    session: AsyncSession, sessions: Sessions, move_clock: Move, kind: str
) -> None:
    make, wait, _ = CASES[kind]
    row = await make(session)
    await session.commit()
    move_clock(wait + timedelta(minutes=1))
    async with sessions.begin() as other:
        await reminders.look(other)
        table = type(row)
        await other.execute(update(table).where(table.id == row.id).values(status=DONE[kind]))
    await looked(sessions)
    assert await lines(sessions) == []


async def test_a_due_time_that_moved_is_reminded_of_again(
    session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    need = await a_question(session)
    await session.commit()
    move_clock(4 * HOUR)
    await looked(sessions)
    need.due_at += 3 * DAY
    await session.commit()
    await looked(sessions)
    move_clock(4 * HOUR + 3 * DAY)
    await looked(sessions)
    assert await lines(sessions) == ["need_question_due"] * 2


async def test_what_is_past_or_leaves_no_time_is_not_reminded_of(
    session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    """An offer of less than the lead was its own reminder."""
    order = await make_order(session)
    soon = clock.now() + timedelta(minutes=50)
    await make_seat(session, order, status=SeatStatus.OFFERED, offered_until=soon)
    await make_need(session, status=NeedStatus.ASKED_BACK, due_at=clock.now() - HOUR)
    await session.commit()
    move_clock(timedelta(minutes=5))
    await looked(sessions)
    assert await lines(sessions) == []


async def test_the_community_says_how_long_before(
    session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    """Nearest first; nought is never."""
    needs = [await a_question(session) for _ in range(2)]
    clerk = await make_person(session)
    session.add_all(
        Policy(
            organization_id=need.community_id,
            key="needs.ask_back_reminder_hours",
            value={"value": hours},
            effective_on=date(2020, 1, 1),
            basis="x",
            author_id=clerk.id,
            created_at=clock.now(),
        )
        for need, hours in zip(needs, (0, 60), strict=True)
    )
    await session.commit()
    await looked(sessions)
    async with sessions() as other:
        told = await other.scalars(select(Notification.subject_id))
        assert told.all() == [needs[1].id]


async def test_it_costs_the_same_however_many_are_due(
    session: AsyncSession,
    move_clock: Move,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    for _ in range(5):
        await a_question(session)
    move_clock(4 * HOUR)
    with count_statements() as seen:
        await reminders.look(session)
    assert len(seen) == len(CASES)
    assert await session.scalar(select(func.count()).select_from(Reminder)) == 5


async def test_what_was_due_long_ago_is_forgotten(
    session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    await a_question(session)
    move_clock(4 * HOUR)
    await reminders.look(session)
    move_clock(40 * DAY)
    await forget(session, *reminders.TERMS)
    assert await session.scalar(select(func.count()).select_from(Reminder)) == 0


async def test_two_workers_that_look_at_once_make_one_fact(
    committed: FastAPI, move_clock: Move
) -> None:
    sessions: Sessions = committed.state.sessions
    async with sessions.begin() as session:
        await a_question(session)
    move_clock(4 * HOUR)

    async def one() -> None:
        async with sessions.begin() as session:
            await reminders.look(session)

    await asyncio.gather(*(one() for _ in range(6)))
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(OutboxEntry)) == 1


@pytest.mark.parametrize(
    ("now", "workdays", "since"),
    [
        (datetime(2027, 3, 11, 9, tzinfo=UTC), 3, date(2027, 3, 8)),  # Thursday: Mon, Tue, Wed
        (datetime(2027, 3, 15, 9, tzinfo=UTC), 3, date(2027, 3, 10)),  # Monday: Wed, Thu, Fri
    ],
)
def test_silence_is_counted_in_whole_workdays(now: datetime, workdays: int, since: date) -> None:
    assert reminders._silent_since(now)[workdays - 1] == clock.day_starts(since)
