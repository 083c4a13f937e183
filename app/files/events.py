"""Facts about photos."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class FileMoved(Event):
    """A photo took a step; `upload` is its first. `attach` leaves the status as it is."""

    name: ClassVar[str] = "file.moved"
    file_id: UUID
    owner_id: UUID
    action: str
    status: str
