"""Service records on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Flag, In, Moment, Out, Text, Whole
from app.models.record import RecordStatus
from app.records.lifecycle import RecordAction

Version = Annotated[int, Whole(1, 1_000_000), Field(description="As it was read.")]


class RecordOut(Out):
    """One service of one member."""

    id: UUID
    title: Annotated[str, Field(description="The community's name of it, or what was declared.")]
    category: str
    place: str
    served_on: Annotated[date, Field(description="Local day.")]
    minutes: Annotated[int, Field(description="Whole minutes, confirmed by staff.")]
    is_work_time: Annotated[bool, Field(description="Stands apart from volunteer hours.")]
    status: RecordStatus
    reason: Annotated[
        str | None, Field(description="Why it is not approved: the last reason that was given.")
    ]


class RecordLine(RecordOut):
    """A record as the community's staff see it, with who served."""

    name: Annotated[str, Field(description="Of a protected member a word, but for the secretary.")]
    source_kind: Annotated[str, Field(examples=["order", "post", "shift", "declared"])]
    starts_at: datetime | None
    ends_at: datetime | None
    proposed_minutes: Annotated[
        int | None, Field(description="A correction that waits for a second person.")
    ]
    version: int
    open_to: list[RecordAction]


class RecordMovedOut(Out):
    """Where a record stands after a step."""

    id: UUID
    minutes: int
    proposed_minutes: int | None
    status: RecordStatus
    version: int


class TotalsOut(Out):
    """All of my services together; no comparison with anybody."""

    services: int
    minutes: int
    work_time_minutes: int


class DeclareIn(In):
    """What I did, and when."""

    category: Annotated[
        str,
        Text(60),
        Field(description="Of `post_categories`.", examples=["culture_civility"]),
    ]
    title: Annotated[str, Text(60)]
    place: Annotated[str, Text(100)]
    starts_at: Moment
    ends_at: Annotated[Moment, Field(description="Past, and at most 24 hours after the begin.")]
    minutes: Annotated[int, Whole(1, 1_440)]
    is_work_time: Annotated[
        Flag, Field(description="Served with the employer in working hours: stands apart.")
    ] = False


class ApproveRecordIn(In):
    """The minutes to approve; none given: as declared."""

    minutes: Annotated[int, Whole(1, 1_440)] | None = None


class CorrectIn(In):
    """The right minutes, and why."""

    minutes: Annotated[int, Whole(0, 1_440)]
    reason: Annotated[str, Text(300)]
    version: Version


class ConfirmCorrectionIn(In):
    """What the second person agrees to: the record as he has read it."""

    version: Version


class RecordReasonIn(In):
    """Why."""

    reason: Annotated[str, Text(300)]
