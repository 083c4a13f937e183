"""A year of one city: how long a rebuild takes, and what its pages ask of the database."""

import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.commands.costs import line
from app.core import database
from app.core.ids import new_id
from app.core.paging import Paging
from app.models.organization import Organization
from app.models.person import Role
from app.permissions import Actor
from app.statistics import cross, reading, summing
from app.statistics.period import Period
from tests.conftest import PREFIX, settled, url_of
from tests.statistics.year import make_year

NAME = f"{PREFIX}_year"
CITY = new_id()


@pytest.fixture(scope="module")
async def year() -> AsyncIterator[tuple[AsyncEngine, Organization]]:
    async with settled(NAME, make_year) as made:
        yield made


def say(*words: object) -> None:
    """The figures, shown by -s."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")


class Timed:
    """A reader that says of each statement how long it took, and how it is planned."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        self.connection, self.took, self.plans = connection, [0.0][:0], [""][:0]

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        began = time.perf_counter()
        rows = list(await self.connection.fetch(query, *args))
        self.took.append(time.perf_counter() - began)
        plan = await self.connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {query}", *args)
        self.plans.append("\n".join(one[0] for one in plan))
        return rows


@pytest.mark.scale
@pytest.mark.timeout(600)
async def test_a_year_is_rebuilt_and_read_in_four_statements(
    year: tuple[AsyncEngine, Organization],
) -> None:
    engine, city = year
    began = time.perf_counter()
    async with AsyncSession(engine) as session, session.begin():
        await summing.rebuild(session)
    say(f"rebuilt: {line(began)}")
    connection = await database.reader(url_of(NAME), timeout_ms=600_000)
    await connection.execute("ANALYZE")
    began = time.perf_counter()
    assert not any((await summing.differences(connection)).values())
    say(f"compared: {line(began)}")
    for table in ("organization_months", "member_months"):
        say(table, await connection.fetchval(f"SELECT count(*) FROM {table}"))
    actor = Actor(new_id(), {Role.CITY_ADMIN: (city.id,)})
    employer = await connection.fetchval("SELECT id FROM organizations WHERE kind = 'employer'")
    period, paging = Period.of(None, None, "month"), Paging(20, None)
    pages: dict[str, Callable[[Any], Awaitable[Any]]] = {
        "city by month": lambda on: reading.show(on, actor, city.id, period),
        "city by kind": lambda on: reading.show(on, actor, city.id, Period.of(None, None, "kind")),
        "districts": lambda on: reading.page_below(on, actor, paging, city.id, None, period),
        "employers": lambda on: reading.page_below(on, actor, paging, city.id, "employer", period),
        "overview": lambda on: reading.overview(on, actor, paging, city.id, period),
        "cross table": lambda on: cross.page(on, actor, paging, employer),
    }
    for name, page in pages.items():
        began, on = time.perf_counter(), Timed(connection)
        assert await page(on)
        took = [round(each * 1000) for each in on.took]
        say(f"{name}: statements {took} ms, all {line(began)}")
        slowest = on.plans[took.index(max(took))]
        say("\n".join(slowest.splitlines()[:12]))
        assert len(on.took) <= 3  # and one for the actor
    await connection.close()
