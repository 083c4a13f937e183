"""Whatever is pressed on an order, in whatever sequence, its places and its history agree."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import deadlines, wiring
from app.core import clock
from app.models.need import NeedStatus, Route, Verdict
from app.models.order import (
    UNPROMISED,
    BranchTake,
    Commitment,
    Order,
    OrderStep,
    Seat,
    SeatStatus,
    SeatStep,
    WeekCount,
)
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.models.record import ServiceRecord
from app.orders import offers
from app.rules.orders import is_living
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Call = tuple[Person, str, dict[str, Any]]


async def check(session: AsyncSession, order: Order) -> None:
    """Places within the seats; one living seat a person; promises, history and facts as the rows."""
    await session.refresh(order)
    rows = await session.scalars(
        select(Seat).where(Seat.order_id == order.id).execution_options(populate_existing=True)
    )
    seats = rows.all()
    living = (
        await session.scalars(select(Seat.id).where(Seat.order_id == order.id, is_living(Seat)))
    ).all()
    of_living = [seat for seat in seats if seat.id in living]
    assert len({seat.person_id for seat in of_living}) == len(of_living)
    unnamed = await session.scalar(select(func.sum(BranchTake.unnamed)))
    holding = [seat for seat in of_living if seat.status is not SeatStatus.WAITING]
    assert order.taken == len(holding) + (unnamed or 0) <= order.seats
    coming = {seat.id for seat in of_living if seat.status not in UNPROMISED}
    assert set(await session.scalars(select(Commitment.source_id))) == coming
    assert (await session.scalar(select(func.sum(WeekCount.taken))) or 0) == len(coming)
    steps = (await session.scalars(select(SeatStep).order_by(SeatStep.at, SeatStep.id))).all()
    last = {step.seat_id: step.entered for step in steps}
    assert last == {seat.id: seat.status for seat in seats}
    facts = select(func.count()).where(OutboxEntry.name == "seat.moved")
    assert await session.scalar(facts) == len(steps)


@pytest.mark.parametrize("seed", range(4))
async def test_any_sequence_of_calls_keeps_an_orders_places_true(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: async_sessionmaker[AsyncSession],
    move_clock: Callable[[timedelta], None],
    seed: int,
) -> None:
    chance = Random(seed)
    unit = await make_organization(session, "functional_branch", town.community)
    leader = await make_staff(session, Role.BRANCH_SECRETARY, unit)
    members = [
        await make_registration(session, town.community, functional_branch_id=unit.id)
        for _ in range(6)
    ]
    people = [await session.get_one(Person, one.person_id) for one in members]
    order = await make_order(
        session, town.community, seats=2, starts_at=clock.now() + timedelta(days=6)
    )
    passed = timedelta()

    async def seats() -> list[Any]:
        return list((await session.scalars(select(Seat.id))).all()) or [order.id]

    async def takes() -> list[Any]:
        return list((await session.scalars(select(BranchTake.id))).all()) or [order.id]

    async def call(kind: str) -> Call:
        one, who = str(chance.choice(members).id), chance.choice(people)
        seat, take = chance.choice(await seats()), chance.choice(await takes())
        calls: dict[str, Call] = {
            "seats": (who, f"/orders/{order.id}/seats", {}),
            "waiting": (who, f"/orders/{order.id}/waiting", {}),
            "dispatch": (town.clerk, f"/orders/{order.id}/dispatch", {"registration_id": one}),
            "branch-takes": (
                leader,
                f"/orders/{order.id}/branch-takes",
                {
                    "organization_id": str(unit.id),
                    "places": chance.randint(1, 2),
                    "registration_ids": [one],
                },
            ),
            "names": (leader, f"/branch-takes/{take}/names", {"registration_ids": [one]}),
            "exchange": (
                leader,
                f"/branch-takes/{take}/exchange",
                {"seat_id": str(seat), "registration_id": one},
            ),
            "give-back": (leader, f"/branch-takes/{take}/give-back", {}),
        }
        if kind in calls:
            return calls[kind]
        held = await session.get(Seat, seat)
        own = await session.get_one(Person, held.person_id) if held else who
        return own, f"/seats/{seat}/{kind}", {}

    kinds = ["seats", "waiting", "dispatch", "branch-takes", "names", "exchange", "give-back"]
    kinds += ["accept", "accept", "accept", "decline", "release", "release", "more", "time"]
    met = set()
    for _ in range(60):
        kind = chance.choice(kinds)
        if kind == "time":
            passed += timedelta(hours=chance.choice((1, 6, 30)))
            move_clock(passed)
            while await deadlines.advance_next(sessions, offers.DEADLINES):
                pass
        elif kind == "more":
            await session.refresh(order)
            more = min(order.seats + 1, 4)
            path = f"/orders/{order.id}"
            met.add(
                (await desk.patch(town.clerk, path, version=order.version, seats=more)).status_code
            )
        else:
            who, path, body = await call(kind)
            met.add((await desk.post(who, path, **body)).status_code)
        await check(session, order)
    assert {200, 201, 409} <= met
    assert max(met) < 500


async def check_served(session: AsyncSession, order: Order) -> None:
    """Minutes of records are those confirmed; every state has its history row and its fact."""
    await session.refresh(order)
    query = select(Seat).where(Seat.order_id == order.id).execution_options(populate_existing=True)
    seats = (await session.scalars(query)).all()
    confirmed = {
        seat.person_id: seat.minutes for seat in seats if seat.status is SeatStatus.CONFIRMED
    }
    records = (await session.scalars(select(ServiceRecord))).all()
    assert {row.person_id: row.minutes for row in records} == confirmed
    assert len(records) == len(confirmed)
    assert order.taken <= order.seats
    for rows, state, fact in (
        (select(SeatStep).order_by(SeatStep.at, SeatStep.id), None, "seat.moved"),
        (select(OrderStep).order_by(OrderStep.at, OrderStep.id), order.status, "order.moved"),
    ):
        steps = (await session.scalars(rows)).all()
        told = select(func.count()).where(OutboxEntry.name == fact)
        assert await session.scalar(told) == len(steps)
        assert state is None or not steps or steps[-1].entered == state


@pytest.mark.parametrize("seed", range(5))
async def test_any_sequence_of_calls_on_a_service_keeps_its_minutes_true(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: async_sessionmaker[AsyncSession],
    move_clock: Callable[[timedelta], None],
    seed: int,
) -> None:
    chance = Random(seed)
    need = await make_need(
        session,
        town.community,
        status=NeedStatus.ACCEPTED,
        route=Route.ORDER,
        verdict=Verdict.PASS,
    )
    order = await make_order(
        session, town.community, needs=(need,), seats=4, starts_at=clock.now() + timedelta(hours=30)
    )
    members = [await make_registration(session, town.community) for _ in range(5)]
    people = [await session.get_one(Person, one.person_id) for one in members]
    resident = await session.get_one(Person, need.requester_id)
    for person in people[:3]:
        await desk.post(person, f"/orders/{order.id}/seats")
    passed, met = timedelta(), set()
    kinds = ["seats", "release", "attendance", "attendance", "complete", "complete", "time"]
    kinds += ["acceptance", "acceptance"] + ["cancel"] * (seed == 0)

    async def some(*states: SeatStatus) -> list[str]:
        query = select(Seat.id).where(Seat.order_id == order.id, Seat.status.in_(states))
        ids = (await session.scalars(query)).all()
        return [str(one) for one in chance.sample(ids, chance.randint(len(ids) // 2, len(ids)))]

    async def lists() -> dict[str, Any]:
        """Of those who have a seat some came; the others did not, or nobody says so, or both."""
        came = await some(SeatStatus.TAKEN)
        others = set(await some(*SeatStatus)) - {*came} if chance.random() < 0.2 else set()
        gone = chance.choice((others, {*await some(SeatStatus.TAKEN)} - {*came}))
        return {
            "present": came,
            "absent": [{"seat_id": one, "reason_code": "illness"} for one in gone],
        }

    for _ in range(50):
        kind, one = chance.choice(kinds), chance.choice(await some(*SeatStatus) or [str(order.id)])
        calls: dict[str, Call] = {
            "seats": (chance.choice(people), f"/orders/{order.id}/seats", {}),
            "release": (chance.choice(people), f"/seats/{one}/release", {"reason_code": "work"}),
            "attendance": (town.clerk, f"/orders/{order.id}/attendance", await lists()),
            "complete": (
                town.clerk,
                f"/orders/{order.id}/complete",
                await lists() | {"minutes": chance.choice((30, 90, 1_440))},
            ),
            "cancel": (
                town.clerk,
                f"/orders/{order.id}/cancel",
                {"reason_code": "weather" if passed else "no such reason"},
            ),
            "acceptance": (
                resident,
                f"/needs/{need.id}/acceptance",
                {"answer": chance.choice(("solved", "unsolved"))},
            ),
        }
        if kind == "time":
            passed += timedelta(hours=chance.choice((6, 24)))
            move_clock(passed)
            while await deadlines.advance_next(sessions, wiring.DEADLINES):
                pass
        else:
            who, path, body = calls[kind]
            met.add((await desk.post(who, path, **body)).status_code)
        await check_served(session, order)
    assert max(met) < 500
    assert {200, 409} <= met
    served = await session.scalar(select(func.count(ServiceRecord.id)))
    assert bool(served) is (seed != 0)
