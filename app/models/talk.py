"""Reminder talks (约谈提醒): a conversation of daily education, between two people."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.models.history import History


class TalkStatus(StrEnum):
    """`closed`: its ground has fallen away before it was held."""

    OPENED = "opened"
    SCHEDULED = "scheduled"
    HELD = "held"
    CLOSED = "closed"


class Talk(Identified, Timestamped, Base):
    """One talk of the employer's secretary with one member; no sanction, no text.

    `trigger` is a code of `talk.triggers`, `kind` of `talk.kinds`, `outcome` of `talk.outcomes`.
    `due_at`: the secretary is reminded, once; `erase_at`: row and history are deleted.
    Source: practice.md R8, G8.
    """

    __tablename__ = "talks"
    __table_args__ = (
        Index(
            "uq_talks_living",
            "registration_id",
            unique=True,
            postgresql_where=text("status IN ('opened', 'scheduled')"),
        ),
        Index("ix_talks_employer_id", "employer_id", "id"),
        Index("ix_talks_person_id", "person_id", "id"),
        Index("ix_talks_negative_item_id", "negative_item_id"),
        Index("ix_talks_suggestion_id", "suggestion_id"),
        Index("ix_talks_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_talks_erase_at", "erase_at"),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    trigger: Mapped[str] = mapped_column(String(40))
    negative_item_id: Mapped[UUID | None] = mapped_column(ForeignKey("negative_items.id"))
    suggestion_id: Mapped[UUID | None] = mapped_column(ForeignKey("suggestions.id"))
    status: Mapped[TalkStatus] = mapped_column(default=TalkStatus.OPENED)
    kind: Mapped[str] = mapped_column(String(40), default="care")
    meets_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(40))
    held_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    erase_at: Mapped[datetime | None]


class TalkStep(History, Base):
    __tablename__ = "talk_steps"

    talk_id: Mapped[UUID] = mapped_column(ForeignKey("talks.id"), index=True)
