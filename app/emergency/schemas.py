"""Call-ups, replies, shifts on the wire. Phones go through the call list only, logged."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Flag, In, Moment, Out, Text, Whole
from app.emergency.lifecycle import CallUpAction, ShiftSeatAction, ShiftTeamAction
from app.models.emergency import CallUpStatus, ShiftSeatStatus
from app.models.shift_team import TeamStatus

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


class ShiftIn(In):
    """A stretch of duty with seats."""

    duty: Annotated[str, Text(40), Field(description="Of `emergency.duties`.")]
    starts_at: Moment
    ends_at: Moment
    seats: Annotated[int, Whole(1, 200)]
    place: Annotated[
        Annotated[str, Text(60)] | None, Field(description="Left out: where people gather.")
    ] = None
    meals: Annotated[
        Annotated[str, Text(100)] | None, Field(description="What is provided, and when.")
    ] = None
    insurance: Annotated[
        Annotated[str, Text(100)] | None, Field(description="Who insures those on it.")
    ] = None


class GroupBlockIn(In):
    """A whole shift for a group (小组认领)."""

    group_id: Annotated[UUID, Field(description="A functional group that the caller leads.")]


class EmployerBlockIn(In):
    """A whole shift for a paired employer (单位认领)."""

    employer_id: UUID


class ShiftNamesIn(In):
    """Who comes, of the members of who holds the block; each is asked and may decline."""

    registration_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]


class TeamIn(In):
    """A team for a shift (组团认领)."""

    wanted: Annotated[int, Whole(2, 200), Field(description="Who starts it is one of them.")]


class TeamMergeIn(In):
    """All of my team go over into another one of the same shift."""

    into_id: UUID


class ShiftAnswerIn(In):
    """Who was named says whether he comes."""

    comes: Flag


class MissedIn(In):
    """Who did not come, and why."""

    seat_id: UUID
    reason_code: Annotated[
        Annotated[str, Text(40)] | None,
        Field(description="Of `absence_excuses`; left out: without a reason that is known."),
    ] = None


class RelievedIn(In):
    """Whose duty ended early because somebody takes over; his place is free again."""

    seat_id: UUID
    handover: Annotated[
        Annotated[str, Text(300)] | None, Field(description="Told to who takes over.")
    ] = None


class ShiftAttendanceIn(In):
    """The organiser's list: everybody in one call."""

    present: Annotated[
        list[UUID], Field(default_factory=list, max_length=200, description="Seats.")
    ]
    absent: Annotated[list[MissedIn], Field(default_factory=list, max_length=200)]
    relieved: Annotated[list[RelievedIn], Field(default_factory=list, max_length=200)]


class ServedIn(In):
    """One member's minutes where they differ from the shift's own."""

    seat_id: UUID
    minutes: Annotated[int, Whole(1, 1_440)]


class ShiftMinutesIn(In):
    """The shift is over: minutes are its own time unless said otherwise."""

    minutes: Annotated[int, Whole(1, 1_440)] | None = None
    exceptions: Annotated[list[ServedIn], Field(default_factory=list, max_length=200)]


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


class ShiftOut(Out):
    """One shift."""

    id: UUID
    duty: str
    place: str
    starts_at: datetime
    ends_at: datetime
    seats: int
    taken: int
    is_open: bool
    holder_id: UUID | None
    holder_name: Annotated[
        str | None, Field(description="The group or employer that took the whole shift.")
    ]
    meals: str | None
    insurance: str | None
    my_seat_id: UUID | None


class ShiftTakenOut(Out):
    """Where a shift stands after a step."""

    id: UUID
    seats: int
    taken: int
    is_open: bool
    holder_id: UUID | None


class TeamOut(Out):
    """A team as it stands after a step."""

    id: UUID
    shift_id: UUID
    wanted: int
    members: int
    status: TeamStatus


class TeamLine(TeamOut):
    """One team of a shift."""

    leader_name: Annotated[str, Field(description="Masked.", examples=["张**"])]
    lapses_at: Annotated[
        datetime | None, Field(description="If it is not enough by then; null: it forms no more.")
    ]
    is_mine: Annotated[bool, Field(description="I am in it.")]
    open_to: list[ShiftTeamAction]


class TeamMemberLine(Out):
    """One who is in a team, for the others and for the organiser."""

    id: UUID
    name: Annotated[str, Field(description="Masked.", examples=["张**"])]
    joined_at: datetime
    is_leader: bool


class ShiftSeatOut(Out):
    """A seat on a shift."""

    id: UUID
    shift_id: UUID
    status: ShiftSeatStatus


class ShiftSeatLine(Out):
    """Who has a seat on a shift, for the organiser and for who holds the block."""

    id: UUID
    name: Annotated[str, Field(description="A protected member's is for the secretary only.")]
    status: ShiftSeatStatus
    minutes: int | None
    handover: str | None


class MyShiftSeat(ShiftSeatOut):
    """One of my seats with its shift."""

    call_up_id: UUID
    title: str
    duty: str
    place: str
    starts_at: datetime
    ends_at: datetime
    meals: str | None
    insurance: str | None
    minutes: int | None
    open_to: list[ShiftSeatAction]
