"""Facts about posts and claims."""

from typing import ClassVar
from uuid import UUID

from app.events import Event


class PostMoved(Event):
    """A post took a step."""

    name: ClassVar[str] = "post.moved"
    post_id: UUID
    action: str
    status: str


class ClaimMoved(Event):
    """A claim took a step; `claim` is its first."""

    name: ClassVar[str] = "claim.moved"
    claim_id: UUID
    post_id: UUID
    person_id: UUID
    action: str
    status: str
