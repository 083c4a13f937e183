"""Taking a seat: one statement that does all or nothing, and says why when nothing."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.commitments import service as commitments
from app.core import clock
from app.core.ids import new_id
from app.models.order import Commitment, Order, OrderStatus, Seat, SeatStatus, SeatStep, WeekCount
from app.models.outbox import OutboxEntry
from app.orders import service
from app.permissions import Actor
from tests.factories.members import make_registration
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_person
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Counter = Callable[[], AbstractContextManager[list[str]]]


async def take(desk: Desk, town: Town, order: Order) -> Any:
    return await desk.post(town.member, f"/orders/{order.id}/seats")


async def test_a_seat_is_taken_with_all_that_belongs_to_it(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order = await make_order(session, town.community)
    with count_statements() as seen:
        taken = await take(desk, town, order)
    assert (taken.status_code, taken.json()["status"]) == (201, "taken")
    assert len(seen) == 2  # the actor and the one statement
    await session.refresh(order)
    seat = (await session.scalars(select(Seat))).one()
    assert (order.taken, seat.registration_id) == (1, town.registration.id)
    promise = (await session.scalars(select(Commitment))).one()
    assert (promise.source_id, promise.during.lower) == (seat.id, order.starts_at)
    week = (await session.scalars(select(WeekCount))).one()
    assert (week.week, week.taken) == (commitments.week_of(order.starts_at), 1)


async def test_its_history_and_fact_are_what_the_service_would_write(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community)
    await take(desk, town, order)
    seat = (await session.scalars(select(Seat))).one()
    service.tell_seat(session, Actor(town.member.id), seat, "take", None)
    await session.flush()
    steps = (await session.scalars(select(SeatStep).order_by(SeatStep.id))).all()
    shapes = [
        (step.seat_id, step.actor_id, step.action, step.left, step.entered, step.reason)
        for step in steps
    ]
    assert shapes[0] == shapes[1]
    facts = (await session.scalars(select(OutboxEntry).order_by(OutboxEntry.id))).all()
    told = [
        (fact.name, fact.payload, fact.attempts, fact.waiting_for, fact.told_at) for fact in facts
    ]
    assert told[0] == told[1]


async def test_a_second_tap_answers_with_the_same_seat(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order = await make_order(session, town.community, seats=5)
    first = await take(desk, town, order)
    with count_statements() as seen:
        second = await take(desk, town, order)
    assert (second.status_code, second.json()) == (200, first.json())
    assert len(seen) == 3
    assert len((await session.scalars(select(Seat))).all()) == 1


async def test_each_refusal_has_its_reason_and_changes_nothing(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    full = await make_order(session, town.community)
    await make_seat(session, full)
    begun = await make_order(
        session,
        town.community,
        starts_at=clock.now() - timedelta(hours=1),
        ends_at=clock.now() + timedelta(hours=1),
    )
    over = await make_order(session, town.community, status=OrderStatus.CLOSED)
    laden = await make_order(session, town.community, live_limit=0)
    busy = await make_order(session, town.community, week_limit=0)
    far = await make_order(session, await make_community(session))
    hidden = await make_order(session, town.community, status=OrderStatus.DRAFT)
    for order, code in (
        (full, "full"),
        (begun, "not_open"),
        (over, "not_open"),
        (laden, "live_limit"),
        (busy, "week_limit"),
        (far, "not_found"),
        (hidden, "not_found"),
    ):
        refused = await take(desk, town, order)
        assert refused.json()["code"] == code
    assert (await session.scalars(select(WeekCount))).all() == []
    nowhere = await desk.post(town.member, f"/orders/{new_id()}/seats")
    assert nowhere.json()["code"] == "not_found"


async def test_who_is_not_registered_does_not_take(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community)
    refused = await desk.post(town.clerk, f"/orders/{order.id}/seats")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_registered")


async def test_two_services_at_the_same_time_are_refused(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    starts = clock.now() + timedelta(days=2)
    one = await make_order(session, town.community, starts_at=starts)
    two = await make_order(session, town.community, starts_at=starts + timedelta(minutes=30))
    assert (await take(desk, town, one)).status_code == 201
    refused = await take(desk, town, two)
    assert (refused.status_code, refused.json()["code"]) == (409, "overlaps")
    await session.refresh(two)
    assert two.taken == 0


async def test_a_week_that_fills_up_meanwhile_undoes_the_whole_statement(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    """As when two takes at once have both seen room: the count is past the limit at its writing."""
    order = await make_order(session, town.community, week_limit=1)
    await session.execute(
        text(
            "CREATE FUNCTION pg_temp.crowd() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN NEW.taken := NEW.taken + 5; RETURN NEW; END'"
        )
    )
    await session.execute(
        text(
            "CREATE TRIGGER crowd BEFORE INSERT ON week_counts "
            "FOR EACH ROW EXECUTE FUNCTION pg_temp.crowd()"
        )
    )
    refused = await take(desk, town, order)
    assert refused.json()["code"] == "week_limit"
    await session.refresh(order)
    assert order.taken == 0
    assert (await session.scalars(select(Seat))).all() == []


async def test_a_seat_given_back_in_time_leaves_no_trace_of_blame(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community)
    seat_id = (await take(desk, town, order)).json()["id"]
    released = await desk.post(town.member, f"/seats/{seat_id}/release")
    assert released.json()["status"] == "released"
    await session.refresh(order)
    seat = (await session.scalars(select(Seat))).one()
    await session.refresh(seat)
    assert (order.taken, seat.is_late_release) == (0, False)
    assert (await session.scalars(select(Commitment))).all() == []
    week = (
        await session.scalars(select(WeekCount).execution_options(populate_existing=True))
    ).one()
    assert week.taken == 0
    again = await take(desk, town, order)
    assert again.status_code == 201


async def test_after_the_cut_off_a_reason_is_written_down(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(
        session, town.community, release_until=clock.now() - timedelta(minutes=1)
    )
    seat = await make_seat(session, order, town.registration)
    path = f"/seats/{seat.id}/release"
    for body in ({}, {"reason_code": "mood"}):
        refused = await desk.post(town.member, path, **body)
        assert refused.json()["errors"][0]["pointer"] == "/reason_code"
    late = await desk.post(town.member, path, reason_code="illness")
    assert late.status_code == 200, late.text
    await session.refresh(seat)
    assert (seat.status, seat.is_late_release) == (SeatStatus.RELEASED, True)


async def test_only_the_holder_gives_a_seat_back(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community, release_until=None)
    seat = await make_seat(session, order, town.registration)
    path = f"/seats/{seat.id}/release"
    assert (await desk.post(town.clerk, path)).status_code == 403
    assert (await desk.post(await make_person(session), path)).status_code == 404
    other = await make_registration(session, town.community)
    assert other.person_id != town.member.id
    assert (await desk.post(town.member, path)).status_code == 200
