"""The year's cycle and the member's own words on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from app.core.schemas import Day, In, Out, Text, Whole
from app.models.evaluation import CycleStatus

MOST_WORDS = 200


class CycleIn(In):
    """A year to plan; its days are proposed by the policies."""

    year: Annotated[int, Whole(2000, 2999)]


class CycleChange(In):
    """Other days of a planned cycle; what is left out stays, what follows is laid out anew."""

    version: Annotated[int, Whole(1, 1_000_000)]
    appraisal_from: Day | SkipJsonSchema[None] = None
    appraisal_days: Annotated[int, Whole(1, 60)] | SkipJsonSchema[None] = None
    objection_workdays: Annotated[int, Whole(1, 60)] | SkipJsonSchema[None] = None
    issue_on: Annotated[
        Day | SkipJsonSchema[None], Field(description="Or the next workday after it.")
    ] = None


class CycleBrief(Out):
    """A year's days, local, both ends included."""

    id: UUID
    organization_id: UUID
    year: int
    status: CycleStatus
    facts_close_on: Annotated[date, Field(description="The last day that the year counts.")]
    appraisal_from: date
    appraisal_to: date
    objection_from: Annotated[date, Field(description="Members read their sheets from here on.")]
    objection_to: date
    issue_on: date
    acknowledge_by: Annotated[
        date, Field(description="Employers are asked to by then; the step itself is no day's.")
    ]
    use_by: Annotated[date, Field(description="The year is archived after this day.")]
    due_at: Annotated[datetime | None, Field(description="When the next step is due.")]
    unacknowledged: Annotated[
        int | None,
        Field(description="Summaries without a receipt when the year was archived; null before."),
    ]
    version: int


class CycleStepOut(Out):
    """One step of a cycle; the clock took it where it was nobody's."""

    at: datetime
    action: str
    entered: CycleStatus


class CycleOut(CycleBrief):
    """A year with what has happened so far."""

    steps: list[CycleStepOut]


class SelfReportIn(In):
    """A member's own words about his year."""

    words: Annotated[str, Text(MOST_WORDS)]


class SelfReportOut(Out):
    """What the member has said, or what the system proposes from the facts."""

    cycle_id: UUID
    registration_id: UUID
    words: Annotated[str | None, Field(description="As said; null: nothing yet.")]
    said_at: datetime | None
    proposed: Annotated[str, Field(description="From the facts of the year; may be changed.")]
    is_open: Annotated[bool, Field(description="May be said or changed now.")]
