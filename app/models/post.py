"""Standing posts (岗位), who holds them (认领), and the days served on them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.models.history import History


class PostKind(StrEnum):
    """Of `claim_kinds`: a post, a place in a service team, a household pairing (结对帮扶)."""

    POST = "post"
    TEAM = "team"
    PAIRING = "pairing"


class PostStatus(StrEnum):
    """ "Full" is a count (`taken = headcount`), not a status."""

    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class Post(Identified, Timestamped, Base):
    """One standing post of one community; its text is the community's, never about a resident.

    One of `skills` and one of `qualifications` suffices; an empty list asks for none. Of a risky
    post nobody serves without accident insurance (`insured_until`). Source: domain.md §3.3.
    """

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_open", "community_id", "id", postgresql_where=text("status = 'open'")),
        Index("ix_posts_community_id", "community_id", "status", "id"),
        CheckConstraint("taken >= 0 AND taken <= headcount", name="taken_within_headcount"),
    )

    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    kind: Mapped[PostKind] = mapped_column(default=PostKind.POST)
    category: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(60))
    description: Mapped[str | None] = mapped_column(Text)
    place: Mapped[str] = mapped_column(String(100))
    headcount: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0)
    skills: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    qualifications: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    is_risky: Mapped[bool] = mapped_column(default=False)
    insured_until: Mapped[date | None] = mapped_column(comment="accident insurance, last day")
    needs_pledge: Mapped[bool] = mapped_column(
        default=False, comment="of confidentiality: it goes to homes, or is a confidential matter"
    )
    needs_two: Mapped[bool] = mapped_column(default=False, comment="never done by one alone")
    term_months: Mapped[int]
    status: Mapped[PostStatus] = mapped_column(default=PostStatus.DRAFT)
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class PostStep(History, Base):
    __tablename__ = "post_steps"

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"), index=True)


class ClaimStatus(StrEnum):
    """Source: domain.md §3.3. `ended`: the house itself ended it, with the registration or post."""

    PENDING = "pending"
    SERVING = "serving"
    EXIT_PENDING = "exit_pending"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXITED = "exited"
    DISMISSED = "dismissed"
    COMPLETED = "completed"
    ENDED = "ended"


# Who holds a place of the post; who has asked for one or holds it.
HOLDING = (ClaimStatus.SERVING, ClaimStatus.EXIT_PENDING)
LIVING = (ClaimStatus.PENDING, *HOLDING)


class Claim(Identified, Timestamped, Base):
    """One member's claim on one post, made under one registration.

    `due_at`: the end of the term, or the day by which a wish to leave is answered; `remind_at`: a
    claim waits for its answer.
    """

    __tablename__ = "claims"
    __table_args__ = (
        Index(
            "uq_claims_living",
            "post_id",
            "person_id",
            unique=True,
            postgresql_where=text("status IN ('pending', 'serving', 'exit_pending')"),
        ),
        Index("ix_claims_person_id", "person_id", "id"),
        Index("ix_claims_community_id", "community_id", "status", "id"),
        Index("ix_claims_registration_id", "registration_id"),
        Index("ix_claims_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_claims_remind_at", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
    )

    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    status: Mapped[ClaimStatus] = mapped_column(default=ClaimStatus.PENDING)
    pledged_at: Mapped[datetime | None] = mapped_column(comment="confidentiality was promised")
    started_on: Mapped[date | None]
    term_ends_on: Mapped[date | None] = mapped_column(comment="last day of the term")
    ended_on: Mapped[date | None]
    was_kept: Mapped[bool] = mapped_column(
        default=False, comment="an exit was refused once; it is not refused again"
    )
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]


class ClaimStep(History, Base):
    __tablename__ = "claim_steps"

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claims.id"), index=True)


class Duty(Identified, Base):
    """One day served on a post: the source of one service record; minutes as they were entered."""

    __tablename__ = "duties"
    __table_args__ = (UniqueConstraint("claim_id", "served_on"),)

    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claims.id"))
    served_on: Mapped[date]
    minutes: Mapped[int]
    entered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
