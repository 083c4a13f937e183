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


class CertifiedLine(Out):
    """One kind of service in the days of a certificate, as it is on record now."""

    title: str
    is_work_time: bool
    times: int
    minutes: int
    first: Annotated[date, Field(description="Local day of the first.")]
    last: date


class PrintedLine(Out):
    """One kind of service as it stands on the paper."""

    title: str
    is_work_time: bool
    times: int
    hours: Annotated[str, Field(description="With one decimal.", examples=["2.5"])]
    days: Annotated[str, Field(examples=["2026年3月1日至2026年5月9日"])]


class PrintedContent(Out):
    """What was frozen at the issue."""

    issuer: str
    in_charge: Annotated[str, Field(description="Who issued it.", examples=["王建国"])]
    handler: Annotated[str, Field(description="Who checked it.", examples=["李梅"])]
    services: list[PrintedLine]
    left_out: Annotated[int, Field(description="Lines that stand in the sums only.")]
    times: int
    hours: Annotated[str, Field(description="Without work time.", examples=["12.5"])]
    work_hours: Annotated[str, Field(examples=["2.0"])]


class CertificateShown(CertificateOut):
    """One certificate with what it says."""

    community_id: UUID
    community_name: str
    name: str
    asked_at: datetime
    checked_by: Annotated[str | None, Field(examples=["李梅"])]
    records: Annotated[list[CertifiedLine], Field(description="The longest first.")]
    undecided: Annotated[
        int, Field(description="Records of its days that wait or are disputed: not in it.")
    ]
    printed: Annotated[PrintedContent | None, Field(description="Null before the issue.")]
    reason: Annotated[str | None, Field(description="Why it was refused or revoked.")]
    open_to: list[CertificateAction]


class CertificateReasonIn(In):
    """Why."""

    reason: Annotated[str, Text(300)]


class PrintIn(In):
    """What only stands on the paper: printed, kept nowhere."""

    id_kind: Annotated[str, Text(20)] | None = None
    id_number: Annotated[str, Text(30, pattern=r"^[0-9A-Za-z()（）\-]+$")] | None = None
