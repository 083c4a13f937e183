"""A city and a year of its life, up to midnight before today: one transaction, one seed.

The same seed, scale and day make the same rows with the same ids; only sealed fields differ, for
each is sealed with a nonce of its own. Source: design.md §3.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.city import calendar, employers, members, places, residents, staff
from app.city.chance import Chance
from app.city.documents import Documents
from app.city.people import People
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


FACTS_TOLD = text("SELECT setval(pg_get_serial_sequence('outbox', 'id'), :last)")


class NotEmpty(Exception):
    """People or organizations stand there already: a city is built on empty ground only."""


@dataclass(frozen=True, slots=True)
class Built:
    """Rows by table, and who may be tried."""

    rows: Mapping[str, int]
    phones: Mapping[str, str]


async def build(
    session: AsyncSession, *, scale: float, seed: int, today: date, appid: str = "wx-city"
) -> Built:
    """The city stands, and what it did is counted; the caller ends the transaction.

    `scale`: how many Nantongs, as a fraction or a multiple. `appid`: of the mini-program whose
    simulated users are to sign in as the city's people.

    Raises:
        NotEmpty: see there; nothing is changed.
    """
    await _require_empty(session)
    texts = await consents.known(session)
    size, chance, now = Size.of(scale), Chance(seed), clock.day_starts(today)
    rows = Rows(await database.reader_of(session))
    opened_on = today - calendar.YEAR - calendar.DAY * OPENED
    tree = places.plant(rows, chance, size, opened_on)
    await rows.flush()
    firms = employers.found(rows, chance, size, tree, opened_on)
    people, documents = People(rows, chance, texts, appid), Documents(rows, chance)
    team = staff.employ(staff.Posts(rows, chance, people, opened_on), tree, firms)
    neighbours = await residents.settle(rows, chance, people, size, tree, now)
    registry = members.Registry(rows, chance, people, documents, employers.choose(firms, size), now)
    serving = []
    for arrival in members.arrivals(chance, tree.communities, now):
        community, desk = tree.communities[arrival.place], team.desks[arrival.place]
        serving.append(registry.take_in(arrival, community, desk))
        await rows.settle()
    town = Town(tree, team, neighbours, serving)
    year = Year(rows, chance, documents, size, town, await _content(session), now)
    await year.live()
    documents.close()
    await rows.flush()
    await session.execute(FACTS_TOLD, {"last": year.inbox.facts + 1})
    await session.execute(text("ANALYZE"))  # what is counted next is planned by it
    await summing.rebuild(session)
    return Built(Counter(rows.written), {"secretary": team.desks[0].secretary.phone})


async def _content(session: AsyncSession) -> Content:
    found = await content.sections(session, categories.SECTION, bands.SECTION, "messages")
    return Content(
        categories.items(found[categories.SECTION]), found[bands.SECTION], found["messages"]
    )


async def _require_empty(session: AsyncSession) -> None:
    for model in (Person, Organization):
        if await session.scalar(select(model.id).limit(1)) is not None:
            raise NotEmpty
