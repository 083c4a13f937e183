"""A rater's own page on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out
from app.models.appraisal import AppraisalAnswer, BallotWay, Panel
from app.models.evaluation import CycleStatus

MOST_ANSWERS = 500


class MyAppraisal(Out):
    """Where I am asked for my opinion."""

    rater_id: UUID
    year: int
    community_id: UUID
    community_name: str
    panel: Panel
    area_name: str | None
    way: BallotWay
    status: CycleStatus
    appraisal_from: date
    appraisal_to: date
    text: str


class MyAppraisals(Out):
    """Where I am asked this year."""

    items: list[MyAppraisal]


class RatedMember(Out):
    """One member whom I may rate, and my own answer."""

    registration_id: UUID
    name: str
    grid_name: str | None
    group_name: str | None
    answer: AppraisalAnswer | None


class RatedMembers(Out):
    """Members by the strokes of their names."""

    items: list[RatedMember]


class AnswerIn(In):
    """One answer about one member."""

    registration_id: UUID
    answer: Annotated[
        AppraisalAnswer,
        Field(description="满意、基本满意、不满意、不了解、回避；后两项不计票"),
    ]


class AnswersIn(In):
    """As many answers as I like; each replaces the one before."""

    answers: Annotated[list[AnswerIn], Field(min_length=1, max_length=MOST_ANSWERS)]
