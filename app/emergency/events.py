"""Facts about call-ups, the seats of their shifts, and teams that form for these."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class CallUpMoved(Event):
    """A call-up took a step; `activate` calls the members."""

    name: ClassVar[str] = "call_up.moved"
    call_up_id: UUID
    action: str
    status: str


class ShiftSeatMoved(Event):
    """A seat on a shift took a step; `claim` or `name` is its first."""

    name: ClassVar[str] = "shift_seat.moved"
    shift_seat_id: UUID
    shift_id: UUID
    person_id: UUID
    action: str
    status: str


class ShiftTeamMoved(Event):
    """A team took a step; `start` is its first. `person_id`: whom alone it concerns."""

    name: ClassVar[str] = "shift_team.moved"
    shift_team_id: UUID
    shift_id: UUID
    person_id: UUID | None
    action: str
    status: str
