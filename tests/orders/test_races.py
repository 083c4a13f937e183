"""With real commits: many at once, and everything agrees afterwards."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.order import Commitment, Order, Seat, SeatStep, WeekCount
from app.models.organization import Organization
from app.models.outbox import OutboxEntry
from tests.factories.members import make_registration
from tests.factories.orders import make_order
from tests.factories.organizations import make_community, make_employer


async def members(session: AsyncSession, community: Organization, count: int) -> list[Any]:
    employer = await make_employer(session)
    return [
        (await make_registration(session, community, employer=employer)).person_id
        for _ in range(count)
    ]


async def press(app: FastAPI, taps: list[tuple[Any, Any]]) -> list[Response]:
    """Everybody presses at once: (person, order)."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:

        async def tap(person: Any, order: Any) -> Response:
            head = {"Authorization": f"Bearer {app.state.tokens.sign(person)}"}
            return await client.post(f"/api/v1/orders/{order}/seats", headers=head)

        return await asyncio.gather(*(tap(*each) for each in taps))


async def total(session: AsyncSession, table: Any) -> int:
    return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_five_hundred_at_once_on_ten_seats(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        people = await members(session, community, 500)
        order = await make_order(session, community, seats=10)
    answers = await press(committed, [(person, order.id) for person in people])
    codes = Counter(answer.json().get("code", answer.status_code) for answer in answers)
    assert codes == {201: 10, "full": 490}
    async with committed.state.sessions() as session:
        found = await session.get_one(Order, order.id)
        assert found.taken == 10
        for table in (Seat, SeatStep, Commitment, OutboxEntry):
            assert await total(session, table) == 10
        assert await session.scalar(select(func.sum(WeekCount.taken))) == 10


async def test_ten_taps_of_one_person_are_one_seat(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        (person,) = await members(session, community, 1)
        order = await make_order(session, community, seats=10)
    answers = await press(committed, [(person, order.id)] * 10)
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    async with committed.state.sessions() as session:
        assert (await session.get_one(Order, order.id)).taken == 1


async def test_of_two_services_at_one_time_one_is_taken(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        (person,) = await members(session, community, 1)
        starts = clock.now() + timedelta(days=2)
        orders = [await make_order(session, community, starts_at=starts) for _ in range(2)]
    answers = await press(committed, [(person, order.id) for order in orders])
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.sum(Order.taken))) == 1
        assert await total(session, Commitment) == 1


async def test_a_time_that_is_promised_at_the_same_moment_is_promised_once(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        (person,) = await members(session, community, 1)
        order = await make_order(session, community)
    async with committed.state.sessions.begin() as session:
        session.add(
            Commitment(
                person_id=person,
                during=Range(order.starts_at, order.ends_at),
                source_kind="shift",
                source_id=order.id,
            )
        )
        await session.flush()  # nobody sees it yet: only the constraint does, and waits
        pressing = asyncio.create_task(press(committed, [(person, order.id)]))
        await asyncio.wait({pressing}, timeout=0.5)
        assert not pressing.done()
    (answer,) = await pressing
    assert (answer.status_code, answer.json()["code"]) == (409, "overlaps")
    async with committed.state.sessions() as session:
        assert (await session.get_one(Order, order.id)).taken == 0


async def test_a_weeks_limit_holds_however_many_are_taken_at_once(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        (person,) = await members(session, community, 1)
        monday = clock.now() + timedelta(days=14 - clock.today().weekday())
        orders = [
            await make_order(
                session,
                community,
                week_limit=3,
                live_limit=9,
                starts_at=monday + timedelta(hours=3 * place),
            )
            for place in range(8)
        ]
    answers = await press(committed, [(person, order.id) for order in orders])
    codes = Counter(answer.json().get("code", answer.status_code) for answer in answers)
    assert codes[201] == 3
    assert set(codes) == {201, "week_limit"}
    async with committed.state.sessions() as session:
        assert await session.scalar(select(WeekCount.taken)) == 3
        assert await session.scalar(select(func.sum(Order.taken))) == 3
