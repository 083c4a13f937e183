"""Facts about needs and the residents' answers."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class NeedMoved(Event):
    """A need took a step; `submit` is its first."""

    name: ClassVar[str] = "need.moved"
    need_id: UUID
    requester_id: UUID | None
    action: str
    status: str


class AcceptanceMoved(Event):
    """A resident was asked, answered, or stayed silent. `order_id`: the order that served."""

    name: ClassVar[str] = "acceptance.moved"
    acceptance_id: UUID
    need_id: UUID
    order_id: UUID | None
    action: str
    status: str
