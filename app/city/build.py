"""A city and a year of its life, up to the midnight before today: one transaction, one seed.

Several Nantongs are as many cities beside each other in one database. The same seed, scale and day
make the same rows with the same ids; only sealed fields differ, for each is sealed with a nonce of
its own. Source: design.md §3.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.city import bare, calendar, employers, members, places, reports, residents, staff
from app.city.chance import Chance
from app.city.documents import Documents
from app.city.employers import Employer
from app.city.inbox import Inbox
from app.city.people import People, Somebody
from app.city.rows import Rows
from app.city.size import Size
from app.city.year import Content, Town, Year
from app.core import clock, database
from app.identity import consents
from app.models.organization import Organization
from app.models.person import Person
from app.needs import categories
from app.orders import bands
from app.policies import content
from app.statistics import summing

OPENED = 900  # days before the first day of the year
TRIED = 6  # of those who sit above
FACTS_TOLD = text("SELECT setval(pg_get_serial_sequence('outbox', 'id'), :last)")


class NotEmpty(Exception):
    """People or organizations stand there already: a city is built on empty ground only."""


class Ground(NamedTuple):
    """What all cities of one database share."""

    rows: Rows
    chance: Chance
    people: People
    documents: Documents
    inbox: Inbox
    content: Content
    today: date


@dataclass(frozen=True, slots=True)
class Built:
    """Rows by table; of the first city the largest community and employer, and people to try it as."""

    rows: Mapping[str, int]
    community_id: UUID
    employer_id: UUID
    people: Mapping[str, Somebody]


async def build(
    session: AsyncSession,
    *,
    scale: float,
    seed: int,
    today: date,
    cities: int = 1,
    appid: str = "wx-city",
    with_reports: bool = True,
) -> Built:
    """So many cities stand, and what they did is counted; the caller ends the transaction.

    `scale`: of each, in Nantongs. `appid`: of the mini-program whose simulated users are to sign in
    as the city's people. `with_reports`: some of the last half-year are made, which are of this
    moment (`app/city/reports.py`).

    Raises:
        NotEmpty: see there; nothing is changed.
    """
    await _require_empty(session)
    stripped = await bare.strip(session)
    ground = await _ground(session, seed, today, appid)
    size = Size.of(scale)
    lived = [await _live(ground, size, number) for number in range(cities)]
    ground.documents.close()
    await ground.rows.flush()
    await session.execute(FACTS_TOLD, {"last": ground.inbox.facts + 1})
    await bare.restore(session, stripped)
    await summing.rebuild(session)
    if with_reports:
        for town, firms in lived:
            await reports.report(session, town.tree.communities, town.staff.desks, firms, today)
    (town, firms), *_ = lived
    largest = town.tree.communities[0].node.id
    return Built(ground.rows.written, largest, firms[0].node.id, _people(town))


async def _require_empty(session: AsyncSession) -> None:
    for model in (Person, Organization):
        if await session.scalar(select(model.id).limit(1)) is not None:
            raise NotEmpty


async def _ground(session: AsyncSession, seed: int, today: date, appid: str) -> Ground:
    rows, chance = Rows(await database.reader_of(session)), Chance(seed)
    found = await content.sections(session, categories.SECTION, bands.SECTION, "messages")
    return Ground(
        rows,
        chance,
        People(rows, chance, await consents.known(session), appid),
        Documents(rows, chance),
        Inbox(rows, chance, found["messages"], clock.day_starts(today)),
        Content(categories.items(found[categories.SECTION]), found[bands.SECTION]),
        today,
    )


async def _live(ground: Ground, size: Size, before: int) -> tuple[Town, list[Employer]]:
    """One city has lived its year, after those before it."""
    rows, chance, people, documents, inbox, known, today = ground
    now, opened_on = clock.day_starts(today), today - calendar.YEAR - calendar.DAY * OPENED
    tree = places.plant(rows, chance, size, before, opened_on)
    firms = employers.found(rows, chance, size, tree, opened_on)
    team = staff.employ(staff.Posts(rows, chance, people, opened_on), tree, firms)
    await rows.flush()
    neighbours = await residents.settle(rows, chance, people, size, tree, now)
    registry = members.Registry(rows, chance, people, documents, employers.choose(firms, size), now)
    serving = []
    for arrival in members.arrivals(chance, tree.communities, now):
        community, desk = tree.communities[arrival.place], team.desks[arrival.place]
        serving.append(registry.take_in(arrival, community, desk))
        await rows.settle()
    registry.list_only(size.unregistered)
    town = Town(tree, team, neighbours, serving)
    await Year(rows, chance, documents, inbox, size, town, known, now).live()
    return town, firms


def _people(town: Town) -> dict[str, Somebody]:
    """Somebody of every kind, of the largest community and employer where there are many."""
    desk = town.staff.desks[0]
    here = [who for who in town.serving if who.place == 0 and who.is_active and who.person_id]
    member = max(here[: len(here) // 2], key=lambda who: who.zeal)  # not one of the newest
    resident = town.neighbours[0].regular()
    return (
        {
            "社区党组织书记": desk.secretary,
            "社区工作者": desk.clerk,
            "功能型党支部书记": desk.branch_secretary,
            "单位党组织书记": town.staff.employers[0],
        }
        | {
            name: Somebody(who.person_id, who.name, who.phone)
            for name, who in (("党员", member), ("居民", resident))
            if who.person_id is not None
        }
        | {f"{node.name} {role}": who for node, role, who in town.staff.offices[:TRIED]}
    )
