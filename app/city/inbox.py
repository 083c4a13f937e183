"""Inboxes: what people were told in the last months, most of it read.

The facts that it was told of are gone from the outbox, as facts are that were told long ago.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.city.chance import Chance
from app.city.rows import Rows
from app.models.report import Notification
from app.notifications.service import say

KEPT = timedelta(days=120)
STALE = timedelta(days=4)  # what is older was read, or never will be
READ, READ_SOON = 0.85, 0.3


class Inbox:
    """Tells people, in the tenant's words; `facts` counts what was told of."""

    def __init__(
        self, rows: Rows, chance: Chance, forms: Mapping[str, Mapping[str, Any]], now: datetime
    ) -> None:
        self._rows, self._chance, self._forms, self._now = rows, chance, forms, now
        self.facts = 0

    def tell(
        self,
        message: str,
        person_id: UUID | None,
        subject: tuple[str, UUID],
        at: datetime,
        **words: object,
    ) -> None:
        """A line in the person's inbox, if that is in these months and past."""
        if person_id is None or not self._now - KEPT <= at < self._now:
            return
        self.facts += 1
        form = self._forms[message]
        filled = defaultdict(lambda: "—", {name: say(word) for name, word in words.items()})
        age = self._now - at
        is_read = self._chance.roll() < (READ if age > STALE else READ_SOON)
        self._rows.add(
            Notification,
            id=self._chance.id(at),
            outbox_id=self.facts,
            person_id=person_id,
            message=message,
            title=form["title"],
            text=form["text"].format_map(filled),
            subject_kind=subject[0],
            subject_id=subject[1],
            created_at=at,
            read_at=at + age * self._chance.roll() if is_read else None,
        )
