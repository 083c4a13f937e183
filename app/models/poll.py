"""A question to members before anybody is named (谁能来), and what they answer."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.models.history import History


class PollStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Poll(Identified, Timestamped, Base):
    """Who of one branch, group or community could come to one order; promises nobody anything.

    `due_at` is cleared when it is closed, by a person or by the clock; `closes_at` stays.
    """

    __tablename__ = "polls"
    __table_args__ = (
        Index(
            "uq_polls_open",
            "order_id",
            "organization_id",
            unique=True,
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_polls_order_id", "order_id", "id"),
        Index("ix_polls_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    organization_id: Mapped[UUID] = mapped_column(
        ForeignKey("organizations.id"), comment="whose members are asked"
    )
    asked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    status: Mapped[PollStatus] = mapped_column(default=PollStatus.OPEN)
    asked: Mapped[int] = mapped_column(comment="how many")
    closes_at: Mapped[datetime]
    due_at: Mapped[datetime | None]


class PollStep(History, Base):
    __tablename__ = "poll_steps"

    poll_id: Mapped[UUID] = mapped_column(ForeignKey("polls.id"), index=True)


class PollChoice(StrEnum):
    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class PollAnswer(Identified, Base):
    """One who was asked, and his answer so far."""

    __tablename__ = "poll_answers"
    __table_args__ = (
        UniqueConstraint("poll_id", "person_id"),
        Index("ix_poll_answers_person_id", "person_id"),
        Index("ix_poll_answers_answer", "poll_id", "answer", "id"),
    )

    poll_id: Mapped[UUID] = mapped_column(ForeignKey("polls.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    answer: Mapped[PollChoice | None]
    answered_at: Mapped[datetime | None]
