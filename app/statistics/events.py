"""Facts about frozen days, weeks and months."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class RollUpMade(Event):
    """A day or a month of a community is written; `rhythm`: day or month."""

    name: ClassVar[str] = "roll_up.made"
    roll_up_id: UUID
    organization_id: UUID
    rhythm: str
