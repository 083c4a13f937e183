"""Panels, paper counts and how far an appraisal has come, on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text, Whole
from app.models.appraisal import BallotWay, Panel
from app.models.evaluation import CycleStatus

MOST_RATERS = 100
MOST_LINES = 500
MOST_BALLOTS = 100

Ballots = Annotated[int, Whole(0, MOST_BALLOTS)]


class RaterIn(In):
    """One rater: by his post, or by name, with a phone if he answers online."""

    appointment_id: UUID | None = None
    name: Annotated[str, Text(30)] | None = None
    phone: Annotated[str, Text(11, 11, r"^1[3-9][0-9]{9}$")] | None = None
    area_id: Annotated[
        UUID | None,
        Field(description="The functional group whose members a resident representative rates."),
    ] = None
    way: BallotWay = BallotWay.ONLINE


class RatersIn(In):
    """Raters to add to one panel."""

    panel: Panel
    raters: Annotated[list[RaterIn], Field(min_length=1, max_length=MOST_RATERS)]


class RatersOut(Out):
    """The raters that were added, in their order."""

    rater_ids: list[UUID]


class RaterOut(Out):
    """A rater as the secretary reads him; never what he answered."""

    id: UUID
    name: str
    way: BallotWay
    area_id: UUID | None
    area_name: str | None
    is_known: Annotated[bool, Field(description="Can sign in, or needs not: on paper.")]


class ProposedRater(Out):
    """Somebody whose post fits the panel."""

    appointment_id: UUID
    name: str
    post: str
    area_id: UUID | None
    area_name: str | None


class Shortage(Out):
    """What a panel lacks; in one area, or as a whole."""

    area_id: UUID | None
    area_name: str | None
    wanted: int
    named: int
    is_of_paper: Annotated[
        bool, Field(description="So few ballots on paper are no secret: name more, or go online.")
    ]


class PanelOut(Out):
    """One panel of a community."""

    panel: Panel
    name: str
    least: int
    raters: list[RaterOut]
    proposed: list[ProposedRater]
    short_of: list[Shortage]


class PanelsOut(Out):
    """A community's panels of a year."""

    cycle_id: UUID
    community_id: UUID
    status: CycleStatus
    appraisal_from: date
    appraisal_to: date
    panels: list[PanelOut]


class PanelProgress(Out):
    """How many of how many have answered: never about whom, never what."""

    panel: Panel
    name: str
    online: int
    answered: int
    on_paper: int
    lines_counted: Annotated[int, Field(description="Members whom somebody has counted.")]
    lines_agreed: Annotated[int, Field(description="Where two have found the same.")]


class ProgressOut(Out):
    """How far the appraisal of a community has come."""

    status: CycleStatus
    appraisal_to: date
    panels: list[PanelProgress]


class CountLineIn(In):
    """The totals of one member, as one counter found them on the ballots."""

    registration_id: UUID
    satisfied: Ballots
    fair: Ballots
    unsatisfied: Ballots
    unknown: Ballots = 0


class CountsIn(In):
    """One counter's totals of one panel; a line that he has entered before is replaced."""

    panel: Panel
    lines: Annotated[list[CountLineIn], Field(min_length=1, max_length=MOST_LINES)]


class BallotTotals(Out):
    """Ballots by answer."""

    satisfied: int
    fair: int
    unsatisfied: int
    unknown: int


class CountLineOut(Out):
    """One member of a panel's paper list; the other's totals only where both have entered theirs."""

    registration_id: UUID
    name: str
    grid_name: str | None
    group_name: str | None
    ballots_at_most: int
    mine: BallotTotals | None
    other: BallotTotals | None
    is_agreed: bool
    is_different: bool


class CountsOut(Out):
    """A panel's paper list as one counter reads it."""

    panel: Panel
    lines: list[CountLineOut]
