"""Facts of the yearly evaluation. None says who rated, whom or what."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class CycleMoved(Event):
    """A year's cycle was planned, took a step, or reminds of its next."""

    name: ClassVar[str] = "evaluation_cycle.moved"
    cycle_id: UUID
    organization_id: UUID
    year: int
    action: str
    status: str


class OpeningMoved(Event):
    """It was asked who rated a member; somebody agreed or refused, or the raters were looked at."""

    name: ClassVar[str] = "rater_opening.moved"
    opening_id: UUID
    action: str
    status: str
