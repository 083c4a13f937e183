"""Call-ups and replies on the wire. Phones go through the call list only, logged."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Moment, Out, Text
from app.emergency.lifecycle import CallUpAction
from app.models.emergency import CallUpStatus

PHONE = r"^[0-9+\- ]{5,20}$"


class CallUpIn(In):
    """A draft: nobody is called before it is approved."""

    kind: Annotated[str, Text(40), Field(description="Of `emergency.kinds`.")]
    level: Annotated[str, Text(40), Field(description="Of `emergency.levels`.")]
    title: Annotated[str, Text(30), Field(description="The task, in a few words.")]
    text: Annotated[str, Text(500)]
    place: Annotated[str, Text(60), Field(description="Where people gather.")]
    gather_at: Moment
    targets: Annotated[
        list[UUID],
        Field(
            default_factory=list,
            max_length=100,
            description="Grids, functional branches or groups, communities; empty: everybody.",
        ),
    ]
    contact_phone: Annotated[
        Annotated[str, Text(20, pattern=PHONE)] | None,
        Field(description="Of the duty desk, told to everybody called."),
    ] = None


class CallUpReasonIn(In):
    """Why."""

    reason: Annotated[str, Text(300)]


class ReviewIn(In):
    """What was learned; the call-up is closed with it."""

    text: Annotated[str, Text(2_000)]


class CallUpReplyIn(In):
    """What a member answers, or says on the phone."""

    reply: Annotated[str, Text(40), Field(description="Of `emergency.replies`.")]


class CallUpBrief(Out):
    """One line of an organization's call-ups."""

    id: UUID
    kind: str
    level: str
    is_emergency: Annotated[bool, Field(description="A city campaign is none.")]
    title: str
    place: str
    gather_at: datetime
    status: CallUpStatus


class MyCallUp(CallUpBrief):
    """One call-up that calls me, with my answer."""

    text: str
    contact_phone: str | None
    reply_until: datetime | None
    location_reason: Annotated[
        str | None,
        Field(description="Why the district requires the location this once; null: it does not."),
    ]
    reply_id: UUID
    reply: Annotated[str | None, Field(description="Null: not answered yet.")]


class MeetingPointOut(Out):
    """Where people of an area gather."""

    place: str
    note: str | None


class PlanPostOut(Out):
    """One post of a plan."""

    duty: str
    place: str | None
    seats: int
    begins_after: Annotated[int, Field(description="After the gathering, in minutes.")]
    minutes: int
    shifts: int
    meals: str | None
    insurance: str | None


class PlanCopyOut(Out):
    """The plan as it stood when the call-up was made from it."""

    plan_id: UUID
    version: int
    title: str
    meeting_points: list[MeetingPointOut]
    posts: list[PlanPostOut]


class CallUpOut(CallUpBrief):
    """One call-up."""

    organization_id: UUID
    organization_name: str
    targets: list[UUID]
    text: str
    contact_phone: str | None
    approvals: Annotated[int, Field(description="So many have approved it; two in the end.")]
    approvals_needed: Annotated[int, Field(description="Before members are called.")]
    approve_until: Annotated[
        datetime | None, Field(description="The second approval; else it is stood down.")
    ]
    activated_at: datetime | None
    reply_until: datetime | None
    stood_down_at: datetime | None
    review: str | None
    location_reason: str | None
    made_from: Annotated[PlanCopyOut | None, Field(description="Null: it was drafted by hand.")]
    my_reply_id: UUID | None
    may_approve: bool
    open_to: list[CallUpAction]


class CallUpMovedOut(Out):
    """Where a call-up stands after a step."""

    id: UUID
    status: CallUpStatus


class ReplyOut(Out):
    """An answer as it stands."""

    id: UUID
    reply: str
    replied_at: datetime


class ReplyCount(Out):
    """How many gave one answer."""

    reply: str
    name: Annotated[str, Field(description="In words.", examples=["在单位值守"])]
    members: int


class RollCallOut(Out):
    """The roll-call (点名): who was not reached stands apart from who cannot come."""

    called: int
    not_reached: Annotated[int, Field(description="No answer yet, from himself or by phone.")]
    replies: Annotated[list[ReplyCount], Field(description="Every answer there is, also with 0.")]


class CalledLine(Out):
    """One member who was called, for the organiser."""

    id: Annotated[UUID, Field(description="Of the reply.")]
    name: Annotated[str, Field(description="A protected member's is for the secretary only.")]
    reply: Annotated[str | None, Field(description="Null: not reached.")]
    replied_at: datetime | None
    is_by_phone: Annotated[bool, Field(description="Somebody else marked the answer.")]


class CallListLine(CalledLine):
    """One member to call; the look was logged, and he can see it."""

    phone: str | None
