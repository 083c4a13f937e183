"""Shifts, their seats, and teams for them on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Flag, In, Moment, Out, Text, Whole
from app.emergency.lifecycle import ShiftSeatAction, ShiftTeamAction
from app.models.emergency import ShiftSeatStatus
from app.models.shift_team import TeamStatus

COARSE = "In hundredths of a degree; nothing finer is taken."


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


class CheckInIn(In):
    """Where I am, to about a kilometre: only where the district requires it for this call-up."""

    latitude: Annotated[int, Whole(-9_000, 9_000), Field(description=COARSE)]
    longitude: Annotated[int, Whole(-18_000, 18_000), Field(description=COARSE)]


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


class CheckInLine(Out):
    """Where one who has a seat was, or why that is not known; the look was logged."""

    id: UUID
    shift_seat_id: UUID
    name: Annotated[str, Field(description="A protected member's is for the secretary only.")]
    latitude: Annotated[int | None, Field(description="In hundredths of a degree.")]
    longitude: Annotated[int | None, Field(description="In hundredths of a degree.")]
    reason: Annotated[str | None, Field(description="Why there is none, as staff entered it.")]
    noted_at: datetime


class ShiftSeatLine(Out):
    """Who has a seat on a shift, for the organiser and for who holds the block."""

    id: UUID
    name: Annotated[str, Field(description="A protected member's is for the secretary only.")]
    status: ShiftSeatStatus
    minutes: int | None
    handover: str | None


class ShiftNominee(Out):
    """One whom the holder of a block may name."""

    id: Annotated[UUID, Field(description="Of the registration.")]
    name: str
    reply: Annotated[
        str | None, Field(description="To the call-up; null: not called, or not answered yet.")
    ]


class MyShiftSeat(ShiftSeatOut):
    """One of my seats with its shift."""

    call_up_id: UUID
    title: str
    duty: str
    place: str
    location_reason: Annotated[
        str | None, Field(description="Why I am asked to check in; null: no location is taken.")
    ]
    starts_at: datetime
    ends_at: datetime
    meals: str | None
    insurance: str | None
    minutes: int | None
    open_to: list[ShiftSeatAction]
