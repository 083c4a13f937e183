"""Members with their qualifications, registrations, transfers; residents."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed
from app.models.history import History


class Resident(Identified, Timestamped, Base):
    """A person (or nobody yet, for entries on behalf) bound to a community and a building."""

    __tablename__ = "residents"
    __table_args__ = (
        Index(
            "uq_residents_living",
            "person_id",
            "community_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL AND person_id IS NOT NULL"),
        ),
        Index("ix_residents_community_id", "community_id", "id"),
    )

    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    building_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    building_text: Mapped[str | None] = mapped_column(String(60))
    name: Mapped[str | None] = mapped_column(Sealed("residents.name"))
    phone: Mapped[str | None] = mapped_column(Sealed("residents.phone"))
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    entered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    ended_at: Mapped[datetime | None]


class MemberSource(StrEnum):
    ROSTER = "roster"
    APPLICATION = "application"
    COUNTER = "counter"
    PAPER = "paper"


class Member(Identified, Timestamped, Base):
    """A line of an employer's roster, held for the employer; invisible to every community until the
    person it names has consented. Source: practice.md R21, R22.
    """

    __tablename__ = "members"
    __table_args__ = (
        Index(
            "uq_members_phone",
            "employer_id",
            "phone_hash",
            unique=True,
            postgresql_where=text("left_on IS NULL AND phone_hash IS NOT NULL"),
        ),
        Index("ix_members_phone_hash", "phone_hash"),
        Index("ix_members_employer_id", "employer_id", "branch_id", "id"),
        Index(
            "uq_members_person",
            "person_id",
            unique=True,
            postgresql_where=text("left_on IS NULL AND person_id IS NOT NULL"),
        ),
    )

    employer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    source: Mapped[MemberSource]
    name: Mapped[str] = mapped_column(Sealed("members.name"))
    name_hash: Mapped[bytes] = mapped_column(LargeBinary)
    phone: Mapped[str | None] = mapped_column(Sealed("members.phone"))
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    party_status: Mapped[str] = mapped_column(String(20), default="full")
    service_state: Mapped[str] = mapped_column(
        String(20),
        default="in_service",
        comment="in_service, a code of not_in_service, or applied: not yet confirmed",
    )
    compound_text: Mapped[str | None] = mapped_column(Sealed("members.compound_text"))
    building_text: Mapped[str | None] = mapped_column(Sealed("members.building_text"))
    skills: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    is_protected: Mapped[bool] = mapped_column(default=False)
    claim_code_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    claim_code_expires_at: Mapped[datetime | None]
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("imports.id"))
    left_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class Qualification(Identified, Timestamped, Base):
    """A licence or certificate of a member, looked at by whoever its kind names in the content.

    Kept are kind, the number's last four and the validity, no copy. Source: practice.md R20.
    """

    __tablename__ = "qualifications"
    __table_args__ = (UniqueConstraint("member_id", "code"),)

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    code: Mapped[str] = mapped_column(String(60))
    last_four: Mapped[str | None] = mapped_column(Sealed("qualifications.last_four"))
    valid_to: Mapped[date | None]
    verified_on: Mapped[date]
    verified_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class RegistrationStatus(StrEnum):
    PENDING_EMPLOYER = "pending_employer"
    PENDING_COMMUNITY = "pending_community"
    RETURNED_BY_EMPLOYER = "returned_by_employer"
    RETURNED_BY_COMMUNITY = "returned_by_community"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class Registration(Identified, Timestamped, Base):
    """Ties a member to the community where he serves. Source: domain.md §3.1, practice.md R12."""

    __tablename__ = "registrations"
    __table_args__ = (
        Index(
            "uq_registrations_living_member",
            "member_id",
            unique=True,
            postgresql_where=text("status NOT IN ('withdrawn', 'ended')"),
        ),
        Index(
            "uq_registrations_living_person",
            "person_id",
            unique=True,
            postgresql_where=text("status NOT IN ('withdrawn', 'ended') AND person_id IS NOT NULL"),
        ),
        Index("ix_registrations_community_id", "community_id", "status", "id"),
        Index("ix_registrations_employer_id", "employer_id", "status", "id"),
        Index("ix_registrations_person_id", "person_id"),
        Index(
            "ix_registrations_handed_up_at",
            "handed_up_at",
            postgresql_where=text("handed_up_at IS NOT NULL"),
        ),
        Index("ix_registrations_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_registrations_remind_at",
            "remind_at",
            postgresql_where=text("remind_at IS NOT NULL"),
        ),
    )

    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    channel: Mapped[str] = mapped_column(String(20), comment="online, at_counter, paper_only")
    ground: Mapped[str] = mapped_column(String(20), comment="residence, employer_paired, …")
    ground_note: Mapped[str | None] = mapped_column(Text)
    compound_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    building_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    building_text: Mapped[str | None] = mapped_column(String(60))
    grid_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    functional_branch_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    functional_group_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    skills: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list)
    availability: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list)
    status: Mapped[RegistrationStatus]
    certificate_number: Mapped[str | None] = mapped_column(String(60), unique=True)
    receipt_number: Mapped[str | None] = mapped_column(String(60), unique=True)
    certificate_code: Mapped[str | None] = mapped_column(
        Sealed("registrations.certificate_code"), comment="of the public page, to print it again"
    )
    receipt_code: Mapped[str | None] = mapped_column(Sealed("registrations.receipt_code"))
    handed_up_at: Mapped[datetime | None] = mapped_column(
        comment="the employer was silent twice: the district checks"
    )
    submitted_at: Mapped[datetime | None]
    registered_on: Mapped[date | None]
    suspended_from: Mapped[date | None]
    suspended_to: Mapped[date | None]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None] = mapped_column(
        String(40), comment="of the last return, suspension or end"
    )
    suggested_community_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organizations.id"), comment="by the community that sent it back"
    )
    due_at: Mapped[datetime | None]
    remind_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class RegistrationStep(History, Base):
    __tablename__ = "registration_steps"

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"), index=True)


class TransferKind(StrEnum):
    COMMUNITY = "community"
    EMPLOYER = "employer"


class TransferStatus(StrEnum):
    REQUESTED = "requested"
    OUT_CONFIRMED = "out_confirmed"
    EFFECTIVE = "effective"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Transfer(Identified, Timestamped, Base):
    """A move to another community or another employer; the old one holds until the new accepts."""

    __tablename__ = "transfers"
    __table_args__ = (
        Index(
            "uq_transfers_living",
            "registration_id",
            unique=True,
            postgresql_where=text("status IN ('requested', 'out_confirmed')"),
        ),
        Index("ix_transfers_from_id", "from_id", "status", "id"),
        Index("ix_transfers_to_id", "to_id", "status", "id"),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    new_registration_id: Mapped[UUID | None] = mapped_column(ForeignKey("registrations.id"))
    new_member_id: Mapped[UUID | None] = mapped_column(ForeignKey("members.id"))
    kind: Mapped[TransferKind]
    from_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    to_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    ground: Mapped[str | None] = mapped_column(String(20), comment="in the new community")
    ground_note: Mapped[str | None] = mapped_column(Text)
    compound_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    building_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    building_text: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[TransferStatus] = mapped_column(default=TransferStatus.REQUESTED)


class TransferStep(History, Base):
    __tablename__ = "transfer_steps"

    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("transfers.id"), index=True)
