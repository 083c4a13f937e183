"""The year's cycle makes the reports: its sheets are drafted when the votes are counted, its summaries
delivered when their day has come. Source: practice.md R11; content `report_calendar`.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from app.appraisals.events import CycleMoved
from app.appraisals.lifecycle import CycleAction
from app.models.evaluation import EvaluationCycle
from app.permissions import Actor
from app.reports import runs
from app.reports.periods import year_to


async def on_cycle_moved(session: AsyncSession, _: int, event: CycleMoved) -> None:
    """The run of the cycle's year has its tasks; a second telling adds none."""
    starts = STARTS.get(event.action)
    if starts is None:
        return
    cycle = await session.get_one(EvaluationCycle, event.cycle_id)
    await starts(session, Actor.system(), event.organization_id, year_to(cycle.facts_close_on))


STARTS = {
    str(CycleAction.COMPUTE): runs.start_drafts,
    str(CycleAction.SEND): runs.start_year,
}
