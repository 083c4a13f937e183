"""Items of the negative list (负面清单): alleged by two, answered, reviewed above, or dropped."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed
from app.models.history import History


class NegativeItemStatus(StrEnum):
    """`alleged`: one has said it; `asked`: two have, and the member is asked; `upheld`: nobody
    objected in time, or in vain. Source: practice.md R9, domain.md §4.3."""

    ALLEGED = "alleged"
    ASKED = "asked"
    ANSWERED = "answered"
    CONFIRMED = "confirmed"
    REVIEWED = "reviewed"
    OBJECTED = "objected"
    UPHELD = "upheld"
    DROPPED = "dropped"
    EXPIRED = "expired"


class NegativeItem(Identified, Timestamped, Base):
    """One conduct of one member that a code of `negative_list.items` names.

    `due_at`: the second person's turn, the member's answer, his objection; `remind_at`: the
    community's or subdistrict's turn; `expires_at`: the end of the evaluation year it stands in;
    `erase_at`: of what was dropped, no words are kept. `reviewed_at` stays on whatever was told to
    the member as reviewed, `upheld_at` on what may be told to the employer.
    """

    __tablename__ = "negative_items"
    __table_args__ = (
        Index("ix_negative_items_community_id", "community_id", "status", "id"),
        Index("ix_negative_items_functional_branch_id", "functional_branch_id", "id"),
        Index("ix_negative_items_registration_id", "registration_id", "happened_on"),
        Index("ix_negative_items_employer_id", "employer_id", "id"),
        Index("ix_negative_items_person_id", "person_id", "id"),
        Index("ix_negative_items_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_negative_items_remind_at",
            "remind_at",
            postgresql_where=text("remind_at IS NOT NULL"),
        ),
        Index(
            "ix_negative_items_expires_at",
            "expires_at",
            postgresql_where=text("expires_at IS NOT NULL"),
        ),
        Index(
            "ix_negative_items_erase_at", "erase_at", postgresql_where=text("erase_at IS NOT NULL")
        ),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    functional_branch_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    code: Mapped[str] = mapped_column(String(60))
    happened_on: Mapped[date]
    facts: Mapped[str | None] = mapped_column(Sealed("negative_items.facts"))
    evidence: Mapped[str | None] = mapped_column(Sealed("negative_items.evidence"))
    status: Mapped[NegativeItemStatus] = mapped_column(default=NegativeItemStatus.ALLEGED)
    alleged_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    agreed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Sealed("negative_items.answer"))
    answered_at: Mapped[datetime | None] = mapped_column(comment="null: not answered in time")
    confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    confirmed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    reviewed_at: Mapped[datetime | None]
    upheld_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None] = mapped_column(
        comment="to the employer's secretary; null: the member reports himself"
    )
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    erase_at: Mapped[datetime | None]


class NegativeItemStep(History, Base):
    __tablename__ = "negative_item_steps"

    negative_item_id: Mapped[UUID] = mapped_column(ForeignKey("negative_items.id"), index=True)
