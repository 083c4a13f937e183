"""Figures, and frozen days, weeks and months, on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text
from app.models.statistic import Rhythm


class Figures(Out):
    """Sums of a month, a kind or a period. Null: too few people to be shown, or nothing to divide.

    A need stands in the month in which it was raised, an order in that of its publishing.
    """

    registered: Annotated[int | None, Field(description="At the end; every channel counts.")]
    served: Annotated[int | None, Field(description="Members who served, each once.")]
    services: int | None
    volunteer_minutes: int | None
    work_minutes: Annotated[int | None, Field(description="In working hours, kept apart.")]
    are_people_hidden: Annotated[
        bool, Field(description="Too few people, or others could be computed from these.")
    ]
    needs: Annotated[int, Field(description="Raised.")]
    accepted: int
    solved: int
    partly: int
    unsolved: int
    unanswered: Annotated[int, Field(description="On neither side of the resolution rate.")]
    resolution_percent: Annotated[float | None, Field(description="Solved of answered.")]
    on_behalf: Annotated[int, Field(description="Answers that somebody noted down for a resident.")]
    is_mostly_on_behalf: Annotated[
        bool,
        Field(
            description="More of the answers than `rating.proxy_share_notice_percent`: to be said "
            "beside the rate."
        ),
    ]
    responses: Annotated[int, Field(description="Needs that had a first answer.")]
    in_time: Annotated[int, Field(description="Of these, within `needs.first_answer_workdays`.")]
    in_time_percent: float | None
    response_hours: Annotated[
        int | None, Field(description="Half had the first answer in less than so many hours.")
    ]
    solutions: int
    solution_hours: Annotated[
        int | None, Field(description="Half of the solved were done in less than so many hours.")
    ]
    orders: Annotated[int, Field(description="Published.")]
    orders_taken: int
    orders_unmet: Annotated[int, Field(description="They found nobody.")]


class FiguresLine(Figures):
    """One month, kind or category."""

    group: Annotated[
        str,
        Field(
            description="month, category; by kind: mode, need_kind, need_route, order_size, "
            "unmet_reason.",
            examples=["month"],
        ),
    ]
    key: Annotated[str, Field(examples=["2026-11"])]


class OrganizationFigures(Figures):
    """An organization's figures of a whole period. No rate can be sorted by."""

    organization_id: UUID
    organization_name: str
    organization_kind: str
    headcount: Annotated[
        int | None,
        Field(
            description="Members in service of the employers there, as stated. Null of a community "
            "and below: employers keep who works for them, nobody who lives in a community."
        ),
    ]
    registration_percent: Annotated[
        float | None,
        Field(
            description="Of the headcount; every channel counts. Null of a community and below, "
            "which has no headcount; there `registered` is the figure."
        ),
    ]
    service_percent: Annotated[float | None, Field(description="Served, of registered.")]
    satisfaction: Annotated[
        str, Field(description="A percentage, a band, or words where raters are few.")
    ]
    votes: Annotated[int | None, Field(description="On how many it stands.")]


class StatisticsOut(OrganizationFigures):
    """The same, with its lines."""

    since: date
    until: Annotated[date, Field(description="Last day.")]
    by: str
    lines: list[FiguresLine]


class LayerFeature(Out):
    """One organization of the layer."""

    type: Literal["Feature"]
    id: Annotated[
        str,
        Field(
            description="The division code, to join outlines by; ours where there is none.",
            examples=["320613001000"],
        ),
    ]
    geometry: Annotated[None, Field(description="No organization has a place here.")]
    properties: OrganizationFigures


class LayerOut(Out):
    """A FeatureCollection of RFC 7946; the days of the figures stand beside its features."""

    type: Literal["FeatureCollection"]
    since: date
    until: Annotated[date, Field(description="Last day.")]
    features: Annotated[
        list[LayerFeature],
        Field(description="What stands directly below, in the order of codes and in no other."),
    ]


class CommunityCell(Out):
    """How many of an employer's members are registered in one community now."""

    community_id: UUID
    community_name: str
    registered: int


class TriageNeed(Out):
    """A need, without its resident's words."""

    id: UUID
    number: str
    kind: str
    category: str | None
    is_urgent: bool
    status: str
    created_at: datetime


class ProposedNeed(TriageNeed):
    """It waits for the community's decision."""

    suggested_category: Annotated[
        str | None, Field(description="By the words; nothing follows from it by itself.")
    ]
    proposed_route: Annotated[str | None, Field(description="By its category; a proposal only.")]


class OverdueNeed(TriageNeed):
    """It has waited for its first answer too long, or where it was passed on to."""

    answer_expected_on: date | None


class AskedNeed(TriageNeed):
    """Its resident has not said yet whether it helped."""

    due_at: datetime


class TriageOrder(Out):
    """A service; a confidential one has no title of its own."""

    id: UUID
    number: str
    title: str
    category: str
    starts_at: datetime


