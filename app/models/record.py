"""Random checks of records, and certificates of service (服务证明)."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified, Timestamped
from app.core.fields import Sealed
from app.models.history import History


class RecordStatus(StrEnum):
    """Only what is approved stands in a figure. Source: domain.md §3.11."""

    PENDING_APPROVAL = "pending_approval"
    APPROVED = "approved"
    REJECTED = "rejected"
    DISPUTED = "disputed"
    VOIDED = "voided"


class ServiceRecord(Identified, Timestamped, Base):
    """What one member did, approved by somebody else than the beneficiary; void instead of delete.

    It carries its own title, place and times, for it outlives its source; of what is known by the
    day only, the times are null. A correction that takes two people waits in `proposed_minutes`.
    `remind_at`: the community has not decided yet. Source: domain.md §3.11, §5.4.
    """

    __tablename__ = "service_records"
    __table_args__ = (
        UniqueConstraint("registration_id", "source_kind", "source_id"),
        Index("ix_service_records_person_id", "person_id", "served_on", "id"),
        Index("ix_service_records_employer_id", "employer_id", "served_on", "id"),
        Index(
            "ix_service_records_registration_id",
            "registration_id",
            "served_on",
            postgresql_include=["status"],  # services are counted without looking at the table
        ),
        Index("ix_service_records_community_id", "community_id", "served_on", "id"),
        Index("ix_service_records_status", "community_id", "status", "id"),
        Index(
            "ix_service_records_proposed",
            "community_id",
            "id",
            postgresql_where=text("proposed_minutes IS NOT NULL"),
        ),
        Index(
            "ix_service_records_remind_at",
            "remind_at",
            postgresql_where=text("remind_at IS NOT NULL"),
        ),
        CheckConstraint("minutes >= 0", name="minutes_not_negative"),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("members.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    employer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    source_kind: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[UUID]
    category: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = mapped_column(String(100))
    served_on: Mapped[date]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    minutes: Mapped[int]
    approved_minutes: Mapped[int] = mapped_column(
        default=lambda context: context.get_current_parameters()["minutes"],
        comment="as first approved: small corrections are measured against it",
    )
    is_work_time: Mapped[bool] = mapped_column(default=False)
    status: Mapped[RecordStatus] = mapped_column(default=RecordStatus.APPROVED)
    approved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    approved_at: Mapped[datetime | None]
    proposed_minutes: Mapped[int | None] = mapped_column(comment="a second person has to agree")
    proposed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    remind_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}


class ServiceRecordStep(History, Base):
    __tablename__ = "service_record_steps"

    service_record_id: Mapped[UUID] = mapped_column(ForeignKey("service_records.id"), index=True)
    minutes: Mapped[int | None] = mapped_column(comment="of the record after the step")


class RecordDraw(Identified, Base):
    """One month's random check of one community: how many of how many, and by which seed.

    The records of the month, ordered by the SHA-256 of seed and id, are drawn from the first on: so
    anybody can draw them again. `remind_at`: some are not looked at yet.
    """

    __tablename__ = "record_draws"
    __table_args__ = (
        UniqueConstraint("community_id", "month"),
        Index(
            "ix_record_draws_remind_at", "remind_at", postgresql_where=text("remind_at IS NOT NULL")
        ),
    )

    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    month: Mapped[date] = mapped_column(comment="its first day")
    seed: Mapped[str] = mapped_column(String(64))
    percent: Mapped[int] = mapped_column(comment="the policy's share on that day")
    records: Mapped[int] = mapped_column(comment="approved in the month")
    drawn: Mapped[int]
    drawn_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    remind_at: Mapped[datetime | None]


class SampleStatus(StrEnum):
    """What a check has found; `wrong` holds the record back until it is decided."""

    WAITING = "waiting"
    RIGHT = "right"
    WRONG = "wrong"


class RecordSample(Identified, Base):
    """One record that was drawn, and what somebody else found when he looked into it."""

    __tablename__ = "record_samples"
    __table_args__ = (
        UniqueConstraint("draw_id", "record_id"),
        Index("ix_record_samples_community_id", "community_id", "status", "id"),
    )

    draw_id: Mapped[UUID] = mapped_column(ForeignKey("record_draws.id"))
    record_id: Mapped[UUID] = mapped_column(ForeignKey("service_records.id"), index=True)
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    status: Mapped[SampleStatus] = mapped_column(default=SampleStatus.WAITING)
    note: Mapped[str | None] = mapped_column(Text)


class RecordSampleStep(History, Base):
    __tablename__ = "record_sample_steps"

    record_sample_id: Mapped[UUID] = mapped_column(ForeignKey("record_samples.id"), index=True)


class CertificateStatus(StrEnum):
    """Source: domain.md §3.11. `superseded`: a later one of the same time stands in its place."""

    REQUESTED = "requested"
    CHECKED = "checked"
    ISSUED = "issued"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


class Certificate(Identified, Timestamped, Base):
    """What one community certifies of one member's services from day to day, at his wish.

    `content` is what is printed, frozen at the issue; a document number is printed and never kept.
    Source: domain.md §5.4, practice.md R30.
    """

    __tablename__ = "certificates"
    __table_args__ = (
        Index(
            "uq_certificates_asked",
            "registration_id",
            unique=True,
            postgresql_where=text("status IN ('requested', 'checked')"),
        ),
        Index("ix_certificates_person_id", "person_id", "id"),
        Index("ix_certificates_community_id", "community_id", "status", "id"),
        Index("ix_certificates_registration_id", "registration_id", "status"),
        Index(
            "ix_certificates_remind_at", "remind_at", postgresql_where=text("remind_at IS NOT NULL")
        ),
    )

    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registrations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    community_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    period_from: Mapped[date]
    period_to: Mapped[date]
    purpose: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[CertificateStatus] = mapped_column(default=CertificateStatus.REQUESTED)
    checked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    number: Mapped[str | None] = mapped_column(String(60), unique=True)
    issued_on: Mapped[date | None]
    code: Mapped[str | None] = mapped_column(
        Sealed("certificates.code"), comment="of the public page, to print it again"
    )
    content: Mapped[str | None] = mapped_column(Sealed("certificates.content"), comment="JSON")
    remind_at: Mapped[datetime | None]


class CertificateStep(History, Base):
    __tablename__ = "certificate_steps"

    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificates.id"), index=True)
