"""Work on the reports of a whole district or city: a run, and what it has to do, a task a transaction."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped


class RunKind(StrEnum):
    """Source: content `report_calendar`; policy `report.brief_every`."""

    YEAR = "year"
    BRIEFS = "briefs"


class ReportRun(Identified, Timestamped, Base):
    """One period of everybody below one organization; begun once, continued until it is done."""

    __tablename__ = "report_runs"
    __table_args__ = (UniqueConstraint("organization_id", "kind", "period_from", "period_to"),)

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[RunKind]
    period_from: Mapped[date]
    period_to: Mapped[date]
    started_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class RunWork(StrEnum):
    """Drafts of one community; the summary, or the brief, of one employer."""

    DRAFTS = "drafts"
    SUMMARY = "summary"
    BRIEF = "brief"


class RunTask(Identified, Base):
    """A part of a run; `due_at` is null, and `done_at` is not, once it is done."""

    __tablename__ = "run_tasks"
    __table_args__ = (
        UniqueConstraint("run_id", "work", "organization_id"),
        Index("ix_run_tasks_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("report_runs.id"))
    work: Mapped[RunWork]
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