class UnmetTriageOrder(TriageOrder):
    """It found nobody."""

    reason_code: Annotated[str | None, Field(description="Of `no_taker_reasons`.")]
    proposal_code: Annotated[str | None, Field(description="Of `no_taker_proposals`.")]


class ComingOrder(TriageOrder):
    """It begins within a week, and people are still missing."""

    seats: int
    taken: int


class DraftOrder(ComingOrder):
    """Nobody sees it yet; the meeting may publish it."""

    target: Annotated[str, Field(description="Of `order_targets`: for whom it is meant.")]


class DecidedNeed(TriageNeed):
    """The community decided about it this week."""

    action: Annotated[str, Field(description="accept, ask_back, refuse, merge.")]
    route: Annotated[str | None, Field(description="Who takes care of it, where accepted.")]
    merged_into_number: str | None
    decided_at: datetime


class TriagePerson(Out):
    """Holds a post or a role in the community or below it; may be ticked as present."""

    id: Annotated[UUID, Field(description="Of the post or role; as `present` of the record.")]
    name: str
    capacity: Annotated[str, Field(examples=["德民社区居委会 社区党组织书记"])]


class TriageOut(Out):
    """The page of the week's meeting; each list holds 300 lines at most."""

    week: Annotated[date, Field(description="Its Monday.")]
    record_id: Annotated[
        UUID | None, Field(description="The week's record, once it is kept: a roll-up.")
    ]
    needs: list[ProposedNeed]
    unmet: Annotated[list[UnmetTriageOrder], Field(description="Since last Monday.")]
    overdue: list[OverdueNeed]
    feedback: Annotated[list[AskedNeed], Field(description="Due within a week.")]
    coming: list[ComingOrder]
    drafts: Annotated[list[DraftOrder], Field(description="Not published yet.")]
    decided: Annotated[list[DecidedNeed], Field(description="Since Monday.")]
    published: Annotated[list[ComingOrder], Field(description="Since Monday.")]
    people: Annotated[list[TriagePerson], Field(description="Who may be ticked as present.")]


class TriageIn(In):
    """What was decided, in short lines that name nobody, and who was present."""

    decisions: Annotated[
        list[Annotated[str, Text(200)]], Field(default_factory=list, max_length=50)
    ]
    present: Annotated[
        list[UUID],
        Field(default_factory=list, max_length=100, description="Of the page's `people`."),
    ]
    guests: Annotated[
        list[Annotated[str, Text(40)]],
        Field(default_factory=list, max_length=20, description="Names of others present."),
    ]


class RollUpBrief(Out):
    """A frozen day, week or month."""

    id: UUID
    organization_id: UUID
    rhythm: Rhythm
    first_on: Annotated[date, Field(description="Its first local day.")]
    text: Annotated[
        str | None, Field(description="Of a month: to send on as it is; it names nobody.")
    ]
    frozen_at: datetime
    sent_at: Annotated[
        datetime | None, Field(description="Of a month: when it went to members and residents.")
    ]


class PresentPerson(Out):
    """Somebody who was present, as he was called that day."""

    name: str
    capacity: Annotated[str | None, Field(description="Organizations and posts; null of a guest.")]


class RollUpOut(RollUpBrief):
    """The same with all it holds."""

    content: Annotated[
        dict[str, Any],
        Field(
            description="Of a day or month: new, settled, solved, published, done, unmet; of a day "
            "due (today, when it was written on time), of a month served, services, "
            "volunteer_minutes, joined where people are enough. Of a week: the page of the triage."
        ),
    ]
    decisions: list[str]
    present: Annotated[list[PresentPerson], Field(description="Of a week.")]


class PrintedSection(Out):
    """One list of the page, a line a row."""

    name: Annotated[str, Field(examples=["待研判"])]
    lines: list[str]


class PrintedRecord(Out):
    """A week's record as it is printed: words only."""

    title: Annotated[str, Field(examples=["德民社区居委会周研判记录"])]
    organization_name: str
    first_on: Annotated[date, Field(description="Its Monday.")]
    last_on: Annotated[date, Field(description="Its Sunday.")]
    present: list[PresentPerson]
    decisions: list[str]
    sections: list[PrintedSection]
    frozen_at: datetime


class OneFigure(Out):
    """What is counted of one of the ten."""

    name: Annotated[str, Field(examples=["网格"])]
    number: int


class OneOut(Out):
    """One of the ten, in the tenant's words."""

    code: Annotated[str, Field(description="Of `ten_ones`.", examples=["annual_plan"])]
    name: str
    assembled_from: str
    figures: Annotated[list[OneFigure], Field(description="What is nothing is left out.")]
    titles: Annotated[list[str], Field(description="The first 24; nobody is named.")]
    more: Annotated[int, Field(description="Titles beyond them.")]
    is_there: bool
    missing: Annotated[str, Field(description="Where it would come from.")]


class TenOnesOut(Out):
    """十个一 of a community and year."""

    community_id: UUID
    community_name: str
    year: int
    ones: list[OneOut]
