"""Facts about service records."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class RecordMoved(Event):
    """A record was added or declared, took a step, or waits for somebody: see `RecordAction`."""

    name: ClassVar[str] = "record.moved"
    record_id: UUID
    person_id: UUID | None
    action: str
    status: str
    minutes_before: int
    minutes: int


class RecordsDrawn(Event):
    """So many records of a month's draw wait for somebody who looks into them."""

    name: ClassVar[str] = "records.drawn"
    draw_id: UUID
    community_id: UUID
    waiting: int


class CertificateMoved(Event):
    """A certificate was asked for, took a step, or waits: see `CertificateAction`."""

    name: ClassVar[str] = "certificate.moved"
    certificate_id: UUID
    person_id: UUID
    action: str
    status: str
