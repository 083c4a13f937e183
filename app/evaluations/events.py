"""Facts about items, objections, talks and commendations: ids and words, nothing of what was said."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class NegativeItemMoved(Event):
    """An item of the negative list took a step."""

    name: ClassVar[str] = "negative_item.moved"
    negative_item_id: UUID
    action: str
    status: str


class ObjectionMoved(Event):
    """An objection took a step; `registration_id` and `period_to` say whose sheet it is about."""

    name: ClassVar[str] = "objection.moved"
    objection_id: UUID
    registration_id: UUID
    action: str
    status: str


class TalkMoved(Event):
    """A talk took a step; heard by the two people it is between."""

    name: ClassVar[str] = "talk.moved"
    talk_id: UUID
    action: str
    status: str


class CommendationMoved(Event):
    """A commendation took a step."""

    name: ClassVar[str] = "commendation.moved"
    commendation_id: UUID
    action: str
    status: str
