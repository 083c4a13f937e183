"""Service records on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text, Whole
from app.models.order import RecordStatus


class RecordOut(Out):
    """One service of one member."""

    id: UUID
    title: Annotated[str, Field(description="The community's name of it.")]
    category: str
    place: str
    served_on: Annotated[date, Field(description="Local day.")]
    minutes: Annotated[int, Field(description="Whole minutes, confirmed by staff.")]
    is_work_time: Annotated[bool, Field(description="Stands apart from volunteer hours.")]
    status: RecordStatus


class RecordMovedOut(Out):
    """Where a record stands after a step."""

    id: UUID
    minutes: int
    status: RecordStatus


class TotalsOut(Out):
    """All of my services together; no comparison with anybody."""

    services: int
    minutes: int
    work_time_minutes: int


class CorrectIn(In):
    """The right minutes, and why."""

    minutes: Annotated[int, Whole(0, 1_440)]
    reason: Annotated[str, Text(300)]


class RecordReasonIn(In):
    """Why."""

    reason: Annotated[str, Text(300)]
