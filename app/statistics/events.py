"""Facts about frozen days, weeks and months."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class RollUpSent(Event):
    """The text of a month goes to the members and residents of its community."""

    name: ClassVar[str] = "roll_up.sent"
    roll_up_id: UUID
    organization_id: UUID


class RollUpMade(Event):
    """A day or a month of a community is written; `rhythm`: day or month."""

    name: ClassVar[str] = "roll_up.made"
    roll_up_id: UUID
    organization_id: UUID
    rhythm: str
