"""What follows from a year, on the wire. No score, no grade, no rank."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Day, Flag, In, Moment, Out, Text
from app.evaluations.lifecycle import (
    CommendationAction,
    NegativeAction,
    ObjectionAction,
    TalkAction,
)
from app.models.commendation import CommendationKind, CommendationStatus
from app.models.negative_item import NegativeItemStatus
from app.models.objection import ObjectionKind, ObjectionStatus
from app.models.suggestion import Advice, SuggestionStatus
from app.models.talk import TalkStatus

MOST_AT_ONCE = 300
OF_PERIOD = "A local day; both ends belong to the period."


class EvaluationReasonIn(In):
    """Why; whom it concerns reads it."""

    reason: Annotated[str, Text(300)]


class EvaluationWordsIn(In):
    """In somebody's own words; sealed."""

    words: Annotated[str, Text(500)]


class SuggestIn(In):
    """The period whose facts propose."""

    period_from: Annotated[Day, Field(description=OF_PERIOD, examples=["2025-12-01"])]
    period_to: Annotated[Day, Field(description=OF_PERIOD, examples=["2026-11-30"])]


class SuggestedOut(Out):
    """For how many members something is proposed."""

    members: int


class DecisionIn(In):
    """What a person decides of one suggestion; milder than proposed, or the same."""

    suggestion_id: UUID
    decided: Advice


class DecideIn(In):
    """Many at once."""

    decisions: Annotated[list[DecisionIn], Field(min_length=1, max_length=MOST_AT_ONCE)]


class SuggestionOut(Out):
    """One suggestion: what the facts propose, and what a person has decided."""

    id: UUID
    registration_id: UUID
    period_from: date
    period_to: date
    proposed: Advice
    reasons: Annotated[list[str], Field(description="Each rule that spoke, with its figures.")]
    phrases: Annotated[
        list[str],
        Field(description="Codes of `opinion_phrases.community` that fit, the first to be shown."),
    ]
    status: SuggestionStatus
    decided: Advice | None
    decided_at: datetime | None


class DecidedOut(Out):
    """The suggestions after the decision."""

    items: list[SuggestionOut]


class SuggestionLine(SuggestionOut):
    """One member of the list."""

    member_name: str


class SuggestionList(Out):
    """Everybody of the community, by the strokes of the name; never by value."""

    items: list[SuggestionLine]


class AllegationIn(In):
    """What one person says of a member; another has to agree before the member is asked."""

    code: Annotated[
        str,
        Text(60),
        Field(description="Of `negative_list.items`.", examples=["unsafe_conduct"]),
    ]
    happened_on: Annotated[Day, Field(description="The local day; within a year.")]
    facts: Annotated[str, Text(1000), Field(description="Sealed.")]
    evidence: Annotated[
        str, Text(1000), Field(description="What can be checked; a tip without a name is none.")
    ]


class NegativeItemBrief(Out):
    """One line of a list of items."""

    id: UUID
    registration_id: UUID
    member_name: str
    community_name: str
    code: str
    happened_on: date
    status: NegativeItemStatus
    due_at: Annotated[datetime | None, Field(description="The end of this step's time.")]


class NegativeItemMovedOut(Out):
    """The item after a step."""

    id: UUID
    code: str
    happened_on: date
    status: NegativeItemStatus
    due_at: datetime | None


class NegativeItemOut(NegativeItemBrief):
    """One item; the employer's secretary reads its code and day only."""

    facts: str | None
    evidence: str | None
    answer: str | None
    reason: Annotated[
        str | None, Field(description="Why it was dropped, or decided after an objection.")
    ]
    is_unanswered: Annotated[bool, Field(description="未作答: the member's time went by.")]
    asked_at: datetime | None
    reviewed_at: datetime | None
    upheld_at: datetime | None
    open_to: Annotated[list[NegativeAction], Field(description="Steps this reader may take now.")]


class ObjectionDecisionIn(In):
    """What the subdistrict, or after it the district, decides."""

    is_granted: Flag
    reason: Annotated[str, Text(300), Field(description="The member and his sheet read it.")]


class ObjectionMovedOut(Out):
    """The objection after a step."""

    id: UUID
    kind: ObjectionKind
    subject_id: UUID
    status: ObjectionStatus
    due_at: datetime | None


class ObjectionBrief(ObjectionMovedOut):
    """One line of a list of objections."""

    member_name: str
    community_name: str
    period_from: date
    period_to: date


class ObjectionOut(ObjectionBrief):
    """One objection, with what was said to it."""

    words: str | None
    answer: str | None
    answered_at: datetime | None
    outcome: str | None
    decided_at: datetime | None
    subject_title: Annotated[
        str | None, Field(description="The record's, the order's, the item's; of votes null.")
    ]
    subject_on: Annotated[date | None, Field(description="Its local day.")]
    subject_minutes: Annotated[int | None, Field(description="Of a record.")]
    open_to: Annotated[list[ObjectionAction], Field(description="Steps this reader may take now.")]


class ScheduleIn(In):
    """When the two meet."""

    meets_at: Moment
    kind: Annotated[
        str, Text(40), Field(description="A code of `talk.kinds`; the first is `care`.")
    ] = "care"


class HoldIn(In):
    """How it ended; no text is asked for, and none is taken."""

    outcome: Annotated[
        str, Text(40), Field(description="A code of `talk.outcomes`.", examples=["will_improve"])
    ]


class TalkMovedOut(Out):
    """The talk after a step."""

    id: UUID
    trigger: Annotated[str, Field(description="A code of `talk.triggers`.")]
    status: TalkStatus
    kind: str
    meets_at: datetime | None
    outcome: str | None
    held_at: datetime | None
    due_at: Annotated[datetime | None, Field(description="Until when it should be held.")]


class TalkOut(TalkMovedOut):
    """One talk; read by the two people it is between, and deleted after 24 months."""

    member_name: str
    negative_item_id: UUID | None
    not_a_sanction: str
    open_to: Annotated[list[TalkAction], Field(description="Steps this reader may take now.")]


class CommendIn(In):
    """The list of one meeting."""

    registration_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)]
    period_from: Annotated[Day, Field(description=OF_PERIOD)]
    period_to: Annotated[Day, Field(description=OF_PERIOD)]
    kind: CommendationKind = CommendationKind.RECOMMEND
    words: Annotated[
        Annotated[str, Text(300)] | None,
        Field(description="Of a letter or of thanks: passed on as they stand, no resident's name."),
    ] = None


class CommendationMovedOut(Out):
    """The commendation after a step."""

    id: UUID
    registration_id: UUID
    kind: CommendationKind
    status: CommendationStatus
    due_at: datetime | None


class CommendedOut(Out):
    """What the meeting has proposed."""

    items: list[CommendationMovedOut]


class CommendationLine(CommendationMovedOut):
    """One line of a list of commendations."""

    member_name: str
    period_from: date
    period_to: date
    words: str | None
    open_to: Annotated[
        list[CommendationAction], Field(description="Steps this reader may take now.")
    ]


class NoticeLine(Out):
    """Name and posts of one person who agreed to it."""

    name: str
    posts: list[str]
    until: datetime | None


class NoticeOut(Out):
    """The public notice, by the strokes of the name."""

    items: list[NoticeLine]
