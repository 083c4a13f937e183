"""Micro-wishes (微心愿): small goods or services, and who has claimed to fulfil one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed
from app.models.history import History


class WishKind(StrEnum):
    """What is wished for; money only where the tenant's `wish_rules` allow it."""

    GOODS = "goods"
    SERVICE = "service"
    CASH = "cash"


class WishStatus(StrEnum):
    """Source: domain.md §3.4. `undecided`: delivered, and it is the community's turn to decide."""

    SUBMITTED = "submitted"
    VERIFIED = "verified"
    REJECTED = "rejected"
    OPEN = "open"
    CLAIMED = "claimed"
    DELIVERED = "delivered"
    UNDECIDED = "undecided"
    FULFILLED = "fulfilled"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Wish(Identified, Timestamped, Base):
    """One small wish of one beneficiary. `words` are the beneficiary's own and never public;
    `title` is the community's text of it, shown to everybody.

    `due_at`: the end of the claim, or the day by which a delivery is confirmed; `remind_at`: the
    community's turn; `erase_at`: nothing of the beneficiary is kept any longer.
    Source: domain.md §3.4, practice.md R28.
    """

    __tablename__ = "wishes"
    __table_args__ = (
        Index("ix_wishes_open", "community_id", "id", postgresql_where=text("status = 'open'")),
        Index("ix_wishes_community_id", "community_id", "status", "id"),
        Index("ix_wishes_requester_id", "requester_id", "id"),
        Index(
            "ix_wishes_resident_id", "resident_id", postgresql_where=text("resident_id IS NOT NULL")
        ),
        Index(
            "ix_wishes_phone_hash", "phone_hash", postgresql_where=text("phone_hash IS NOT NULL")
        ),
        Index("ix_wishes_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_wishes_remind_at", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
        Index("ix_wishes_erase_at", "erase_at", postgresql_where=text("erase_at IS NOT NULL")),
    )

    number: Mapped[str] = mapped_column(String(60), unique=True)
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("residents.id"))
    requester_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    entered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    source: Mapped[str] = mapped_column(String(40), default="mini_program")
    kind: Mapped[WishKind] = mapped_column(default=WishKind.GOODS)
    words: Mapped[str] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(String(60))
    value_yuan: Mapped[int | None]
    is_for_minor: Mapped[bool] = mapped_column(default=False)
    guardian_agreed_at: Mapped[datetime | None]
    contact_name: Mapped[str | None] = mapped_column(Sealed("wishes.contact_name"))
    contact_phone: Mapped[str | None] = mapped_column(Sealed("wishes.contact_phone"))
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    shares_phone: Mapped[bool] = mapped_column(
        default=False, comment="the claimer may have the phone; else the community passes it on"
    )
    door: Mapped[str | None] = mapped_column(Sealed("wishes.door"))
    status: Mapped[WishStatus] = mapped_column(default=WishStatus.SUBMITTED)
    published_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    erase_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class WishClaimStatus(StrEnum):
    """`ended`: the house itself ended it, with the registration or the wish."""

    ACTIVE = "active"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    EXPIRED = "expired"
    ENDED = "ended"


class WishClaim(Identified, Timestamped, Base):
    """Who has promised to fulfil a wish: a member, or a branch, group or employer.

    `registration_id` is of the member, and null where a unit has claimed. The answer is the
    beneficiary's, to the last delivery. It moves with its wish, whose history names it.
    """

    __tablename__ = "wish_claims"
    __table_args__ = (
        Index(
            "uq_wish_claims_live",
            "wish_id",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index("ix_wish_claims_wish_id", "wish_id"),
        Index("ix_wish_claims_person_id", "person_id", "id"),
        Index("ix_wish_claims_organization_id", "organization_id", "id"),
        Index("ix_wish_claims_registration_id", "registration_id"),
    )

    wish_id: Mapped[UUID] = mapped_column(ForeignKey("wishes.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    registration_id: Mapped[UUID | None] = mapped_column(ForeignKey("registrations.id"))
    status: Mapped[WishClaimStatus] = mapped_column(default=WishClaimStatus.ACTIVE)
    delivered_at: Mapped[datetime | None]
    delivered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    evidence: Mapped[str | None] = mapped_column(Text, comment="optional, in the claimer's words")
    declared_minutes: Mapped[int | None]
    answer: Mapped[str | None] = mapped_column(String(20))
    answer_reason: Mapped[str | None] = mapped_column(String(40))
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    on_behalf_way: Mapped[str | None] = mapped_column(String(40))


class WishStep(History, Base):
    """One step of a wish and, with it, of the claim that it names."""

    __tablename__ = "wish_steps"

    wish_id: Mapped[UUID] = mapped_column(ForeignKey("wishes.id"), index=True)
    wish_claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("wish_claims.id"))
    minutes: Mapped[int | None] = mapped_column(comment="of the member's record, as closed")
