"""Workbooks of reports that somebody has asked for: made by the worker, kept some days."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.models.history import History


class ExportStatus(StrEnum):
    """`failed`: it could not be made; `gone`: its days are over, nothing is kept of it."""

    ASKED = "asked"
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"


class Export(Identified, Timestamped, Base):
    """One workbook of one report, as the person who asked for it may read it; for nobody else.

    `make_after`: when it is made, or made anew where whoever made it is no more. `due_at`: it goes.
    """

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_asked_by_id", "asked_by_id", "id"),
        Index(
            "ix_exports_make_after", "make_after", postgresql_where=text("make_after IS NOT NULL")
        ),
        Index("ix_exports_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"))
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    status: Mapped[ExportStatus] = mapped_column(default=ExportStatus.ASKED)
    tries: Mapped[int] = mapped_column(default=0)
    percent: Mapped[int] = mapped_column(
        default=0, server_default=text("0"), comment="of its lines; 100 once it is ready"
    )
    size: Mapped[int | None] = mapped_column(comment="bytes")
    make_after: Mapped[datetime | None]
    due_at: Mapped[datetime | None]


class ExportStep(History, Base):
    __tablename__ = "export_steps"

    export_id: Mapped[UUID] = mapped_column(ForeignKey("exports.id"), index=True)
