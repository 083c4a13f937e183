"""The yearly appraisal: who rates, what he answered, what two people counted; who was opened."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed
from app.models.history import History


class Panel(StrEnum):
    """Source: practice.md G3; content `appraisal.raters`."""

    COMMUNITY = "community"
    FUNCTIONAL_BRANCH = "functional_branch"
    RESIDENT_REPRESENTATIVES = "resident_representatives"


class BallotWay(StrEnum):
    ONLINE = "online"
    PAPER_BALLOT = "paper_ballot"


class AppraisalRater(Identified, Timestamped, Base):
    """One who rates members of one community in one year; nobody stands in two of its panels.

    A resident representative rates one functional group, `area_id`; null where the community has
    none. Until the person is known, the phone's hash says who it is.
    """

    __tablename__ = "appraisal_raters"
    __table_args__ = (
        Index(
            "uq_appraisal_raters_person",
            "cycle_id",
            "community_id",
            "person_id",
            unique=True,
            postgresql_where=sql("person_id IS NOT NULL"),
        ),
        Index(
            "uq_appraisal_raters_phone",
            "cycle_id",
            "community_id",
            "phone_hash",
            unique=True,
            postgresql_where=sql("phone_hash IS NOT NULL"),
        ),
        Index("ix_appraisal_raters_community_id", "community_id", "cycle_id", "panel", "id"),
        Index("ix_appraisal_raters_person_id", "person_id"),
        Index("ix_appraisal_raters_phone_hash", "phone_hash"),
    )

    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycles.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    panel: Mapped[Panel]
    way: Mapped[BallotWay] = mapped_column(default=BallotWay.ONLINE)
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    appointment_id: Mapped[UUID | None] = mapped_column(ForeignKey("appointments.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(Sealed("appraisal_raters.name"))
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    has_answered: Mapped[bool] = mapped_column(
        default=False, server_default=sql("false"), comment="kept when his ballots are erased"
    )


class AppraisalAnswer(StrEnum):
    """`unknown` and `recused` are no votes."""

    SATISFIED = "satisfied"
    FAIR = "fair"
    UNSATISFIED = "unsatisfied"
    UNKNOWN = "unknown"
    RECUSED = "recused"


class AppraisalBallot(Identified, Base):
    """What one rater answered about one member. Read by the rater himself, and by two together
    (`RaterOpening`); else only pooled. Source: practice.md R10, R24."""

    __tablename__ = "appraisal_ballots"
    __table_args__ = (
        UniqueConstraint("rater_id", "registration_id"),
        Index("ix_appraisal_ballots_registration_id", "registration_id"),
    )

    rater_id: Mapped[UUID] = mapped_column(ForeignKey("appraisal_raters.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    answer: Mapped[AppraisalAnswer]
    given_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class AppraisalTotal(Base):
    """What is left of the ballots about one member in one year when they are erased: how many said
    what, of whatever panel. Fewer than three leave nothing, for they would be single ballots yet.

    Source: content `retention`.
    """

    __tablename__ = "appraisal_totals"

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"), primary_key=True)
    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycles.id"), primary_key=True)
    satisfied: Mapped[int]
    fair: Mapped[int]
    unsatisfied: Mapped[int]


class AppraisalCount(Identified, Base):
    """What one of two counters found on the paper ballots of a panel about one member: totals only.

    The totals stand, with `agreed_at` in both rows, once the two say the same.
    """

    __tablename__ = "appraisal_counts"
    __table_args__ = (
        UniqueConstraint("registration_id", "cycle_id", "panel", "counter_id"),
        UniqueConstraint("registration_id", "cycle_id", "panel", "place"),
        Index("ix_appraisal_counts_community_id", "community_id", "cycle_id", "panel"),
        CheckConstraint("place IN (1, 2)", name="two_counters"),
        CheckConstraint(
            "satisfied >= 0 AND fair >= 0 AND unsatisfied >= 0 AND unknown >= 0",
            name="not_negative",
        ),
    )

    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycles.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    panel: Mapped[Panel]
    area_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    counter_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    place: Mapped[int] = mapped_column(comment="first or second counter of this line")
    satisfied: Mapped[int]
    fair: Mapped[int]
    unsatisfied: Mapped[int]
    unknown: Mapped[int]
    counted_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    agreed_at: Mapped[datetime | None]


class OpeningSource(StrEnum):
    """What was rated: one service, or the member in one year's appraisal."""

    SERVICE = "service"
    APPRAISAL = "appraisal"


class OpeningStatus(StrEnum):
    ASKED = "asked"
    OPEN = "open"
    REFUSED = "refused"
    LAPSED = "lapsed"
    CLOSED = "closed"


class RaterOpening(Identified, Timestamped, Base):
    """Who rated one member, opened by two for a short time and with a reason.

    `source_id` is an order or a cycle. `due_at`: the question lapses, or the time is over.
    `looked_at`: the first look, of which the raters are told. Source: practice.md R24.
    """

    __tablename__ = "rater_openings"
    __table_args__ = (
        Index(
            "uq_rater_openings_living",
            "registration_id",
            "source_id",
            unique=True,
            postgresql_where=sql("status IN ('asked', 'open')"),
        ),
        Index("ix_rater_openings_community_id", "community_id", "id"),
        Index("ix_rater_openings_due_at", "due_at", postgresql_where=sql("due_at IS NOT NULL")),
    )

    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    source: Mapped[OpeningSource]
    source_id: Mapped[UUID]
    reason: Mapped[str] = mapped_column(Sealed("rater_openings.reason"))
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    agreed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    status: Mapped[OpeningStatus] = mapped_column(default=OpeningStatus.ASKED)
    looked_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]


class RaterOpeningStep(History, Base):
    __tablename__ = "rater_opening_steps"

    rater_opening_id: Mapped[UUID] = mapped_column(ForeignKey("rater_openings.id"), index=True)
