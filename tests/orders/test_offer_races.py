"""With real commits: offers, releases, answers and takes at once, and everything agrees afterwards."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import deadlines
from app.core import clock
from app.models.order import (
    UNPROMISED,
    BranchTake,
    Commitment,
    Order,
    Seat,
    SeatStatus,
    WeekCount,
)
from app.models.organization import Organization
from app.models.person import Role
from app.orders import offers
from app.rules.orders import is_living
from tests.factories.members import make_registration
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community, make_employer, make_organization
from tests.factories.people import make_staff

Call = tuple[Any, str, dict[str, Any]]
S = SeatStatus


async def press(app: FastAPI, calls: list[Call]) -> list[Response]:
    """Everybody presses at once: (person, path, body)."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:

        async def tap(person: Any, path: str, body: dict[str, Any]) -> Response:
            head = {"Authorization": f"Bearer {app.state.tokens.sign(person)}"}
            return await client.post(f"/api/v1{path}", headers=head, json=body)

        return await asyncio.gather(*(tap(*each) for each in calls))


async def people(
    session: AsyncSession, community: Organization, count: int, **ties: Any
) -> list[Any]:
    employer = await make_employer(session)
    return [
        await make_registration(session, community, employer=employer, **ties) for _ in range(count)
    ]


async def agree(session: AsyncSession) -> None:
    """Of every order: places within the seats, the counter equals the rows, one living seat each."""
    holding = is_living(Seat) & (Seat.status != S.WAITING)
    for order in (await session.scalars(select(Order))).all():
        seats = (
            await session.scalars(select(Seat).where(Seat.order_id == order.id, is_living(Seat)))
        ).all()
        assert len({seat.person_id for seat in seats}) == len(seats)
        held = await session.scalar(select(func.count()).where(Seat.order_id == order.id, holding))
        unnamed = await session.scalar(
            select(func.sum(BranchTake.unnamed)).where(BranchTake.order_id == order.id)
        )
        assert order.taken == (held or 0) + (unnamed or 0) <= order.seats
    coming = await session.scalar(
        select(func.count()).where(is_living(Seat), Seat.status.not_in(UNPROMISED))
    )
    assert await session.scalar(select(func.count()).select_from(Commitment)) == coming
    assert (await session.scalar(select(func.sum(WeekCount.taken))) or 0) == coming


async def test_places_are_passed_on_while_others_release_and_take(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        order = await make_order(session, community, seats=5)
        holders, line, outside = [await people(session, community, n) for n in (5, 8, 12)]
    path = f"/orders/{order.id}"
    await press(committed, [(one.person_id, f"{path}/seats", {}) for one in holders])
    await press(committed, [(one.person_id, f"{path}/waiting", {}) for one in line])
    async with committed.state.sessions() as session:
        taken = (await session.scalars(select(Seat).where(Seat.status == S.TAKEN))).all()
    everything: list[Call] = [(seat.person_id, f"/seats/{seat.id}/release", {}) for seat in taken]
    everything += [(one.person_id, f"{path}/seats", {}) for one in (*outside, *line)]
    codes: Counter[int] = Counter()
    for _ in range(3):
        done = await press(committed, everything)
        codes.update(answer.status_code for answer in done)
        async with committed.state.sessions() as session:
            await agree(session)
            offered = (await session.scalars(select(Seat).where(Seat.status == S.OFFERED))).all()
        answers: list[Call] = [
            (seat.person_id, f"/seats/{seat.id}/{'accept' if place % 2 else 'decline'}", {})
            for place, seat in enumerate(offered)
        ]
        everything = [*answers, *((one.person_id, f"{path}/seats", {}) for one in outside)]
    assert max(codes) < 500
    assert codes[200] >= 10  # five released, at least as many answered
    async with committed.state.sessions() as session:
        await agree(session)
        waited = {one.person_id for one in line}
        seats = await session.scalars(select(Seat.person_id).where(Seat.status == S.TAKEN))
        assert set(seats) & waited


async def test_an_answer_and_its_time_out_are_one_of_both(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        order = await make_order(session, community, seats=3)
        asked, waiting = [await people(session, community, n) for n in (3, 3)]
        past = clock.now() - timedelta(seconds=1)
        seats = [
            await make_seat(session, order, one, status=S.OFFERED, offered_until=past)
            for one in asked
        ]
        for one in waiting:
            await make_seat(session, order, one, status=S.WAITING)
        order.offers_due_at = past
    done, _ = await asyncio.gather(
        press(
            committed,
            [
                (seat.person_id, f"/seats/{seat.id}/{how}", {})
                for seat in seats
                for how in ("accept", "decline")
            ],
        ),
        deadlines.advance_next(committed.state.sessions, offers.DEADLINES),
    )
    assert {answer.status_code for answer in done} <= {200, 409}
    while await deadlines.advance_next(committed.state.sessions, offers.DEADLINES):
        pass
    async with committed.state.sessions() as session:
        await agree(session)
        states = Counter(await session.scalars(select(Seat.status)))
        assert states[S.OFFERED] == 3  # the three who waited
        assert states[S.DECLINED] + states[S.LAPSED] == 3


async def test_a_branch_and_the_person_himself_claim_one_seat(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        unit = await make_organization(session, "functional_branch", community)
        leader = await make_staff(session, Role.BRANCH_SECRETARY, unit)
        named = await people(session, community, 6, functional_branch_id=unit.id)
        order = await make_order(session, community, seats=20)
    calls: list[Call] = []
    for one in named:
        body = {
            "organization_id": str(unit.id),
            "places": 1,
            "registration_ids": [str(one.id)],
        }
        calls += [
            (leader.id, f"/orders/{order.id}/branch-takes", body),
            (one.person_id, f"/orders/{order.id}/seats", {}),
        ]
    done = await press(committed, calls)
    assert {answer.status_code for answer in done} <= {200, 201, 409}
    async with committed.state.sessions() as session:
        await agree(session)
        assert (await session.get_one(Order, order.id)).taken == len(named)


async def test_two_branches_name_the_same_three_for_other_services(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        branch = await make_organization(session, "functional_branch", community)
        group = await make_organization(session, "functional_group", branch)
        leaders = [
            await make_staff(session, Role.BRANCH_SECRETARY, branch),
            await make_staff(session, Role.GROUP_LEADER, group),
        ]
        rounds = []
        for number in range(6):
            named = await people(
                session,
                community,
                3,
                functional_branch_id=branch.id,
                functional_group_id=group.id,
            )
            starts_at = clock.now() + timedelta(days=2, hours=number)
            orders = [
                await make_order(session, community, seats=3, starts_at=starts_at) for _ in range(2)
            ]
            rounds.append((named, orders))
    calls: list[Call] = []
    for named, orders in rounds:
        ids = [str(one.id) for one in named]
        for leader, unit, order, names in (
            (leaders[0], branch, orders[0], ids),
            (leaders[1], group, orders[1], ids[::-1]),
        ):
            body = {"organization_id": str(unit.id), "places": 3, "registration_ids": names}
            calls.append((leader.id, f"/orders/{order.id}/branch-takes", body))
    done = await press(committed, calls)
    codes = Counter(answer.json().get("code", answer.status_code) for answer in done)
    assert codes == {201: 6, "cannot_come": 6}
    async with committed.state.sessions() as session:
        await agree(session)
