"""With real commits: the last place on a shift, and a stand-down while places are taken."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.emergency import Shift, ShiftSeat, ShiftSeatStatus, ShiftSeatStep
from app.models.order import Commitment
from app.models.organization import Organization
from app.models.person import Role
from tests.factories.emergency import make_call_up, make_shift
from tests.factories.members import make_registration
from tests.factories.organizations import make_community, make_employer, make_organization
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


async def test_one_person_gets_one_of_two_shifts_without_rest_between(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        rows = await members(session, community, 6)
        call_up = await make_call_up(session, community, rows)
        late = {hour: clock.now() + timedelta(hours=hour) for hour in (3, 7, 8, 12)}
        times = ((late[3], late[7]), (late[8], late[12]))
        shifts = [
            await make_shift(session, call_up, seats=9, starts_at=begin, ends_at=end)
            for begin, end in times
        ]
    taps = [(row.person_id, f"/shifts/{shift.id}/seats") for row in rows for shift in shifts]
    codes = await press(committed, taps)
    assert codes == {201: 6, "rest_needed": 6}
    async with committed.state.sessions() as session:
        people = set(await session.scalars(select(ShiftSeat.person_id)))
        assert len(people) == await total(session, ShiftSeat) == 6
        assert await session.scalar(select(func.sum(Shift.taken))) == 6


async def test_blocks_that_name_the_same_people_at_once_stand_for_one(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        employer = await make_employer(session)
        group = await make_organization(session, "functional_group", community)
        leader = await make_staff(session, Role.GROUP_LEADER, group)
        rows = [
            await make_registration(
                session, community, employer=employer, functional_group_id=group.id
            )
            for _ in range(3)
        ]
        call_up = await make_call_up(session, community, rows)
        shifts = [await make_shift(session, call_up, seats=3, holder_id=group.id) for _ in range(4)]
    names = [str(row.id) for row in rows]
    bodies = [{"registration_ids": names[place % 3 :] + names[: place % 3]} for place in range(4)]
    transport = ASGITransport(committed, raise_app_exceptions=False)
    head = {"Authorization": f"Bearer {committed.state.tokens.sign(leader.id)}"}
    async with AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        answers = await asyncio.gather(
            *(
                client.post(f"/shifts/{shift.id}/names", json=body, headers=head)
                for shift, body in zip(shifts, bodies, strict=True)
            )
        )
    codes = Counter(each.json().get("code", each.status_code) for each in answers)
    assert codes == {200: 1, "rest_needed": 3}
    async with committed.state.sessions() as session:
        assert await total(session, ShiftSeat) == await total(session, Commitment) == 3
