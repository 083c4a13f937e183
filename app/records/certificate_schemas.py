"""Certificates of service on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Day, In, Out, Text
from app.models.record import CertificateStatus
from app.records.lifecycle import CertificateAction


class CertificateIn(In):
    """Which services are to be certified."""

    registration_id: Annotated[UUID, Field(description="One of mine, also one that has ended.")]
    period_from: Day
    period_to: Annotated[Day, Field(description="Today at the latest.")]
    purpose: Annotated[str, Text(60)] | None = None


class CertificateOut(Out):
    """Where a certificate stands."""

    id: UUID
    registration_id: UUID
    period_from: date
    period_to: date
    purpose: str | None
    status: CertificateStatus
    number: str | None
    issued_on: date | None


class MyCertificate(CertificateOut):
    """One of mine, with what I may do."""

    community_name: str
    code: Annotated[str | None, Field(description="For `/v/{code}`: for whom it is shown to.")]
    reason: Annotated[str | None, Field(description="Why it was refused or revoked.")]
    open_to: list[CertificateAction]


class CertificateLine(CertificateOut):
    """One in the hands of the community."""

    name: Annotated[str, Field(description="Of a protected member a word, but for the secretary.")]
    services: Annotated[int, Field(description="Approved records in its days, as they stand now.")]
    minutes: Annotated[int, Field(description="Of them, without work time.")]
    asked_at: datetime
    open_to: list[CertificateAction]


class CertificateReasonIn(In):
    """Why."""

    reason: Annotated[str, Text(300)]


class PrintIn(In):
    """What only stands on the paper: printed, kept nowhere."""

    id_kind: Annotated[str, Text(20)] | None = None
    id_number: Annotated[str, Text(30, pattern=r"^[0-9A-Za-z()（）\-]+$")] | None = None
