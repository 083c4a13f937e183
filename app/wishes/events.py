"""Facts about wishes."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class WishMoved(Event):
    """A wish took a step, and with it the claim that is named."""

    name: ClassVar[str] = "wish.moved"
    wish_id: UUID
    wish_claim_id: UUID | None
    requester_id: UUID | None
    action: str
    status: str
