"""What the clock of the notifications says."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from app.events import Event


class ReminderDue(Event):
    """Somebody is reminded, once for this due time; `kind` as in `reminders`."""

    name: ClassVar[str] = "reminder.due"
    kind: str
    subject_id: UUID
    due_at: datetime
