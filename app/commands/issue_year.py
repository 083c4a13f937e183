"""`issue-year CODE [--from DAY] [--to DAY]`: the year's reports of a city or district, to the end."""

import argparse
import asyncio
import time
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.commands import costs
from app.core import clock, database
from app.core.errors import AppError
from app.deadlines import advance_next
from app.models.organization import Organization
from app.models.report_run import RunTask
from app.permissions import Actor
from app.policies import content
from app.process import prepare
from app.reports import runs
from app.reports.periods import check_period, year_closed
from app.settings import Settings

EVERY = 50
LONGEST_STATEMENT_MS = 120_000


def add(parser: argparse.ArgumentParser) -> None:
    """Whose, and of which days; by default the last year whose facts are closed."""
    parser.add_argument("code", help="division code of the city or district")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, help="first day")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, help="last day")


def run(settings: Settings, found: argparse.Namespace) -> int:
    """Begins the run or continues it; 0 when all of it is done, 1 when something is put off."""
    return asyncio.run(_issue(settings, found.code, found.first, found.last))


async def _issue(settings: Settings, code: str, first: date | None, last: date | None) -> int:
    began = time.perf_counter()
    prepare(settings)
    engine = database.engine(settings.database_url, pool=2, timeout_ms=LONGEST_STATEMENT_MS)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    try:
        async with sessions.begin() as session:
            run_id = await _start(session, code, first, last)
        left = await _work(sessions, run_id)
    except AppError as error:
        print(f"✗ {error}")
        return 1
    finally:
        await engine.dispose()
    print(costs.line(began))
    return 1 if left else 0


async def _start(session: AsyncSession, code: str, first: date | None, last: date | None) -> UUID:
    year = year_closed(await _closes(session), clock.today())
    period = check_period(first or year.first, last or year.last)
    organization_id = await session.scalar(
        select(Organization.id).where(
            Organization.code == code,
            Organization.kind.in_(runs.AREAS),
            Organization.closed_on.is_(None),
        )
    )
    run = await runs.start_year(session, Actor.system(), organization_id or UUID(int=0), period)
    return run.id


async def _closes(session: AsyncSession) -> str:
    calendar = await content.find(session, "report_calendar", "") or {}
    (day,) = (each["on"] for each in calendar["value"] if each["step"] == "facts_closed")
    return str(day)


async def _work(sessions: async_sessionmaker[AsyncSession], run_id: UUID) -> int:
    """Does what is due, and says how far it is; how many tasks are put off."""
    done = 0
    while await advance_next(sessions, runs.DEADLINES):
        done += 1
        if done % EVERY == 0:
            await _say(sessions, run_id)
    return await _say(sessions, run_id)


async def _say(sessions: async_sessionmaker[AsyncSession], run_id: UUID) -> int:
    async with sessions.begin() as session:
        rows = await session.execute(
            select(RunTask.work, func.count(), func.count(RunTask.done_at))
            .where(RunTask.run_id == run_id)
            .group_by(RunTask.work)
        )
        counts = {work: (done, tasks) for work, tasks, done in rows}
    print(", ".join(f"{work} {done}/{tasks}" for work, (done, tasks) in sorted(counts.items())))
    return sum(tasks - done for done, tasks in counts.values())
