"""Waiting for a place, what is offered to whom, and what becomes of an offer."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import deadlines
from app.commitments import service as commitments
from app.core import clock
from app.models.member import Registration, RegistrationStatus
from app.models.order import (
    Commitment,
    Order,
    OrderNeed,
    OrderStatus,
    Seat,
    SeatOrigin,
    SeatStatus,
    SeatStep,
    WeekCount,
)
from app.models.outbox import OutboxEntry
from app.models.person import Person
from app.orders import clocks, offers
from app.orders.offers import awake_after
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_person
from tests.factories.world import make_take
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

S = SeatStatus
Move = Callable[[timedelta], None]
Sessions = async_sessionmaker[AsyncSession]
Counter = Callable[[], AbstractContextManager[list[str]]]


FUNCTION = """
    CREATE FUNCTION pg_temp.crowd() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN NEW.taken := NEW.taken + 5; RETURN NEW; END'"""
TRIGGER = """
    CREATE TRIGGER crowd BEFORE INSERT ON week_counts
    FOR EACH ROW EXECUTE FUNCTION pg_temp.crowd()"""


async def full_order(session: AsyncSession, town: Town, **columns: Any) -> tuple[Order, Seat]:
    """An order of one seat, and who has it."""
    order = await make_order(session, town.community, **columns)
    return order, await make_seat(session, order, await make_registration(session, town.community))


async def line_up(session: AsyncSession, order: Order, town: Town, count: int) -> list[Seat]:
    """So many wait for the order, in this order."""
    return [
        await make_seat(
            session,
            order,
            await make_registration(session, town.community),
            status=S.WAITING,
            origin=SeatOrigin.WAITING,
        )
        for _ in range(count)
    ]


async def holder(session: AsyncSession, seat: Seat) -> Person:
    return await session.get_one(Person, seat.person_id)


async def release(desk: Desk, session: AsyncSession, seat: Seat) -> Any:
    return await desk.post(await holder(session, seat), f"/seats/{seat.id}/release")


async def seen(session: AsyncSession, *rows: Any) -> list[Any]:
    """The states of the rows as they are now."""
    for row in rows:
        await session.refresh(row)
    return [row.status for row in rows]


async def pass_time(sessions: Sessions) -> None:
    """The clock's work on orders' offers is done."""
    while await deadlines.advance_next(sessions, offers.DEADLINES):
        pass


