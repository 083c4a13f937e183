"""With real commits: the last ones of a team at once, one person in two teams, team against person."""

import asyncio
from collections import Counter
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.emergency.lifecycle import FREED
from app.models.emergency import Shift, ShiftSeat
from app.models.member import Registration
from app.models.shift_team import ShiftTeam, TeamMember, TeamStatus
from tests.emergency.test_races import members, press, total
from tests.factories.emergency import make_call_up, make_shift
from tests.factories.organizations import make_community


async def make_team(
    session: AsyncSession, shift: Shift, rows: list[Registration], **columns: Any
) -> ShiftTeam:
    """A team that these form, led by the first."""
    team = ShiftTeam(
        shift_id=shift.id,
        leader_id=rows[0].person_id,
        members=len(rows),
        due_at=shift.starts_at,
        **columns,
    )
    session.add(team)
    await session.flush()
    session.add_all(
        TeamMember(
            shift_team_id=team.id,
            shift_id=shift.id,
            person_id=row.person_id,
            registration_id=row.id,
        )
        for row in rows
    )
    await session.flush()
    return team


async def test_of_many_last_ones_a_team_takes_as_many_as_it_wants(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        rows = await members(session, community := await make_community(session), 12)
        shift = await make_shift(session, await make_call_up(session, community, rows), seats=12)
        team = await make_team(session, shift, rows[:2], wanted=4)
    taps = [(row.person_id, f"/shift-teams/{team.id}/join") for row in rows[2:]]
    assert await press(committed, taps) == {200: 2, "bad_transition": 8}
    async with committed.state.sessions() as session:
        found = await session.get_one(ShiftTeam, team.id)
        assert (found.status, found.members) == (TeamStatus.STANDING, 4)
        assert (await session.get_one(Shift, shift.id)).taken == 4
        assert await total(session, ShiftSeat) == 4
        seated = set(await session.scalars(select(ShiftSeat.person_id)))
        assert seated == set(await session.scalars(select(TeamMember.person_id)))


async def test_one_person_waits_in_one_of_two_teams(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        rows = await members(session, community := await make_community(session), 8)
        shift = await make_shift(session, await make_call_up(session, community, rows), seats=20)
        teams = [await make_team(session, shift, [row], wanted=9) for row in rows[:2]]
    taps = [(row.person_id, f"/shift-teams/{team.id}/join") for row in rows[2:] for team in teams]
    assert await press(committed, taps) == {200: 6, "in_team": 6}
    async with committed.state.sessions() as session:
        sizes = list(await session.scalars(select(ShiftTeam.members)))
        assert sum(sizes) == await total(session, TeamMember) == 8


async def test_a_team_and_single_members_share_the_last_places_exactly(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        rows = await members(session, community := await make_community(session), 9)
        shift = await make_shift(session, await make_call_up(session, community, rows), seats=4)
        team = await make_team(session, shift, rows[:2], wanted=3)
    taps = [(row.person_id, f"/shifts/{shift.id}/seats") for row in rows[3:]]
    taps.insert(1, (rows[2].person_id, f"/shift-teams/{team.id}/join"))
    codes = await press(committed, taps)
    assert set(codes) <= {200, 201, "full"}
    async with committed.state.sessions() as session:
        found = await session.get_one(ShiftTeam, team.id)
        taken = (await session.get_one(Shift, shift.id)).taken
        stands = found.status is TeamStatus.STANDING
        assert codes[200] == (1 if stands else 0)
        assert codes[201] == (1 if stands else 4)
        assert taken == await total(session, ShiftSeat) == 4


async def test_two_teams_that_share_people_stand_on_two_shifts_one_after_the_other(
    committed: FastAPI,
) -> None:
    """The last ones join crosswise: no deadlock, and nobody is without his rest."""
    async with committed.state.sessions.begin() as session:
        rows = await members(session, community := await make_community(session), 4)
        call_up = await make_call_up(session, community, rows)
        shifts = [await make_shift(session, call_up, seats=4) for _ in range(2)]
        teams = [
            await make_team(session, shifts[0], rows[:3], wanted=4),
            await make_team(session, shifts[1], rows[1:], wanted=4),
        ]
    taps = [
        (rows[3].person_id, f"/shift-teams/{teams[0].id}/join"),
        (rows[0].person_id, f"/shift-teams/{teams[1].id}/join"),
    ]
    assert await press(committed, taps) == {200: 1, "rest_needed": 1}
    async with committed.state.sessions() as session:
        people = list(await session.scalars(select(ShiftSeat.person_id)))
        assert len(people) == len(set(people)) == 4


async def test_two_teams_that_merge_into_each_other_are_one(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        rows = await members(session, community := await make_community(session), 4)
        shift = await make_shift(session, await make_call_up(session, community, rows), seats=4)
        teams = [await make_team(session, shift, rows[:2], wanted=4)]
        teams.append(await make_team(session, shift, rows[2:], wanted=4))
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test/api/v1") as client:

        async def merge(mine: ShiftTeam, other: ShiftTeam) -> Any:
            head = {"Authorization": f"Bearer {committed.state.tokens.sign(mine.leader_id)}"}
            answer = await client.post(
                f"/shift-teams/{mine.id}/merge", json={"into_id": str(other.id)}, headers=head
            )
            return answer.json().get("code", answer.status_code)

        codes = Counter(await asyncio.gather(merge(*teams), merge(*reversed(teams))))
    assert codes == {200: 1, "bad_transition": 1}
    async with committed.state.sessions() as session:
        states = Counter(await session.scalars(select(ShiftTeam.status)))
        assert states == {TeamStatus.STANDING: 1, TeamStatus.MERGED: 1}
        living = select(ShiftSeat.id).where(ShiftSeat.status.not_in(FREED))
        assert len(list(await session.scalars(living))) == 4
