"""Tables of the house itself: repeated requests, number series, codes, logs, limits, jobs."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Base, Identified
from app.core.entries import Entry


class IdempotencyKey(Base):
    """A key a person sent with a POST, and the answer it got; kept 48 hours."""

    __tablename__ = "idempotency_keys"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), index=True)


class NumberSeries(Base):
    """The last number given out in a series: issuer, kind, year; gapless."""

    __tablename__ = "number_series"

    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class CodeStatus(StrEnum):
    VALID = "valid"
    SUPERSEDED = "superseded"
    VOID = "void"


class VerificationCode(Base):
    """What the public page says of a document when its code is scanned: nothing personal."""

    __tablename__ = "verification_codes"

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    document_kind: Mapped[str] = mapped_column(String(40))
    number: Mapped[str] = mapped_column(String(60), unique=True)
    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    subject_id: Mapped[UUID] = mapped_column(index=True)
    issued_on: Mapped[date]
    standing: Mapped[CodeStatus] = mapped_column(default=CodeStatus.VALID)


class DocumentDigest(Base):
    """SHA-256 of the bytes of a document as we have printed it: whoever has others has another one."""

    __tablename__ = "document_digests"

    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    printed_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class OperationLog(Entry, Identified, Base):
    """Who changed what in administration: roles, policies, imports, issued documents."""

    __tablename__ = "operation_log"
    __table_args__ = (
        Index("ix_operation_log_organization_at", "organization_id", "at"),
        Index("ix_operation_log_at", "at", "id"),
    )

    at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    action: Mapped[str] = mapped_column(String(60))
    organization_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class AccessLog(Entry, Identified, Base):
    """Who looked at a personal field in clear; shown to the person it belongs to."""

    __tablename__ = "access_log"
    __table_args__ = (
        Index("ix_access_log_subject", "subject_kind", "subject_id", "at"),
        Index("ix_access_log_owner_id_at", "owner_id", "at"),
        Index("ix_access_log_at", "at", "id"),
    )

    at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    capacity: Mapped[str | None] = mapped_column(
        String(40), comment="as what the actor looked: a role held there, or seat_holder"
    )
    fields: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str | None] = mapped_column(Text)


class RateWindow(Base):
    """Attempts in one window of time; UNLOGGED: a crash may forget them."""

    __tablename__ = "rate_windows"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    window_ends_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int]


class JobRun(Base):
    """A job that was done for a period: it is not done twice."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(String(60), primary_key=True)
    period: Mapped[str] = mapped_column(String(40), primary_key=True)
    done_at: Mapped[datetime] = mapped_column(default=lambda: clock.now())


class DeadlineFailure(Base):
    """A row whose deadline could not be dealt with: how often it was tried, and what went wrong."""

    __tablename__ = "deadline_failures"

    table_name: Mapped[str] = mapped_column(String(60), primary_key=True)
    column_name: Mapped[str] = mapped_column(String(60), primary_key=True)
    row_id: Mapped[UUID] = mapped_column(primary_key=True)
    attempts: Mapped[int]
    error: Mapped[str] = mapped_column(String(60))
    failed_at: Mapped[datetime]


class WechatPush(Base):
    """A push from WeChat as it arrived, once; worked on by the worker."""

    __tablename__ = "wechat_pushes"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    event: Mapped[str] = mapped_column(String(60))
    body: Mapped[bytes] = mapped_column(LargeBinary, comment="sealed JSON")
    received_at: Mapped[datetime] = mapped_column(default=lambda: clock.now(), index=True)
