"""Facts about service records."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class RecordMoved(Event):
    """A record was added (`add`), corrected, disputed, upheld or voided."""

    name: ClassVar[str] = "record.moved"
    record_id: UUID
    person_id: UUID | None
    action: str
    status: str
    minutes_before: int
    minutes: int
