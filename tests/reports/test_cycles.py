"""The year's cycle drafts the sheets and sends the summaries, once each."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.appraisals.events import CycleMoved
from app.appraisals.lifecycle import PLANNED, CycleAction
from app.models.evaluation import EvaluationCycle
from app.models.organization import Organization
from app.models.report import Report, ReportKind
from app.models.report_run import RunTask
from app.reports import cycles
from tests.factories.appraisals import make_cycle
from tests.reports.test_runs import made, work
from tests.reports.town import TODAY, Town, town

__all__ = ["town"]


async def tell(session: AsyncSession, cycle: EvaluationCycle, action: str, times: int) -> None:
    for number in range(times):
        event = CycleMoved(
            cycle_id=cycle.id,
            organization_id=cycle.organization_id,
            year=cycle.year,
            action=action,
            status=cycle.status,
        )
        await cycles.on_cycle_moved(session, number, event)
    await session.commit()


async def test_drafts_when_it_is_computed_and_summaries_when_it_is_sent(
    town: Town, session: AsyncSession, sessions: async_sessionmaker[AsyncSession]
) -> None:
    district = await session.get_one(Organization, town.community.lineage[1])
    cycle = await make_cycle(session, district)
    await tell(session, cycle, PLANNED, times=1)
    assert await session.scalar(select(func.count()).select_from(RunTask)) == 0
    for action, tasks, sheets, summaries in (
        (CycleAction.COMPUTE, 1, ["draft"], []),
        (CycleAction.SEND, 2, ["draft"], ["delivered"]),
    ):
        await tell(session, cycle, action, times=2)
        assert await session.scalar(select(func.count()).select_from(RunTask)) == tasks
        await work(sessions)
        assert await made(session, ReportKind.MEMBER_SHEET) == sheets
        assert await made(session, ReportKind.EMPLOYER_SUMMARY) == summaries
    assert set(await session.scalars(select(Report.period_to))) == {TODAY}
