"""What found nobody, on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text


class NoTakerIn(In):
    """Why nobody served, and what is to be done."""

    reason_code: Annotated[str, Text(40), Field(description="Of `no_taker_reasons`.")]
    proposal_code: Annotated[
        Annotated[str, Text(40)] | None,
        Field(description="Of `no_taker_proposals`; left out: what goes with the reason."),
    ] = None


class NoTakerOut(Out):
    """What is said of an order now."""

    id: UUID
    no_taker_reason: str | None
    no_taker_proposal: str | None


class UnmetOrder(Out):
    """One service that found nobody."""

    id: UUID
    number: str
    title: str
    category: str
    community_id: UUID
    community_name: str
    starts_at: datetime
    ends_at: datetime
    seats: int
    skills: list[str]
    difficulty: int
    target: str
    invited: Annotated[int, Field(description="How often somebody was asked in person.")]
    unserved_at: Annotated[datetime, Field(description="When it was known.")]
    reason_code: Annotated[str | None, Field(description="Of `no_taker_reasons`.")]
    reason: Annotated[str | None, Field(description="In words.", examples=["时间不合适"])]
    proposal_code: Annotated[str | None, Field(description="Of `no_taker_proposals`.")]
    proposal: Annotated[str | None, Field(description="In words.", examples=["另定时间"])]


class UnmetFigure(Out):
    """How many services of a kind found nobody for one reason."""

    category: str
    reason_code: str | None
    reason: str | None
    count: int


class UnmetFigures(Out):
    """The week's list in figures, the most frequent first. For help, not for comparison."""

    items: list[UnmetFigure]
