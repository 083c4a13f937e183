"""Facts about orders and seats."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class OrderMoved(Event):
    """An order took a step; `changed` names the columns that a change touched."""

    name: ClassVar[str] = "order.moved"
    order_id: UUID
    action: str
    status: str
    changed: tuple[str, ...] = ()


class SeatMoved(Event):
    """A seat took a step; `take` is its first."""

    name: ClassVar[str] = "seat.moved"
    seat_id: UUID
    order_id: UUID
    person_id: UUID
    action: str
    status: str


class SeriesMoved(Event):
    """A series of orders took a step; `draft` is its first."""

    name: ClassVar[str] = "order_series.moved"
    series_id: UUID
    action: str
    status: str


class PollMoved(Event):
    """A poll took a step; `ask` is its first."""

    name: ClassVar[str] = "poll.moved"
    poll_id: UUID
    order_id: UUID
    action: str
    status: str


class UnmetWeekEnded(Event):
    """A week is over in which services of a community found nobody."""

    name: ClassVar[str] = "unmet_week.ended"
    unmet_week_id: UUID
    community_id: UUID
