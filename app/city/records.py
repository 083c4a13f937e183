"""Service records as every room writes them: approved by somebody else, told to the member."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from app.city.chance import Chance
from app.city.inbox import Inbox
from app.city.members import Serving
from app.city.rows import Rows
from app.models.record import RecordStatus, ServiceRecord, ServiceRecordStep
from app.records.lifecycle import ADDED


class Done(NamedTuple):
    """What was done: `source` is kind and id of the row behind it."""

    source: tuple[str, UUID]
    community_id: UUID
    category: str
    title: str
    place: str
    served_on: date
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Records:
    """Everybody's records; `minutes` is what they come to."""

    def __init__(self, rows: Rows, chance: Chance, inbox: Inbox) -> None:
        self._rows, self._chance, self._inbox = rows, chance, inbox
        self.minutes = 0

    def add(
        self, who: Serving, done: Done, minutes: int, at: datetime, approved_by_id: UUID
    ) -> None:
        """It stands in his records since then."""
        made = self._chance.id(at)
        kind, source_id = done.source
        self._rows.add(
            ServiceRecord,
            id=made,
            registration_id=who.registration_id,
            member_id=who.member_id,
            person_id=who.person_id,
            employer_id=who.employer_id,
            community_id=done.community_id,
            source_kind=kind,
            source_id=source_id,
            category=done.category,
            title=done.title,
            place=done.place,
            served_on=done.served_on,
            starts_at=done.starts_at,
            ends_at=done.ends_at,
            minutes=minutes,
            approved_minutes=minutes,
            status=RecordStatus.APPROVED,
            approved_by_id=approved_by_id,
            approved_at=at,
            created_at=at,
        )
        self._rows.add(
            ServiceRecordStep,
            id=self._chance.id(at),
            service_record_id=made,
            at=at,
            actor_id=approved_by_id,
            action=ADDED,
            entered=RecordStatus.APPROVED,
            minutes=minutes,
        )
        self.minutes += minutes
        subject = "record", made
        words = {"order": done.title, "hours": f"{minutes / 60:.1f}"}
        self._inbox.tell("record_added", who.person_id, subject, at, **words)
