"""Random checks of records on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text
from app.models.record import RecordStatus, SampleStatus
from app.records.lifecycle import SampleAction


class DrawOut(Out):
    """One month's random check of a community."""

    id: UUID
    month: Annotated[date, Field(description="Its first day.")]
    seed: Annotated[str, Field(description="Records in the order of SHA-256 of seed and id.")]
    percent: int
    records: Annotated[int, Field(description="How many were approved in the month.")]
    drawn: int
    waiting: Annotated[int, Field(description="Not looked at yet.")]
    wrong: int
    drawn_at: datetime


class SampleLine(Out):
    """A record that was drawn, as who looks into it sees it."""

    id: UUID
    record_id: UUID
    month: date
    community_name: str
    name: Annotated[str, Field(description="Of a protected member a word, but for the secretary.")]
    title: str
    place: str
    served_on: Annotated[date, Field(description="Local day.")]
    minutes: int
    source_kind: str
    record_status: RecordStatus
    status: SampleStatus
    note: str | None
    open_to: Annotated[
        list[SampleAction],
        Field(description="What this reader may find: nothing of what he served or approved."),
    ]


class SampleOut(Out):
    """What was found."""

    id: UUID
    record_id: UUID
    status: SampleStatus
    note: str | None


class AuditIn(In):
    """What was found; of a wrong record, what is wrong."""

    action: SampleAction
    note: Annotated[str, Text(300)] | None = None
