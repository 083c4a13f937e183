"""Stored plans for call-ups (应急预案) on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from app.core.schemas import Flag, In, Moment, Out, Text, Whole
from app.emergency.schemas import (
    PHONE,
    MeetingPointOut,
    PlanPostOut,
)

AFTER = "After the gathering, in minutes."
WITHIN = "People gather so many minutes after the call-up is drafted, unless a time is said."
FIRST = "The first is where people gather unless another is said."


class MeetingPointIn(In):
    """Where people of an area gather."""

    place: Annotated[str, Text(60)]
    note: Annotated[str, Text(100)] | None = None


class PlanPostIn(In):
    """One post of a plan: so many people, in shifts that follow each other."""

    duty: Annotated[str, Text(40), Field(description="Of `emergency.duties`.")]
    place: Annotated[
        Annotated[str, Text(60)] | None, Field(description="Left out: where people gather.")
    ] = None
    seats: Annotated[int, Whole(1, 200)]
    begins_after: Annotated[int, Whole(0, 10_080), Field(description=AFTER)] = 0
    minutes: Annotated[int, Whole(30, 1_440), Field(description="Of one shift.")]
    shifts: Annotated[int, Whole(1, 28), Field(description="One after the other.")] = 1
    meals: Annotated[str, Text(100)] | None = None
    insurance: Annotated[str, Text(100)] | None = None


class PlanIn(In):
    """What a community, subdistrict or district has ready."""

    kind: Annotated[str, Text(40), Field(description="Of `emergency.kinds`.")]
    level: Annotated[str, Text(40), Field(description="Of `emergency.levels`.")]
    title: Annotated[str, Text(30)]
    text: Annotated[str, Text(500)]
    contact_phone: Annotated[str, Text(20, pattern=PHONE)] | None = None
    gather_within: Annotated[int, Whole(5, 10_080), Field(description=WITHIN)] = 60
    meeting_points: Annotated[
        list[MeetingPointIn], Field(min_length=1, max_length=20, description=FIRST)
    ]
    posts: Annotated[list[PlanPostIn], Field(min_length=1, max_length=20)]


class PlanChange(In):
    """What is otherwise from now on; left out is left as it is. Call-ups made before stay as they are."""

    version: Annotated[int, Whole(1, 1_000_000)]
    level: Annotated[str, Text(40)] | SkipJsonSchema[None] = None
    title: Annotated[str, Text(30)] | SkipJsonSchema[None] = None
    text: Annotated[str, Text(500)] | SkipJsonSchema[None] = None
    contact_phone: Annotated[str, Text(20, pattern=PHONE)] | None = None
    gather_within: Annotated[int, Whole(5, 10_080)] | SkipJsonSchema[None] = None
    meeting_points: (
        Annotated[list[MeetingPointIn], Field(min_length=1, max_length=20)] | SkipJsonSchema[None]
    ) = None
    posts: (
        Annotated[list[PlanPostIn], Field(min_length=1, max_length=20)] | SkipJsonSchema[None]
    ) = None
    is_current: Annotated[
        Flag | SkipJsonSchema[None], Field(description="False: nothing is called from it any more.")
    ] = None

    @field_validator(
        "level",
        "title",
        "text",
        "gather_within",
        "meeting_points",
        "posts",
        "is_current",
        mode="before",
    )
    @classmethod
    def _is_said(cls, value: Any) -> Any:
        """Only a phone can be taken away."""
        if value is None:
            raise PydanticCustomError("value_required", "不能为空")
        return value


class PlanCallIn(In):
    """One tap: everything is the plan's unless it is said otherwise."""

    organization_id: Annotated[
        UUID | None,
        Field(description="The community or subdistrict that calls; left out: the plan's own."),
    ] = None
    level: Annotated[str, Text(40)] | None = None
    gather_at: Moment | None = None
    meeting_point: Annotated[int, Whole(1, 20), Field(description="Which one, from 1 on.")] = 1
    targets: Annotated[
        list[UUID],
        Field(default_factory=list, max_length=100, description="As of a call-up drafted by hand."),
    ]


class PlanBrief(Out):
    """One line of the plans that an organization may call from: its own, and those above it."""

    id: UUID
    organization_id: UUID
    kind: str
    level: str
    title: str
    is_current: bool
    version: int
    updated_at: datetime


class PlanOut(PlanBrief):
    """One plan."""

    text: str
    contact_phone: str | None
    gather_within: Annotated[int, Field(description=WITHIN)]
    meeting_points: list[MeetingPointOut]
    posts: list[PlanPostOut]
    may_change: bool


class PlanKeptOut(Out):
    """Where a plan stands after a step."""

    id: UUID
    version: int
    is_current: bool
