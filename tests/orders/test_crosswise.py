"""With real commits: promises of the same people given and taken back at once are never locked
crosswise, so that nobody is told to come back later."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from app.core import clock
from app.models.order import Order, Seat
from app.models.person import Role
from tests.factories.orders import make_order
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.orders.test_offer_races import S, agree, people

Call = tuple[Any, str, str, dict[str, Any]]
ROUNDS = 12
CALM = {200, 201, 409}


async def press(app: FastAPI, calls: list[Call]) -> Counter[int]:
    """Everybody presses at once: (person, method, path, body). How often each answer came."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test/api/v1") as client:

        async def tap(person: Any, method: str, path: str, body: dict[str, Any]) -> int:
            head = {"Authorization": f"Bearer {app.state.tokens.sign(person)}"}
            return (await client.request(method, path, headers=head, json=body)).status_code

        return Counter(await asyncio.gather(*(tap(*each) for each in calls)))


def take(person: Any, order: Order) -> Call:
    return person, "POST", f"/orders/{order.id}/seats", {}


def at(starts_at: datetime) -> dict[str, str]:
    """One hour from then on, as a change says it."""
    ends_at = starts_at + timedelta(hours=1)
    return {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}


async def test_one_releases_and_takes_another_service_of_that_time(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        members = [one.person_id for one in await people(session, community, 6)]
        starts_at = clock.now() + timedelta(days=3)
        orders = [
            await make_order(session, community, seats=6, starts_at=starts_at, week_limit=9)
            for _ in range(2)
        ]
    answers = await press(committed, [take(one, orders[0]) for one in members])
    for _ in range(ROUNDS):
        async with committed.state.sessions() as session:
            held = (await session.scalars(select(Seat).where(Seat.status == S.TAKEN))).all()
        calls: list[Call] = [
            (seat.person_id, "POST", f"/seats/{seat.id}/release", {}) for seat in held
        ]
        calls += [take(one, order) for one in members for order in reversed(orders)] * 3
        answers += await press(committed, calls)
        async with committed.state.sessions() as session:
            await agree(session)
    assert set(answers) <= CALM


async def test_one_is_cancelled_and_one_moved_while_the_same_people_take_a_third(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
        members = [one.person_id for one in await people(session, community, 8)]
    answers: Counter[int] = Counter()
    for number in range(ROUNDS):
        starts_at = clock.now() + timedelta(days=3 + number)
        async with committed.state.sessions.begin() as session:
            first, second, third = [
                await make_order(
                    session,
                    community,
                    seats=8,
                    starts_at=starts_at + timedelta(hours=hours),
                    week_limit=99,
                    live_limit=99,
                )
                for hours in (0, 2, 0)
            ]
        answers += await press(
            committed, [take(one, order) for one in members for order in (first, second)]
        )
        async with committed.state.sessions() as session:
            version = (await session.get_one(Order, second.id)).version
        takes = [take(one, third) for one in members] * 6
        change = {"version": version} | at(starts_at + timedelta(days=60 + number))
        answers += await press(
            committed,
            [
                *takes[:8],
                (clerk.id, "POST", f"/orders/{first.id}/cancel", {"reason_code": "weather"}),
                (clerk.id, "PATCH", f"/orders/{second.id}", change),
                *takes[8:],
            ],
        )
        async with committed.state.sessions() as session:
            await agree(session)
    assert set(answers) <= CALM


async def test_two_are_moved_to_times_that_overlap(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
        members = [one.person_id for one in await people(session, community, 8)]
    answers: Counter[int] = Counter()
    for number in range(ROUNDS):
        starts_at = clock.now() + timedelta(days=3 + number)
        async with committed.state.sessions.begin() as session:
            pair = [
                await make_order(
                    session,
                    community,
                    seats=8,
                    starts_at=starts_at + timedelta(hours=hours),
                    week_limit=99,
                    live_limit=99,
                )
                for hours in (0, 1)
            ]
        # of the one they are promised in this order, of the other in that
        for one, other in zip(members, reversed(members), strict=True):
            answers += await press(committed, [take(one, pair[0])])
            answers += await press(committed, [take(other, pair[1])])
        calls: list[Call] = []
        for order in pair:
            async with committed.state.sessions() as session:
                version = (await session.get_one(Order, order.id)).version
            change = {"version": version} | at(starts_at + timedelta(hours=4))
            calls.append((clerk.id, "PATCH", f"/orders/{order.id}", change))
        moved = await press(committed, calls)
        assert moved == {200: 1, 409: 1}
        answers += moved
        async with committed.state.sessions() as session:
            await agree(session)
    assert set(answers) <= CALM


async def test_two_branches_and_the_members_themselves_want_the_same_time(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        branch = await make_organization(session, "functional_branch", community)
        group = await make_organization(session, "functional_group", branch)
        units = [
            (branch, await make_staff(session, Role.BRANCH_SECRETARY, branch)),
            (group, await make_staff(session, Role.GROUP_LEADER, group)),
        ]
        ties = {"functional_branch_id": branch.id, "functional_group_id": group.id}
        named = await people(session, community, 3, **ties)
    ids = [str(one.id) for one in named]
    answers: Counter[int] = Counter()
    for number in range(ROUNDS):
        starts_at = clock.now() + timedelta(days=3 + number)
        async with committed.state.sessions.begin() as session:
            orders = [
                await make_order(
                    session, community, seats=3, starts_at=starts_at, week_limit=99, live_limit=99
                )
                for _ in range(3)
            ]
        calls: list[Call] = []
        for (unit, leader), order, names in zip(units, orders, (ids, ids[::-1]), strict=False):
            body = {"organization_id": str(unit.id), "places": 3, "registration_ids": names}
            calls.append((leader.id, "POST", f"/orders/{order.id}/branch-takes", body))
        calls += [take(one.person_id, orders[2]) for one in named]
        answers += await press(committed, calls)
        async with committed.state.sessions() as session:
            offered = (await session.scalars(select(Seat).where(Seat.status == S.OFFERED))).all()
        # who is asked accepts, and takes the service of that time beside it
        calls = [(seat.person_id, "POST", f"/seats/{seat.id}/accept", {}) for seat in offered]
        calls += [take(one.person_id, orders[2]) for one in named]
        answers += await press(committed, calls)
        async with committed.state.sessions() as session:
            await agree(session)
            held = await session.scalars(
                select(Seat.person_id).where(
                    Seat.order_id.in_([order.id for order in orders]), Seat.status == S.TAKEN
                )
            )
            assert sorted(held.all()) == sorted(one.person_id for one in named)
    assert set(answers) <= CALM
