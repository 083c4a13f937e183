"""Commendations: 优先推荐 within a quota, letters (表扬信) and thanks that are passed on."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.models.history import History


class CommendationKind(StrEnum):
    """Codes of `commendation.kinds`; only a recommendation has a rule, a quota and a notice."""

    RECOMMEND = "recommend"
    LETTER = "letter"
    THANKS = "thanks"


class CommendationStatus(StrEnum):
    """`confirmed`: the person has not agreed to the public notice yet; `on_notice`: it hangs."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    ON_NOTICE = "on_notice"
    STANDING = "standing"
    REFUSED = "refused"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Commendation(Identified, Timestamped, Base):
    """What community and functional branch together say in praise of one member in one period.

    `due_at`: the second person's turn, the member's agreement, or the end of the public notice.
    Source: practice.md G5; content `commendation`.
    """

    __tablename__ = "commendations"
    __table_args__ = (
        Index(
            "uq_commendations_living",
            "registration_id",
            "period_to",
            unique=True,
            postgresql_where=text(
                "kind = 'recommend' AND status NOT IN ('refused', 'declined', 'withdrawn')"
            ),
        ),
        Index("ix_commendations_community_id", "community_id", "period_to", "id"),
        Index("ix_commendations_functional_branch_id", "functional_branch_id", "id"),
        Index("ix_commendations_registration_id", "registration_id", "period_to"),
        Index("ix_commendations_person_id", "person_id", "id"),
        Index("ix_commendations_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    functional_branch_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[CommendationKind] = mapped_column(default=CommendationKind.RECOMMEND)
    period_from: Mapped[date]
    period_to: Mapped[date]
    words: Mapped[str | None] = mapped_column(Text, comment="of a letter or of thanks")
    status: Mapped[CommendationStatus] = mapped_column(default=CommendationStatus.PROPOSED)
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    noticed_at: Mapped[datetime | None]
    stood_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]


class CommendationStep(History, Base):
    __tablename__ = "commendation_steps"

    commendation_id: Mapped[UUID] = mapped_column(ForeignKey("commendations.id"), index=True)
