"""Attempts in a window; who asks, and from where."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import Request
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core.errors import TooMany, Unauthorized
from app.core.ids import new_id
from app.core.terms import forget
from app.http import limits
from app.http.actors import Actors, read_actor
from app.http.deps import get_address
from app.models.house import RateWindow
from app.models.member import Resident
from app.models.person import Role
from tests.conftest import OwnReader
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff

Sessions = async_sessionmaker[AsyncSession]


async def test_attempts_are_counted_until_the_window_ends(
    sessions: Sessions, session: AsyncSession, move_clock: Callable[[timedelta], None]
) -> None:
    minute = timedelta(minutes=1)
    for _ in range(2):
        await limits.count(sessions, "login|x", most=2, window=minute)
    with pytest.raises(TooMany) as caught:
        await limits.count(sessions, "login|x", most=2, window=minute)
    assert 1 <= (caught.value.retry_after or 0) <= 60
    await limits.count(sessions, "login|y", most=2, window=minute)
    move_clock(minute)
    await limits.count(sessions, "login|x", most=2, window=minute)


async def test_windows_that_are_over_are_forgotten(
    sessions: Sessions, session: AsyncSession, move_clock: Callable[[timedelta], None]
) -> None:
    await limits.count(sessions, "a", most=2, window=timedelta(minutes=1))
    await limits.count(sessions, "b", most=2, window=timedelta(hours=1))
    move_clock(timedelta(minutes=2))
    await forget(session, *limits.TERMS)
    assert await session.scalar(select(func.count()).select_from(RateWindow)) == 1


@pytest.mark.parametrize(
    ("client", "network"),
    [
        (("203.0.113.7", 1), "203.0.113.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("socket", 1), "unknown"),
        (None, "unknown"),
    ],
)
async def test_an_address_is_a_network(client: tuple[str, int] | None, network: str) -> None:
    assert await get_address(Request({"type": "http", "client": client})) == network


async def test_an_actor_has_roles_and_places_from_the_database(
    session: AsyncSession, reader: OwnReader
) -> None:
    community = await make_community(session)
    person = await make_staff(session, Role.GRID_WORKER, community)
    session.add(Resident(person_id=person.id, community_id=community.id))
    await session.flush()
    actor = await Actors().find(reader, person.id)
    assert actor.held == {Role.GRID_WORKER: (community.id,)}
    assert set(actor.places) == set(community.lineage)
    assert reader.statements == 1


async def test_a_known_actor_costs_no_statement_until_forgotten(
    session: AsyncSession, reader: OwnReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.http.actors.MOST_CACHED", 1)
    one, two = await make_person(session), await make_person(session)
    actors = Actors()
    for person in (one, one, two, one):
        await actors.find(reader, person.id)
    assert reader.statements == 3
    actors.forget(one.id)
    await actors.find(reader, one.id)
    assert reader.statements == 4


async def test_a_role_ends_with_its_last_day(session: AsyncSession, reader: OwnReader) -> None:
    community = await make_community(session)
    person = await make_staff(session, Role.AUDITOR, community)
    day = community.opened_on
    assert (await read_actor(reader, person.id, day)).held
    assert not (await read_actor(reader, person.id, day - timedelta(days=1))).held


async def test_an_unknown_person_is_nobody(session: AsyncSession, reader: OwnReader) -> None:
    with pytest.raises(Unauthorized):
        await Actors().find(reader, new_id())
