"""The year's cycle makes the reports: its sheets are drafted when the votes are counted, its summaries
delivered when their day has come. The receipts make the cycle acknowledged; of those that are missing
when it is archived the number is kept. Source: practice.md R11; domain.md §3.9; content
`report_calendar`.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.appraisals import cycles
from app.appraisals.events import CycleMoved
from app.appraisals.lifecycle import CycleAction
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.organization import NamedOrganization
from app.models.report import Report, ReportKind, ReportStatus
from app.models.report_run import ReportRun, RunKind, RunTask, RunWork
from app.permissions import Actor
from app.reports import runs
from app.reports.events import ReportMoved
from app.reports.lifecycle import ReportAction
from app.reports.periods import year_to

STARTS = {
    str(CycleAction.COMPUTE): runs.start_drafts,
    str(CycleAction.SEND): runs.start_year,
}
ENDS_WAITING = (ReportAction.ACKNOWLEDGE, ReportAction.VOID)
WAITING = (ReportStatus.ISSUED, ReportStatus.DELIVERED)
# as the index of summaries says it
IS_SUMMARY: Any = literal_column(f"'{ReportKind.EMPLOYER_SUMMARY}'")
Employer, Other, Its = aliased(NamedOrganization), aliased(Report), aliased(NamedOrganization)


async def on_cycle_moved(session: AsyncSession, _: int, event: CycleMoved) -> None:
    """The run of the cycle's year has its tasks; a second telling adds none. An archived year knows
    how many summaries nobody has acknowledged."""
    starts = STARTS.get(event.action)
    if starts is not None:
        cycle = await session.get_one(EvaluationCycle, event.cycle_id)
        period = year_to(cycle.facts_close_on)
        await starts(session, Actor.system(), event.organization_id, period)
    elif event.action == CycleAction.ARCHIVE:
        count = await _unacknowledged(session, event.cycle_id)
        await cycles.keep_unacknowledged(session, event.cycle_id, count)


async def on_report_moved(session: AsyncSession, _: int, event: ReportMoved) -> None:
    """With the last summary that was waited for, the year that was sent is acknowledged.

    Told after the receipt stands, so that of two at once the later sees both; the cycle is locked and
    read again, so that one of them moves it.
    """
    if event.kind != ReportKind.EMPLOYER_SUMMARY or event.action not in ENDS_WAITING:
        return
    row: Any = (
        await session.execute(
            select(EvaluationCycle, Report.period_from)
            .join(Employer, EvaluationCycle.organization_id == any_(Employer.lineage))
            .join(Report, Report.employer_id == Employer.id)
            .where(
                Report.id == event.report_id,
                Report.period_to == EvaluationCycle.facts_close_on,
                EvaluationCycle.status == CycleStatus.SENT,
                ~_waiting().exists(),
                ~_to_compile().exists(),
            )
            .with_for_update(of=EvaluationCycle)
        )
    ).first()
    if row is None or row.period_from != year_to(row.EvaluationCycle.facts_close_on).first:
        return
    await cycles.acknowledge(session, row.EvaluationCycle)


async def _unacknowledged(session: AsyncSession, cycle_id: UUID) -> int:
    cycle = await session.get_one(EvaluationCycle, cycle_id)
    period = year_to(cycle.facts_close_on)
    found = await session.scalar(
        select(func.count())
        .select_from(Other)
        .join(Its, Its.id == Other.employer_id)
        .where(
            Its.lineage.contains([cycle.organization_id]),
            Other.period_from == period.first,
            Other.period_to == period.last,
            *_is_waiting(),
        )
    )
    return found or 0


def _is_waiting() -> tuple[ColumnElement[bool], ...]:
    return (Other.kind == IS_SUMMARY, Other.status.in_(WAITING))


def _waiting() -> Any:
    """In SQL: a summary of the cycle's year, of the period of `Report`, without a receipt."""
    return (
        select(Other.id)
        .join(Its, Its.id == Other.employer_id)
        .where(
            EvaluationCycle.organization_id == any_(Its.lineage),
            Other.period_from == Report.period_from,
            Other.period_to == Report.period_to,
            *_is_waiting(),
        )
        .correlate(EvaluationCycle, Report)
    )


def _to_compile() -> Any:
    """In SQL: a summary of that year which its run has still to make."""
    return (
        select(RunTask.id)
        .join(ReportRun, ReportRun.id == RunTask.run_id)
        .where(
            ReportRun.organization_id == EvaluationCycle.organization_id,
            ReportRun.kind == RunKind.YEAR,
            ReportRun.period_to == EvaluationCycle.facts_close_on,
            RunTask.work == RunWork.SUMMARY,
            RunTask.done_at.is_(None),
        )
        .correlate(EvaluationCycle)
    )
