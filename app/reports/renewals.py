"""A community that signs after the summary was sent: the opinion follows by itself.

At the end of the local day of the first such signature the next edition is compiled with all that was
signed meanwhile, so there is at most one a day. What the employer had acknowledged stays acknowledged,
with the use it made of it: it is asked once. Source: practice.md R11.
"""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.deadlines import Deadline
from app.models.organization import Organization
from app.models.report import Report, ReportKind
from app.permissions import Actor
from app.reports import service, summaries
from app.reports.events import ReportMoved
from app.reports.lifecycle import OUT, ReportAction
from app.reports.periods import Period


async def on_report_moved(session: AsyncSession, _: int, event: ReportMoved) -> None:
    """The summary that a signed sheet comes too late for is compiled anew tonight."""
    if (event.kind, event.action) != (ReportKind.MEMBER_SHEET, ReportAction.ISSUE):
        return
    sheet = await session.get_one(Report, event.report_id)
    late = select(Report.id).where(
        Report.employer_id == sheet.employer_id,
        Report.kind == ReportKind.EMPLOYER_SUMMARY,
        Report.period_from == sheet.period_from,
        Report.period_to == sheet.period_to,
        Report.status.in_(OUT),
        Report.delivered_at < sheet.issued_at,
        Report.renew_at.is_(None),
    )
    await session.execute(
        update(Report)
        .where(Report.id.in_(late))
        .values(renew_at=clock.day_after(clock.today()))
        .execution_options(synchronize_session=False)
    )


async def renew(session: AsyncSession, old: Report) -> None:
    """The next edition is there, unless another one came or the summary holds no longer."""
    if old.status not in OUT:
        return
    new = await summaries.compile_summary(
        session, Actor.system(), old.employer_id, Period(old.period_from, old.period_to)
    )
    if old.acknowledged_at is None:
        return
    service.moved(session, Actor.system(), new, ReportAction.ACKNOWLEDGE, None)
    new.acknowledged_at, new.acknowledged_by_id = old.acknowledged_at, old.acknowledged_by_id
    new.uses_made, new.reply = old.uses_made, old.reply
    await session.flush()


DEADLINES = (Deadline(Report, renew, "renew_at", under=(Organization, Report.employer_id)),)
