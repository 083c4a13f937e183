"""With real commits: the last place on a shift, and a stand-down while places are taken."""

import asyncio
from collections import Counter
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.emergency import Shift, ShiftSeat, ShiftSeatStatus, ShiftSeatStep
from app.models.order import Commitment
from app.models.organization import Organization
from app.models.person import Role
from tests.factories.emergency import make_call_up, make_shift
from tests.factories.members import make_registration
from tests.factories.organizations import make_community, make_employer
from tests.factories.people import make_staff

Tap = tuple[Any, str]


async def members(session: AsyncSession, community: Organization, count: int) -> list[Any]:
    employer = await make_employer(session)
    return [await make_registration(session, community, employer=employer) for _ in range(count)]


async def press(app: FastAPI, taps: list[Tap]) -> Counter[Any]:
    """Everybody presses at once: (person, path); how often each answer was given."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:

        async def tap(person: Any, path: str) -> Any:
            head = {"Authorization": f"Bearer {app.state.tokens.sign(person)}"}
            answer = await client.post(f"/api/v1{path}", headers=head)
            return answer.json().get("code", answer.status_code)

        return Counter(await asyncio.gather(*(tap(*each) for each in taps)))


async def total(session: AsyncSession, table: Any) -> int:
    return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_one_gets_the_last_place_on_a_shift(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        rows = await members(session, community, 20)
        shift = await make_shift(session, await make_call_up(session, community, rows), seats=3)
    path = f"/shifts/{shift.id}/seats"
    codes = await press(committed, [(row.person_id, path) for row in rows])
    assert codes == {201: 3, "full": 17}
    async with committed.state.sessions() as session:
        assert (await session.get_one(Shift, shift.id)).taken == 3
        for table in (ShiftSeat, ShiftSeatStep, Commitment):
            assert await total(session, table) == 3


async def test_two_taps_of_one_person_are_one_seat(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        (row,) = await members(session, community, 1)
        shift = await make_shift(session, await make_call_up(session, community, [row]), seats=9)
    codes = await press(committed, [(row.person_id, f"/shifts/{shift.id}/seats")] * 8)
    assert codes[201] == 1 and set(codes) <= {200, 201, "already_on_shift"}
    async with committed.state.sessions() as session:
        assert (await session.get_one(Shift, shift.id)).taken == 1
        assert await total(session, ShiftSeat) == 1


async def test_no_place_lives_on_that_was_taken_while_the_call_up_was_stood_down(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
        rows = await members(session, community, 12)
        call_up = await make_call_up(session, community, rows)
        shift = await make_shift(session, call_up, seats=12)
    taps: list[Tap] = [(row.person_id, f"/shifts/{shift.id}/seats") for row in rows]
    taps.insert(4, (clerk.id, f"/call-ups/{call_up.id}/stand-down"))
    codes = await press(committed, taps)
    assert codes[200] == 1 and set(codes) <= {200, 201, "not_open"}
    async with committed.state.sessions() as session:
        assert (await session.get_one(Shift, shift.id)).taken == 0
        states = set(await session.scalars(select(ShiftSeat.status)))
        assert states <= {ShiftSeatStatus.CANCELLED}
        assert await total(session, Commitment) == 0
