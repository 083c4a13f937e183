"""Measures the page of figures over HTTP at the seed's size, as a signed-in browser asks for it.

    python -m bench.dashboard            p50 and most of each level, to the screen and to bench/results/
    python -m bench.dashboard --smoke    a few requests, to see that it works

The app has one core; PostgreSQL and who asks share the other. Statements were prepared long before:
the first requests of each page are not counted.
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import httpx
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.core import migrations
from app.core.embedded import EmbeddedPostgres
from app.models.organization import Organization
from app.models.person import Role
from app.policies import content
from app.process import prepare
from app.settings import Settings
from app.statistics import summing
from bench.run import HERE, OTHER_CORE, PORT, serving
from tests.console.conftest import open_session
from tests.factories.people import make_staff
from tests.statistics.year import make_year

WARM = 12  # more than it takes until the driver's statements keep one plan
LEVELS = ("city", "district", "subdistrict", "community")


def main() -> int:
    """Builds the city, measures, and writes the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true")
    times = 3 if parser.parse_args().smoke else 50
    os.sched_setaffinity(0, {int(OTHER_CORE)})
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        server.start()
        try:
            lines = measure(server, times)
        finally:
            server.stop(remove=True)
    report = "\n".join(lines)
    print(report)
    if times > 3:
        day = date.today().isoformat()  # noqa: DTZ011 - the machine's own day names the file
        (HERE / "results" / f"{day}-dashboard.md").write_text(report + "\n", encoding="utf-8")
    return 0


def measure(server: EmbeddedPostgres, times: int) -> list[str]:
    """A line of the table for each level."""
    server.create_database("bench")
    url = server.url("bench")
    migrations.upgrade(url)
    token, places = asyncio.run(build(url))
    head = f"{platform.python_version()}, {times} requests each, one after the other"
    lines = [
        f"# {date.today().isoformat()}, {head}",  # noqa: DTZ011 - as above
        "",
        "| page of figures | p50 ms | most ms | kB |",
        "|---|--:|--:|--:|",
    ]
    with serving(("-m", "app", "serve"), url, PORT, "/health/live"):
        for level, place in zip(LEVELS, places, strict=True):
            took, size = ask(f"http://127.0.0.1:{PORT}/console/statistics/{place}", token, times)
            middle, most = statistics.median(took), max(took)
            lines.append(f"| {level} | {middle:.0f} | {most:.0f} | {size / 1000:.0f} |")
    return lines


async def build(url: str) -> tuple[str, Sequence[str]]:
    """A year stands and is counted; the token of who runs the city, and a place of each level."""
    settings = Settings(database_url=url, _env_file=None)
    prepare(settings)
    engine = create_async_engine(url)
    async with AsyncSession(engine) as session, session.begin():
        await content.load(session)
        city = await make_year(session)
        token = await open_session(session, await make_staff(session, Role.CITY_ADMIN, city))
        places = [
            (
                await session.scalars(
                    select(Organization.id).where(Organization.kind == level).limit(1)
                )
            ).one()
            for level in LEVELS
        ]
    async with AsyncSession(engine) as session, session.begin():
        await summing.rebuild(session)
    async with engine.connect() as connection:
        idle = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await idle.execute(text("VACUUM ANALYZE"))  # as the server does by itself every night
    await engine.dispose()
    return token, [str(each) for each in places]


def ask(url: str, token: str, times: int) -> tuple[list[float], int]:
    """How many milliseconds each request took, and the size of the page."""
    took = []
    with httpx.Client(cookies={"console": token}, timeout=30) as browser:
        for number in range(WARM + times):
            began = time.perf_counter()
            page = browser.get(url).raise_for_status()
            if number >= WARM:
                took.append((time.perf_counter() - began) * 1000)
    return took, len(page.content)


if __name__ == "__main__":
    sys.exit(main())
