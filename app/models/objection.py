"""Objections (异议) of a member: to votes, to a record, to an absence, to a reviewed item."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed
from app.models.history import History


class ObjectionKind(StrEnum):
    """`votes`: whether those who should have stood aside did; nobody is told who voted what."""

    VOTES = "votes"
    RECORD = "record"
    ABSENCE = "absence"
    ITEM = "item"


class ObjectionStatus(StrEnum):
    """`raised`: the community answers; `answered`: the subdistrict decides; `kept`: it has not
    granted it, and the member may ask the district; `appealed`: he has. Source: practice.md G7."""

    RAISED = "raised"
    ANSWERED = "answered"
    GRANTED = "granted"
    KEPT = "kept"
    APPEALED = "appealed"
    FINAL = "final"
    WITHDRAWN = "withdrawn"


class Objection(Identified, Timestamped, Base):
    """What one member objects to in one period; while it is undecided that part stays out of his
    sheet.

    `subject_id`: the record, the seat or the item; of votes, the registration. `due_at`: the
    community's answer, or the member's time to go on; `remind_at`: it is not decided yet.
    """

    __tablename__ = "objections"
    __table_args__ = (
        Index(
            "uq_objections_living",
            "registration_id",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("status NOT IN ('granted', 'final', 'withdrawn')"),
        ),
        Index("ix_objections_community_id", "community_id", "status", "id"),
        Index("ix_objections_registration_id", "registration_id", "period_to"),
        Index("ix_objections_person_id", "person_id", "id"),
        Index("ix_objections_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_objections_remind_at", "remind_at", postgresql_where=text("remind_at IS NOT NULL")
        ),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    period_from: Mapped[date]
    period_to: Mapped[date]
    kind: Mapped[ObjectionKind]
    subject_id: Mapped[UUID]
    words: Mapped[str | None] = mapped_column(Sealed("objections.words"))
    status: Mapped[ObjectionStatus] = mapped_column(default=ObjectionStatus.RAISED)
    answer: Mapped[str | None] = mapped_column(Sealed("objections.answer"))
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None] = mapped_column(comment="null: the community was silent")
    outcome: Mapped[str | None] = mapped_column(Sealed("objections.outcome"))
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None]
    settled_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]


class ObjectionStep(History, Base):
    __tablename__ = "objection_steps"

    objection_id: Mapped[UUID] = mapped_column(ForeignKey("objections.id"), index=True)
