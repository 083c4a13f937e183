"""Polls on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Moment, Out
from app.models.poll import PollChoice, PollStatus


class PollIn(In):
    """Whose members are asked, and until when."""

    organization_id: Annotated[
        UUID, Field(description="The community itself, or a branch, a group, an employer.")
    ]
    closes_at: Annotated[
        Moment | None,
        Field(description="Not after the begin; left out: as policy says, at most until then."),
    ] = None


class PollAnswerIn(In):
    """Whether I can come."""

    answer: PollChoice


class PollNamesIn(In):
    """Who comes, of those who said yes."""

    registration_ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class PollMovedOut(Out):
    """A poll after a step."""

    id: UUID
    order_id: UUID
    organization_id: UUID
    status: PollStatus
    asked: Annotated[int, Field(description="How many.")]
    closes_at: datetime


class PollLine(PollMovedOut):
    """One poll of an order."""

    organization_name: str
    my_answer: Annotated[PollChoice | None, Field(description="Null: not answered, or not asked.")]


class PollOut(PollLine):
    """A poll with its service and how many can come."""

    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    yes: int
    maybe: int
    no: int
    can_answer: Annotated[bool, Field(description="I am asked, and the time is not over.")]
    can_run: Annotated[bool, Field(description="I may close it and name people.")]


class PollAnswerOut(Out):
    """My answer; it promises nothing yet."""

    poll_id: UUID
    answer: PollChoice | None


class PollAnswerLine(Out):
    """One who was asked."""

    id: Annotated[UUID, Field(description="Of the registration.")]
    name: str | None
    answer: PollChoice | None
    can_come: Annotated[bool, Field(description="Free at that time still. Why not, is not said.")]


class PollNamedOut(Out):
    """The seats that were offered; each may be declined."""

    seat_ids: list[UUID]
