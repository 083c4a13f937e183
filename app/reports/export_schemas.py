"""Workbooks on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out
from app.models.export import ExportStatus


class ExportOut(Out):
    """One workbook that I asked for."""

    id: UUID
    report_id: UUID
    status: ExportStatus
    percent: Annotated[
        int, Field(description="How much of it is written: 0 to 99, and 100 once it is ready.")
    ]
    size: Annotated[int | None, Field(description="Bytes, once it is ready.")]
    created_at: datetime
    due_at: Annotated[
        datetime | None, Field(description="Until then it is kept, once it is ready.")
    ]


class ExportLinkOut(Out):
    """Where it is fetched, within 10 minutes."""

    path: Annotated[str, Field(examples=["/api/v1/export-files/AZri…"])]
    size: int
