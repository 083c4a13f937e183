"""Teams for a shift: started, joined, standing at once, merged, left, lapsed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.ids import new_id
from app.deadlines import advance_next
from app.emergency import forming
from app.emergency.events import ShiftTeamMoved
from app.events import tell_next
from app.models.emergency import CallUp, Shift, ShiftSeat
from app.models.member import Registration, RegistrationStatus
from app.models.order import Commitment, WeekCount
from app.models.outbox import OutboxEntry
from app.models.person import Person
from app.models.report import Notification
from app.models.shift_team import ShiftTeam, ShiftTeamStep, TeamMember, TeamStatus
from app.wiring import LISTENERS
from tests.emergency.town import Desk, Move, Town, at, call, desk, shift, town
from tests.factories.members import make_registration
from tests.factories.people import make_person

__all__ = ["desk", "town"]

Sessions = async_sessionmaker[AsyncSession]


async def more(session: AsyncSession, town: Town, count: int) -> list[Person]:
    """Members of the community who are called with the others."""
    people = [await make_person(session, name="孙七") for _ in range(count)]
    for person in people:
        await make_registration(session, town.community, person, employer=town.employer)
    return people


async def start(desk: Desk, who: Person, made: str, wanted: int = 3) -> Any:
    return await desk.post(who, f"/shifts/{made}/teams", wanted=wanted)


async def join(desk: Desk, who: Person, team: str) -> Any:
    return await desk.post(who, f"/shift-teams/{team}/join")


async def tell_all(session: AsyncSession, sessions: Sessions) -> dict[str, set[Any]]:
    """Every fact is told: who has which message."""
    await session.commit()
    while await tell_next(sessions, LISTENERS):
        pass
    told: dict[str, set[Any]] = {}
    for row in await session.scalars(select(Notification)):
        told.setdefault(row.message, set()).add(row.person_id)
    return told


async def count(session: AsyncSession, table: Any) -> int:
    return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_the_story_of_a_team(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    third, fourth = await more(session, town, 2)
    made = await shift(desk, town, await call(desk, town), seats=4)
    started = await start(desk, town.member, made)
    assert started.status_code == 201
    team = started.json()["id"]
    assert (await start(desk, town.member, made)).json()["code"] == "in_team"
    second = await join(desk, town.other, team)
    assert (second.status_code, second.json()["members"]) == (200, 2)
    again = await join(desk, town.other, team)
    assert (again.status_code, again.json()["members"]) == (200, 2)
    assert await count(session, ShiftSeat) == 0

    line = (await desk.get(fourth, f"/shifts/{made}/teams"))["items"][0]
    assert (line["leader_name"], line["is_mine"], line["open_to"]) == ("张*", False, [])
    mine = (await desk.get(town.member, f"/shifts/{made}/teams"))["items"][0]
    assert (mine["is_mine"], mine["open_to"]) == (True, ["merge"])
    path = f"/shift-teams/{team}/members"
    assert (await desk.get(fourth, path))["code"] == "not_found"
    for reader in (town.other, town.clerk):
        lines = (await desk.get(reader, path))["items"]
        assert [(one["name"], one["is_leader"]) for one in lines] == [("张*", True), ("李*", False)]

    last = await join(desk, third, team)
    assert (last.json()["status"], last.json()["members"]) == ("standing", 3)
    row = await session.get_one(Shift, made)
    await session.refresh(row)
    assert row.taken == await count(session, ShiftSeat) == await count(session, Commitment) == 3
    assert (await join(desk, fourth, team)).json()["code"] == "bad_transition"
    assert (await desk.post(third, f"/shift-teams/{team}/leave")).json()["code"] == "bad_transition"
    told = await tell_all(session, sessions)
    assert told["team_stands"] == {town.member.id, town.other.id, third.id}
    steps = await session.scalars(select(ShiftTeamStep.action).order_by(ShiftTeamStep.id))
    facts = await session.scalars(
        select(OutboxEntry.payload["action"].astext)
        .where(OutboxEntry.name == ShiftTeamMoved.name)
        .order_by(OutboxEntry.id)
    )
    assert list(steps) == list(facts) == ["start", "join", "join", "stand"]


async def test_a_team_that_is_too_few_lapses_and_each_may_come_alone(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    made = await shift(desk, town, await call(desk, town))
    team = (await start(desk, town.member, made, 2)).json()["id"]
    await session.commit()
    move_clock(timedelta(minutes=110))
    assert not await advance_next(sessions, forming.DEADLINES)
    move_clock(timedelta(minutes=121))
    assert await advance_next(sessions, forming.DEADLINES)
    assert not await advance_next(sessions, forming.DEADLINES)
    assert (await join(desk, town.other, team)).json()["code"] == "bad_transition"
    assert (await tell_all(session, sessions))["team_lapsed"] == {town.member.id}
    alone = await desk.post(town.member, f"/shifts/{made}/seats")
    assert alone.status_code == 201
    row = await session.get_one(ShiftTeam, team)
    await forming.lapse(session, row)
    assert row.status is TeamStatus.LAPSED


async def test_a_team_of_the_last_hour_waits_until_the_shift_begins(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Move
) -> None:
    made = await shift(desk, town, await call(desk, town))
    move_clock(timedelta(minutes=150))
    team = (await start(desk, town.member, made, 2)).json()["id"]
    row, of = await session.get_one(ShiftTeam, team), await session.get_one(Shift, made)
    assert row.due_at == of.starts_at
    move_clock(timedelta(hours=4))
    assert (await join(desk, town.other, team)).json()["code"] == "not_open"


async def test_who_leaves_hands_over_and_the_last_one_ends_the_team(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await shift(desk, town, await call(desk, town), seats=3)
    team = (await start(desk, town.member, made)).json()["id"]
    path = f"/shift-teams/{team}/leave"
    assert (await desk.post(town.other, path)).json()["code"] == "not_in_team"
    await join(desk, town.other, team)
    assert (await desk.post(town.member, path)).json()["members"] == 1
    row = await session.get_one(ShiftTeam, team)
    await session.refresh(row)
    assert row.leader_id == town.other.id
    await join(desk, town.member, team)
    assert (await desk.post(town.member, path)).json()["members"] == 1
    assert (await desk.post(town.other, path)).json()["status"] == "dissolved"
    assert (await start(desk, town.other, made)).status_code == 201


async def test_two_teams_become_one_and_stand(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    third, fourth = await more(session, town, 2)
    call_up = await call(desk, town)
    made = await shift(desk, town, call_up, seats=4)
    one = (await start(desk, town.member, made)).json()["id"]
    await join(desk, town.other, one)
    two = (await start(desk, third, made)).json()["id"]
    await join(desk, fourth, two)
    path = f"/shift-teams/{two}/merge"
    nobodys = f"/shift-teams/{new_id()}/merge"
    assert (await desk.post(third, nobodys, into_id=one)).status_code == 404
    assert (await desk.post(town.member, path, into_id=one)).status_code == 403
    for wrong in (two, str(new_id())):
        refused = await desk.post(third, path, into_id=wrong)
        assert refused.json()["errors"][0]["pointer"] == "/into_id"
    merged = await desk.post(third, path, into_id=one)
    assert (merged.json()["id"], merged.json()["status"]) == (one, "standing")
    assert (merged.json()["members"], merged.json()["wanted"]) == (4, 4)
    assert await count(session, ShiftSeat) == 4
    again = await desk.post(third, path, into_id=one)
    assert again.json()["code"] == "bad_transition"
    told = await tell_all(session, sessions)
    everybody = {town.member.id, town.other.id, third.id, fourth.id}
    assert told["team_merged"] == told["team_stands"] == everybody
    assert [each["id"] for each in (await desk.get(third, f"/shifts/{made}/teams"))["items"]] == [
        one
    ]


async def test_a_merged_team_forms_on_while_it_is_too_few_and_fits_its_shift(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    third, fourth = await more(session, town, 2)
    made = await shift(desk, town, await call(desk, town), seats=4)
    teams = [
        (await start(desk, who, made, wanted)).json()["id"]
        for who, wanted in ((town.member, 4), (town.other, 2), (third, 2))
    ]
    merged = await desk.post(town.other, f"/shift-teams/{teams[1]}/merge", into_id=teams[0])
    assert (merged.json()["status"], merged.json()["members"]) == ("forming", 2)
    into = await desk.post(third, f"/shift-teams/{teams[2]}/merge", into_id=teams[1])
    assert into.json()["code"] == "bad_transition"
    assert (await desk.post(fourth, f"/shifts/{made}/seats")).status_code == 201
    full = await desk.post(third, f"/shift-teams/{teams[2]}/merge", into_id=teams[0])
    assert full.json()["code"] == "full"


async def test_a_team_gets_all_its_places_or_none(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    (third,) = await more(session, town, 1)
    made = await shift(desk, town, await call(desk, town), seats=2)
    assert (await start(desk, town.member, made, 3)).json()["code"] == "full"
    team = (await start(desk, town.member, made, 2)).json()["id"]
    seat = (await desk.post(third, f"/shifts/{made}/seats")).json()["id"]
    refused = await join(desk, town.other, team)
    assert refused.json()["code"] == "full"
    row = await session.get_one(ShiftTeam, team)
    await session.refresh(row)
    assert (row.members, row.status) == (1, TeamStatus.FORMING)
    await desk.post(third, f"/shift-seats/{seat}/release")
    assert (await join(desk, town.other, team)).json()["status"] == "standing"


async def test_who_does_not_fit_any_more_is_left_out_and_told(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    third, fourth, fifth = await more(session, town, 3)
    call_up = await call(desk, town)
    made = await shift(desk, town, call_up, seats=5)
    near = await shift(desk, town, call_up, starts_at=at(hours=8), ends_at=at(hours=9))
    team = (await start(desk, town.member, made, 4)).json()["id"]
    for who in (town.other, third):
        await join(desk, who, team)
    for who in (town.member, fourth):
        assert (await desk.post(who, f"/shifts/{near}/seats")).status_code == 201
    gone = await session.scalar(select(Registration).where(Registration.person_id == third.id))
    assert gone is not None
    gone.status = RegistrationStatus.ENDED
    await session.flush()
    assert (await join(desk, fourth, team)).json()["code"] == "rest_needed"
    joined = await join(desk, fifth, team)
    assert (joined.json()["status"], joined.json()["members"]) == ("forming", 2)
    assert await count(session, ShiftSeat) == 2
    told = await tell_all(session, sessions)
    assert told["team_left_out"] == {town.member.id, third.id}
    reasons = await session.scalars(
        select(ShiftTeamStep.reason).where(ShiftTeamStep.action == "drop")
    )
    assert set(reasons) == {"rest_needed", "not_registered"}
    row = await session.get_one(ShiftTeam, team)
    await session.refresh(row)
    assert row.leader_id == town.other.id
    assert (await join(desk, fourth, team)).json()["code"] == "rest_needed"


async def test_a_campaigns_team_keeps_the_ordinary_limits(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    call_up = await call(desk, town, kind="city_campaign")
    made = await shift(desk, town, call_up, seats=4)
    row = await session.get_one(Shift, made)
    until = await session.get_one(CallUp, call_up)
    await session.refresh(until)
    assert until.week_limit is not None
    team = (await start(desk, town.member, made)).json()["id"]
    day = clock.local_day(row.starts_at)
    week = day - timedelta(days=day.weekday())
    full = WeekCount(person_id=town.other.id, week=week, taken=until.week_limit)
    session.add(full)
    await session.flush()
    assert (await join(desk, town.other, team)).json()["code"] == "week_limit"
    assert (await start(desk, town.other, made)).json()["code"] == "week_limit"


async def test_a_team_is_for_who_was_called_and_for_a_shift_that_is_nobodys(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    call_up = await call(desk, town)
    made = await shift(desk, town, call_up, seats=3)
    assert (await start(desk, town.clerk, made)).json()["code"] == "not_called"
    assert (await start(desk, town.member, made, 1)).status_code == 422
    assert (await start(desk, town.member, str(new_id()))).status_code == 404
    assert (await join(desk, town.member, str(new_id()))).status_code == 404
    assert (await desk.get(town.member, f"/shifts/{new_id()}/teams"))["code"] == "not_found"
    team = (await start(desk, town.member, made)).json()["id"]
    await desk.post(town.leader, f"/shifts/{made}/group-block", group_id=str(town.group.id))
    assert (await join(desk, town.other, team)).json()["code"] == "shift_held"
    await desk.post(town.clerk, f"/call-ups/{call_up}/stand-down")
    row = await session.get_one(ShiftTeam, team)
    await session.refresh(row)
    assert (row.status, row.due_at) == (TeamStatus.LAPSED, None)
    assert await session.scalar(select(TeamMember.is_open)) is False


@pytest.mark.parametrize("path", ["/shifts/{}/teams", "/shift-teams/{}/members"])
async def test_teams_are_listed_page_by_page(
    desk: Desk, town: Town, session: AsyncSession, path: str
) -> None:
    made = await shift(desk, town, await call(desk, town), seats=9)
    team = (await start(desk, town.member, made)).json()["id"]
    if "members" in path:
        await join(desk, town.other, team)
    else:
        await start(desk, town.other, made)
    path = path.format(team if "members" in path else made)
    first = await desk.get(town.member, f"{path}?limit=1")
    rest = await desk.get(town.member, f"{path}?limit=1&cursor={first['next_cursor']}")
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 2
    assert rest["next_cursor"] is None
