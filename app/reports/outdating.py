"""A record has changed that a sheet tells otherwise: its community's secretary is told, once.

The sheet stays as it was signed; a new one supersedes it. Source: practice.md R11.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.record import ServiceRecord
from app.models.report import Report, ReportKind, ReportStep
from app.permissions import Actor
from app.records.events import RecordMoved
from app.reports import service
from app.reports.lifecycle import OUT

OUTDATED = "outdate"
CHANGES = ("correct", "void")


async def on_record_moved(session: AsyncSession, _: int, event: RecordMoved) -> None:
    """Of each signed sheet in whose time the changed service falls, it is noted and told."""
    if event.action not in CHANGES:
        return
    noted = (
        select(ReportStep.id)
        .where(ReportStep.report_id == Report.id, ReportStep.action == OUTDATED)
        .exists()
    )
    sheets = await session.scalars(
        select(Report)
        .join(ServiceRecord, ServiceRecord.registration_id == Report.registration_id)
        .where(
            ServiceRecord.id == event.record_id,
            ServiceRecord.served_on.between(Report.period_from, Report.period_to),
            Report.kind == ReportKind.MEMBER_SHEET,
            Report.status.in_(OUT),
            ~noted,
        )
    )
    for sheet in sheets.all():
        service.note(session, Actor.system(), sheet, OUTDATED, sheet.status)
        service.announce(session, sheet, OUTDATED)
