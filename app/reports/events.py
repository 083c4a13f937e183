"""Facts about sheets and summaries."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class ReportMoved(Event):
    """A report took a step."""

    name: ClassVar[str] = "report.moved"
    report_id: UUID
    kind: str
    employer_id: UUID
    person_id: UUID | None
    action: str
    status: str


class ExportMoved(Event):
    """A workbook took a step."""

    name: ClassVar[str] = "export.moved"
    export_id: UUID
    action: str
    status: str
