"""Who asked for a workbook is told, once, that it is there or could not be made."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.export import Export
from app.models.report import Report
from app.notifications import service
from app.reports.events import ExportMoved
from app.reports.export_lifecycle import ExportAction

MESSAGES: Mapping[str, str] = {
    ExportAction.FINISH: "export_ready",
    ExportAction.FAIL: "export_failed",
}


async def on_export_moved(session: AsyncSession, fact: int, event: ExportMoved) -> None:
    """The line in his inbox says of which summary, and until when it is kept."""
    message = MESSAGES.get(event.action)
    if message is None:
        return
    export = await session.get_one(Export, event.export_id)
    report = await session.get_one(Report, export.report_id)
    await service.tell(
        session,
        fact,
        message,
        [export.asked_by_id],
        ("export", export.id),
        report=f"{report.period_to.year}年汇总单",
        deadline=export.due_at,
    )