async def test_who_meets_a_full_order_waits_and_is_told_so_again(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order, _ = await full_order(session, town)
    path = f"/orders/{order.id}/waiting"
    with count_statements() as spent:
        first = await desk.post(town.member, path)
    assert (first.status_code, first.json()["status"]) == (201, "waiting"), first.text
    assert len(spent) <= 12
    again = await desk.post(town.member, path)
    assert again.json() == first.json()
    tapped = await desk.post(town.member, f"/orders/{order.id}/seats")
    assert (tapped.status_code, tapped.json()) == (200, first.json())
    await session.refresh(order)
    assert (order.taken, order.offers_due_at) == (1, order.starts_at)
    shown = await desk.get(town.member, f"/orders/{order.id}")
    assert (shown["my_seat_id"], shown["my_status"]) == (first.json()["id"], "waiting")
    listed = await desk.get(town.member, f"/organizations/{town.community.id}/orders/open")
    assert (listed["items"][0]["is_full"], listed["items"][0]["is_mine"]) == (True, False)
    (mine,) = (await desk.get(town.member, "/me/seats"))["items"]
    assert (mine["origin"], mine["open_to"]) == ("waiting", ["decline"])
    step = (await session.scalars(select(SeatStep))).one()
    assert (step.action, step.left, step.entered) == ("wait", None, "waiting")


async def test_each_refusal_to_wait_has_its_reason(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    roomy = await make_order(session, town.community)
    over, _ = await full_order(session, town, status=OrderStatus.CLOSED)
    own = await make_order(
        session,
        town.community,
        needs=(await make_need(session, town.community, requester_id=town.member.id),),
    )
    await make_seat(session, own)
    long, _ = await full_order(session, town)
    await line_up(session, long, town, 20)
    hidden = await make_order(session, town.community, status=OrderStatus.DRAFT)
    for order, code in (
        (roomy, "not_full"),
        (over, "not_open"),
        (own, "own_need"),
        (long, "waiting_full"),
        (hidden, "not_found"),
    ):
        refused = await desk.post(town.member, f"/orders/{order.id}/waiting")
        assert refused.json()["code"] == code
    stranger = await desk.post(town.clerk, f"/orders/{long.id}/waiting")
    assert (stranger.status_code, stranger.json()["code"]) == (403, "not_registered")


async def test_a_released_place_is_offered_to_who_waits_longest(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order, held = await full_order(session, town, release_until=clock.now())
    first, second = await line_up(session, order, town, 2)
    path, who = f"/seats/{held.id}/release", await holder(session, held)
    with count_statements() as spent:
        done = await desk.post(who, path, reason_code="illness")
    assert done.status_code == 200, done.text
    assert len(spent) <= 12
    assert await seen(session, held, first, second) == [S.RELEASED, S.OFFERED, S.WAITING]
    await session.refresh(order)
    assert order.taken == 1
    assert order.offers_due_at == first.offered_until
    assert first.offered_until is not None
    assert clock.now() + timedelta(hours=4) <= first.offered_until + timedelta(seconds=5)
    steps = await session.scalars(select(SeatStep).where(SeatStep.seat_id == first.id))
    assert [(step.action, step.actor_id) for step in steps] == [("offer", None)]
    facts = await session.scalars(select(OutboxEntry.payload).order_by(OutboxEntry.id))
    assert [fact["action"] for fact in facts] == ["release", "offer"]
    stranger = await desk.post(town.member, f"/orders/{order.id}/seats")
    assert stranger.json()["code"] == "full"


async def test_an_offer_is_accepted_as_a_seat_is_taken(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order, held = await full_order(session, town)
    (seat,) = await line_up(session, order, town, 1)
    await release(desk, session, held)
    who = await holder(session, seat)
    (mine,) = (await desk.get(who, "/me/seats"))["items"]
    assert (mine["open_to"], mine["offered_until"] is not None) == (["accept", "decline"], True)
    contact = await desk.client.get(f"/api/v1/orders/{order.id}/contact", headers=desk.sign_in(who))
    assert contact.status_code == 403
    with count_statements() as spent:
        accepted = await desk.post(who, f"/seats/{seat.id}/accept")
    assert (accepted.status_code, accepted.json()["status"]) == (200, "taken"), accepted.text
    assert len(spent) <= 12
    await session.refresh(order)
    assert order.taken == 1
    promise = (
        await session.scalars(select(Commitment).where(Commitment.person_id == seat.person_id))
    ).one()
    assert (promise.source_id, promise.during.lower) == (seat.id, order.starts_at)
    week = select(WeekCount.taken).where(WeekCount.person_id == seat.person_id)
    assert await session.scalar(week) == 1
    twice = await desk.post(who, f"/seats/{seat.id}/accept")
    assert twice.json()["code"] == "bad_transition"


async def test_who_cannot_come_is_passed_over_and_goes_on_waiting(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order, held = await full_order(session, town)
    busy, laden, tired, away, asking, able = await line_up(session, order, town, 6)
    other = await make_order(session, town.community, starts_at=order.starts_at)
    await make_seat(session, other, await session.get_one(Registration, busy.registration_id))
    for hours in range(1, 6):
        later = await make_order(
            session, town.community, starts_at=order.starts_at + timedelta(days=9, hours=2 * hours)
        )
        await make_seat(session, later, await session.get_one(Registration, laden.registration_id))
    week = commitments.week_of(order.starts_at)
    session.add(WeekCount(person_id=tired.person_id, week=week, taken=3))
    await session.execute(
        update(Registration)
        .where(Registration.id == away.registration_id)
        .values(status=RegistrationStatus.SUSPENDED)
    )
    need = await make_need(session, town.community, requester_id=asking.person_id)
    session.add(OrderNeed(order_id=order.id, need_id=need.id))
    await session.flush()
    await release(desk, session, held)
    assert await seen(session, busy, laden, tired, away, asking, able) == [S.WAITING] * 5 + [
        S.OFFERED
    ]


async def test_who_was_passed_over_asks_anew_when_he_has_time_again(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order, held = await full_order(session, town)
    (seat,) = await line_up(session, order, town, 1)
    other = await make_order(session, town.community, starts_at=order.starts_at)
    who = await holder(session, seat)
    taken = (await desk.post(who, f"/orders/{other.id}/seats")).json()
    await release(desk, session, held)
    assert await seen(session, seat) == [S.WAITING]
    await desk.post(who, f"/seats/{taken['id']}/release")
    again = await desk.post(who, f"/orders/{order.id}/waiting")
    assert (again.json()["id"], again.json()["status"]) == (str(seat.id), "offered")


async def test_a_declined_offer_goes_to_the_next_and_nothing_follows(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order, held = await full_order(session, town)
    first, second = await line_up(session, order, town, 2)
    await release(desk, session, held)
    who = await holder(session, first)
    assert (await desk.post(town.clerk, f"/seats/{first.id}/decline")).status_code == 403
    with count_statements() as spent:
        declined = await desk.post(who, f"/seats/{first.id}/decline")
    assert declined.json()["status"] == "declined"
    assert len(spent) <= 12
    assert await seen(session, first, second) == [S.DECLINED, S.OFFERED]
    again = await desk.post(who, f"/orders/{order.id}/waiting")
    assert (again.status_code, again.json()["status"]) == (201, "waiting")
    left = await desk.post(who, f"/seats/{again.json()['id']}/decline")
    assert left.json()["status"] == "declined"
    await session.refresh(order)
    assert order.taken == 1


async def test_an_offer_without_an_answer_lapses_and_goes_to_the_next(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    order, held = await full_order(session, town, starts_at=clock.now() + timedelta(days=5))
    first, second = await line_up(session, order, town, 2)
    await release(desk, session, held)
    await session.refresh(first)
    await pass_time(sessions)
    assert await seen(session, first, second) == [S.OFFERED, S.WAITING]
    assert first.offered_until is not None
    move_clock(first.offered_until - clock.now() + timedelta(minutes=1))
    late = await desk.post(await holder(session, first), f"/seats/{first.id}/accept")
    assert late.json()["code"] == "offer_lapsed"
    await pass_time(sessions)
    assert await seen(session, first, second) == [S.LAPSED, S.OFFERED]
    await session.refresh(order)
    assert (order.taken, order.offers_due_at) == (1, second.offered_until)
    move_clock(order.starts_at - clock.now() + timedelta(minutes=1))
    await pass_time(sessions)
    await session.refresh(order)
    assert (order.taken, order.offers_due_at) == (0, None)


async def test_the_begin_ends_offers_and_waiting(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    order, held = await full_order(session, town, starts_at=clock.now() + timedelta(minutes=30))
    first, second = await line_up(session, order, town, 2)
    order.release_until = order.starts_at
    await session.flush()
    await release(desk, session, held)
    await session.refresh(first)
    assert first.offered_until == order.starts_at
    move_clock(timedelta(minutes=31))
    begun = await desk.post(await holder(session, first), f"/seats/{first.id}/accept")
    assert begun.json()["code"] == "not_open"
    await pass_time(sessions)
    assert await seen(session, first, second) == [S.LAPSED, S.LAPSED]
    steps = await session.scalars(select(SeatStep.action).where(SeatStep.seat_id == second.id))
    assert steps.all() == ["end_wait"]


async def test_more_seats_are_more_offers(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order, _ = await full_order(session, town)
    line = await line_up(session, order, town, 3)
    with count_statements() as spent:
        changed = await desk.patch(
            town.clerk, f"/orders/{order.id}", version=order.version, seats=3
        )
    assert changed.status_code == 200, changed.text
    assert len(spent) <= 12
    assert await seen(session, *line) == [S.OFFERED, S.OFFERED, S.WAITING]
    await session.refresh(order)
    assert order.taken == 3


async def test_an_earlier_begin_ends_the_offers_earlier(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Move,
    count_statements: Counter,
) -> None:
    order, held = await full_order(session, town, starts_at=clock.now() + timedelta(days=5))
    first, second = await line_up(session, order, town, 2)
    await release(desk, session, held)
    await session.refresh(order)
    earlier = clock.now() + timedelta(minutes=50)
    took = make_take(order, town.community)
    session.add(took)
    order.seats, order.taken = 2, 2
    await session.flush()
    with count_statements() as spent:
        changed = await desk.patch(
            town.clerk,
            f"/orders/{order.id}",
            version=order.version,
            starts_at=earlier.isoformat(),
            ends_at=(earlier + timedelta(hours=1)).isoformat(),
        )
    assert changed.status_code == 200, changed.text
    assert len(spent) <= 12
    assert await seen(session, first, second) == [S.OFFERED, S.WAITING]
    await session.refresh(order)
    assert first.offered_until == order.offers_due_at == order.starts_at
    counts = select(func.count()).where(WeekCount.person_id == second.person_id)
    assert await session.scalar(counts) == 0
    move_clock(timedelta(minutes=51))
    await pass_time(sessions)
    await session.refresh(order)
    await session.refresh(took)
    assert (order.taken, took.unnamed, order.offers_due_at) == (0, 0, None)


async def test_an_offer_is_no_right_to_come_whatever_happened_since(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order, held = await full_order(session, town)
    (seat,) = await line_up(session, order, town, 1)
    await release(desk, session, held)
    other = await make_order(session, town.community, starts_at=order.starts_at)
    who = await holder(session, seat)
    assert (await desk.post(who, f"/orders/{other.id}/seats")).status_code == 201
    refused = await desk.post(who, f"/seats/{seat.id}/accept")
    assert (refused.status_code, refused.json()["code"]) == (409, "overlaps")
    assert await seen(session, seat) == [S.OFFERED]


async def test_a_week_that_fills_up_meanwhile_undoes_the_answer(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    """As when two answers at once have both seen room: the count is past the limit at its writing."""
    order, held = await full_order(session, town)
    (seat,) = await line_up(session, order, town, 1)
    await release(desk, session, held)
    for statement in (FUNCTION, TRIGGER):
        await session.execute(text(statement))
    refused = await desk.post(await holder(session, seat), f"/seats/{seat.id}/accept")
    assert refused.json()["code"] == "week_limit"
    assert await seen(session, seat) == [S.OFFERED]


async def test_a_cancelled_order_and_an_untaken_one_keep_nobody_waiting(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    order, held = await full_order(session, town)
    first, second = await line_up(session, order, town, 2)
    await release(desk, session, held)
    cancelled = await desk.post(town.clerk, f"/orders/{order.id}/cancel", reason_code="weather")
    assert cancelled.status_code == 200, cancelled.text
    assert await seen(session, first, second) == [S.CANCELLED, S.CANCELLED]
    await session.refresh(order)
    assert order.taken == 0
    untaken = await make_order(session, town.community, starts_at=clock.now() - timedelta(hours=2))
    await make_seat(session, untaken, status=S.OFFERED)
    await clocks.expire(session, untaken)
    assert untaken.status is OrderStatus.EXPIRED
    await clocks.expire(session, untaken)  # a second look changes nothing
    taken, _ = await full_order(session, town)
    await clocks.expire(session, taken)
    assert taken.status is OrderStatus.OPEN


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=clock.ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "hours", "quiet", "until"),
    [
        (local(1, 10), 4, ("21:30", "07:30"), local(1, 14)),
        (local(1, 20), 4, ("21:30", "07:30"), local(2, 10)),
        (local(1, 23), 4, ("21:30", "07:30"), local(2, 11, 30)),
        (local(1, 3), 4, ("21:30", "07:30"), local(1, 11, 30)),
        (local(1, 20), 20, ("21:30", "07:30"), local(3, 12)),
        (local(1, 23), 4, ("01:00", "07:00"), local(2, 9)),
        (local(1, 0, 30), 1, ("01:00", "07:00"), local(1, 7, 30)),
        (local(1, 5), 30, ("08:00", "08:00"), local(2, 11)),
    ],
)
def test_the_nights_do_not_count_in_the_time_to_answer(
    moment: datetime, hours: int, quiet: tuple[str, str], until: datetime
) -> None:
    begins, ends = (time.fromisoformat(each) for each in quiet)
    assert awake_after(moment, hours, begins, ends) == until


async def test_who_waits_elsewhere_is_not_found(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order, _ = await full_order(session, town)
    (seat,) = await line_up(session, order, town, 1)
    stranger = await make_person(session)
    assert (await desk.post(stranger, f"/seats/{seat.id}/decline")).status_code == 404
    far = await make_order(session, await make_community(session))
    assert (await desk.post(town.member, f"/orders/{far.id}/waiting")).status_code == 404
