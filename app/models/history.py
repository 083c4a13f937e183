"""What every history row of a life holds: nobody edits it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core import clock
from app.core.db import Identified
from app.core.entries import Entry


class History(Entry, Identified):
    """One step of one life; `actor_id` is null where the clock or the house itself took it."""

    at: Mapped[datetime] = mapped_column(default=lambda: clock.now())
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    action: Mapped[str] = mapped_column(String(40))
    left: Mapped[str | None] = mapped_column(String(40))
    entered: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(Text)
