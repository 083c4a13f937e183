"""The reports of a whole district or city: drafts of every community, then every employer's summary.

A run is begun once for a period; a second beginning continues it. Each community and each employer is
a task, done in a transaction of its own by the worker or by `issue-year`, in several processes if there
are: whoever is killed leaves the rest to the next, and nothing is done twice. A task that fails is put
off as every deadline is. Source: practice.md R11; content `report_calendar`.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Uuid, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import DateTime, String

from app.core import clock
from app.core.db import made_id
from app.core.errors import NotFound
from app.deadlines import Deadline
from app.models.member import Registration
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus
from app.models.report_run import ReportRun, RunKind, RunTask, RunWork
from app.permissions import Actor, Permission, grants, require
from app.policies import service as policies
from app.reports import briefs, issuers, sheets, summaries
from app.reports.periods import Period

AREAS = ("district", "city")
SOON = timedelta(milliseconds=1)
UNSIGNED = "report.if_community_has_not_signed"


async def start_year(
    session: AsyncSession, actor: Actor, organization_id: UUID, period: Period
) -> ReportRun:
    """The run of this period has a task for each community and each employer below, and is begun.

    Raises:
        NotFound: no such district or city.
        Forbidden: its office begins.
        NotSummaryIssuer: the level above issues the summaries.
    """
    run = await start_drafts(session, actor, organization_id, period)
    await add_tasks(session, run, RunWork.SUMMARY, *open_employers(period), after=SOON)
    return run


async def start_drafts(
    session: AsyncSession, actor: Actor, organization_id: UUID, period: Period
) -> ReportRun:
    """As `start_year`, for the communities alone: members read before employers do."""
    row = (
        await session.execute(
            select(Organization, grants(Permission.SUMMARY_COMPILE)).where(
                Organization.id == organization_id, Organization.kind.in_(AREAS)
            ),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, Permission.SUMMARY_COMPILE)
    await issuers.refuse_below(session, actor, row.Organization)
    run = await begin(session, organization_id, RunKind.YEAR, period, actor.person_id)
    registered_here = (
        select(Registration.id)
        .where(
            Registration.community_id == Organization.id,
            Registration.registered_on <= period.last,
        )
        .exists()
    )
    await add_tasks(session, run, RunWork.DRAFTS, Organization.kind == "community", registered_here)
    return run


async def plan_briefs(session: AsyncSession) -> None:
    """Every employer of a city whose period is over has a task for its brief, once a period."""
    for city_id, period in await briefs.due(session):
        run = await begin(session, city_id, RunKind.BRIEFS, period, None)
        await add_tasks(
            session, run, RunWork.BRIEF, *open_employers(period), briefs.has_members(period)
        )


async def begin(
    session: AsyncSession,
    organization_id: UUID,
    kind: RunKind,
    period: Period,
    person_id: UUID | None,
) -> ReportRun:
    """The one run of this kind and period."""
    found = {
        "organization_id": organization_id,
        "kind": kind,
        "period_from": period.first,
        "period_to": period.last,
    }
    await session.execute(
        insert(ReportRun).values(started_by_id=person_id, **found).on_conflict_do_nothing()
    )
    return (await session.scalars(select(ReportRun).filter_by(**found))).one()


async def add_tasks(
    session: AsyncSession,
    run: ReportRun,
    work: RunWork,
    *where: ColumnElement[bool],
    after: timedelta = timedelta(),
) -> None:
    """A task for each organization below the run's, due `after` now; none has a second."""
    now = clock.now()
    each = select(
        made_id(now),
        literal(run.id, Uuid()),
        literal(work.value, String()),
        Organization.id,
        literal(now + after, DateTime(timezone=True)),
    ).where(Organization.lineage.contains([run.organization_id]), *where)
    await session.execute(
        insert(RunTask)
        .from_select(["id", "run_id", "work", "organization_id", "due_at"], each)
        .on_conflict_do_nothing()
    )


def open_employers(period: Period) -> tuple[ColumnElement[bool], ...]:
    """Employers that were there in the period."""
    closed = Organization.closed_on
    first = literal(period.first, Date())
    return (Organization.kind == "employer", or_(closed.is_(None), closed >= first))


async def do(session: AsyncSession, task: RunTask) -> None:
    """The task is done; or it waits a day for communities that have not signed, if policy says so."""
    run = await session.get_one(ReportRun, task.run_id)
    period = Period(run.period_from, run.period_to)
    if task.work is RunWork.DRAFTS:
        await sheets.draft_missing(session, task.organization_id, period)
    elif task.work is RunWork.BRIEF:
        await briefs.make(session, task.organization_id, period)
    elif not await _has_summary(session, task.organization_id, period):
        if await _waits(session, task.organization_id, period):
            task.due_at = clock.now() + timedelta(days=1)
            return
        actor = Actor(run.started_by_id, is_system=True)
        await summaries.compile_summary(session, actor, task.organization_id, period)
    task.done_at = clock.now()


async def _has_summary(session: AsyncSession, employer_id: UUID, period: Period) -> bool:
    """It was compiled by hand, and holds."""
    found = await session.scalar(
        select(func.count())
        .select_from(Report)
        .where(
            Report.employer_id == employer_id,
            Report.kind == ReportKind.EMPLOYER_SUMMARY,
            Report.period_from == period.first,
            Report.period_to == period.last,
            Report.status != ReportStatus.VOID,
        )
    )
    return bool(found)


async def _waits(session: AsyncSession, employer_id: UUID, period: Period) -> bool:
    if await policies.value(session, employer_id, UNSIGNED) != "wait":
        return False
    unsigned = await session.scalar(
        select(func.count())
        .select_from(Report)
        .where(
            Report.employer_id == employer_id,
            Report.kind == ReportKind.MEMBER_SHEET,
            Report.period_from == period.first,
            Report.period_to == period.last,
            Report.status == ReportStatus.DRAFT,
            Report.edition == 1,
        )
    )
    return bool(unsigned)


DEADLINES = (Deadline(RunTask, do),)
