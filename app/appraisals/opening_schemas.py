"""Opening who rated, on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.appraisals.lifecycle import OpeningAction
from app.core.schemas import In, Out, Text
from app.models.appraisal import OpeningSource, OpeningStatus


class OpeningIn(In):
    """Whose raters, of what, and why."""

    registration_id: UUID
    source: OpeningSource
    source_id: Annotated[UUID, Field(description="The order, or the year's cycle.")]
    reason: Annotated[str, Text(500)]


class OpeningReasonIn(In):
    """Why it is not opened."""

    reason: Annotated[str, Text(200)]


class OpeningBrief(Out):
    """A question who rated, without the answer."""

    id: UUID
    registration_id: UUID
    source: OpeningSource
    source_id: UUID
    status: OpeningStatus
    reason: str
    is_mine: Annotated[bool, Field(description="I asked: somebody else has to agree.")]
    created_at: datetime
    due_at: datetime | None


class OpeningOut(OpeningBrief):
    """With the steps that are open to the reader."""

    open_to: list[OpeningAction]


class OpeningMovedOut(Out):
    """Where it stands after a step."""

    id: UUID
    status: OpeningStatus
    due_at: datetime | None


class OpenedRater(Out):
    """Who rated, and what."""

    name: str
    answer: str
    given_at: datetime


class OpenedOut(Out):
    """The raters that were opened; each of them is told."""

    raters: list[OpenedRater]
