"""The yearly evaluation: its cycle with its dates, and what members say of themselves."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed
from app.models.history import History


class CycleStatus(StrEnum):
    """Source: domain.md §3.9."""

    PLANNED = "planned"
    COLLECTING = "collecting"
    COMPUTING = "computing"
    OBJECTION_WINDOW = "objection_window"
    FINAL = "final"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ARCHIVED = "archived"


class EvaluationCycle(Identified, Timestamped, Base):
    """One year of one district or city; the clock moves it along its dates.

    Dates are local days, both ends included, copied from the policies when it was planned: what a
    policy says later moves no cycle. `facts_close_on` is the last day that the year counts, and the
    day by which its ballots count; `closed_at`: since when they do. `due_at`: the next step.
    `erase_at`: its single ballots go; null: they are gone.
    """

    __tablename__ = "evaluation_cycles"
    __table_args__ = (
        UniqueConstraint("organization_id", "year"),
        Index("ix_evaluation_cycles_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_evaluation_cycles_remind_at",
            "remind_at",
            postgresql_where=text("remind_at IS NOT NULL"),
        ),
        Index(
            "ix_evaluation_cycles_erase_at",
            "erase_at",
            postgresql_where=text("erase_at IS NOT NULL"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    year: Mapped[int]
    status: Mapped[CycleStatus] = mapped_column(default=CycleStatus.PLANNED)
    facts_close_on: Mapped[date]
    appraisal_from: Mapped[date]
    appraisal_to: Mapped[date]
    objection_from: Mapped[date]
    objection_to: Mapped[date]
    issue_on: Mapped[date]
    acknowledge_by: Mapped[date]
    use_by: Mapped[date]
    appraisal_days: Mapped[int]
    objection_workdays: Mapped[int]
    acknowledge_workdays: Mapped[int]
    use_days: Mapped[int]
    closed_at: Mapped[datetime | None]
    unacknowledged: Mapped[int | None] = mapped_column(
        comment="summaries without a receipt when it was archived"
    )
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    erase_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class EvaluationCycleStep(History, Base):
    __tablename__ = "evaluation_cycle_steps"

    evaluation_cycle_id: Mapped[UUID] = mapped_column(
        ForeignKey("evaluation_cycles.id"), index=True
    )


class SelfReport(Identified, Base):
    """What a member says of his own year; optional."""

    __tablename__ = "self_reports"
    __table_args__ = (UniqueConstraint("registration_id", "cycle_id"),)

    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycles.id"), index=True)
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    words: Mapped[str] = mapped_column(Sealed("self_reports.words"))
    said_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
