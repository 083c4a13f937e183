"""The appraisal as votes, for the figures: a ballot that says something is one, after the window.

A ballot counts on the last day of its cycle's year, and as given at the instant the window closed:
so all of one appraisal come at once. Ballots on paper are totals of nobody in particular; the
distinct people behind them are told apart by number, so that as many as were counted about one member
are that many raters, and never more about many. Ballots that were erased count as votes yet, and as
raters no more: whoever cast them may be among the others. Votes that were found wanting count nowhere.
Source: practice.md G1, G3, G7, R10.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import (
    ColumnElement,
    String,
    Uuid,
    and_,
    any_,
    case,
    cast,
    func,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.appraisal import (
    AppraisalAnswer,
    AppraisalBallot,
    AppraisalCount,
    AppraisalRater,
    AppraisalTotal,
)
from app.models.evaluation import EvaluationCycle
from app.models.objection import Objection, ObjectionKind, ObjectionStatus

A = AppraisalAnswer


class AppraisalVote(NamedTuple):
    """One vote about one member; never leaves the house."""

    registration_id: UUID
    vote_id: UUID
    rater_id: UUID | None
    is_good: bool
    counts_on: date
    closed_at: datetime


async def votes(
    session: AsyncSession, registration_ids: Sequence[UUID], first: date, last: date
) -> list[AppraisalVote]:
    """The votes about these registrations of years that end on a day from `first` to `last`, but for
    those that were found wanting."""
    wanted = any_(cast(list(registration_ids), ARRAY(Uuid())))
    is_closed = and_(
        EvaluationCycle.closed_at.is_not(None), EvaluationCycle.facts_close_on.between(first, last)
    )
    year = (EvaluationCycle.facts_close_on, EvaluationCycle.closed_at)
    is_good = case((AppraisalBallot.answer == A.UNSATISFIED, 0), else_=1)
    online = (
        select(
            AppraisalBallot.registration_id,
            AppraisalBallot.id.label("source_id"),
            AppraisalRater.person_id,
            null().label("box"),
            is_good.label("good"),
            (1 - is_good).label("bad"),
            *year,
        )
        .join(AppraisalRater, AppraisalRater.id == AppraisalBallot.rater_id)
        .join(EvaluationCycle, EvaluationCycle.id == AppraisalRater.cycle_id)
        .where(
            AppraisalBallot.registration_id == wanted,
            AppraisalBallot.answer.in_([A.SATISFIED, A.FAIR, A.UNSATISFIED]),
            is_closed,
            ~are_wanting(AppraisalBallot.registration_id, EvaluationCycle.facts_close_on),
        )
    )
    box = cast(AppraisalCount.community_id, String) + cast(AppraisalCount.panel, String)
    on_paper = (
        select(
            AppraisalCount.registration_id,
            AppraisalCount.cycle_id,
            null(),
            box + func.coalesce(cast(AppraisalCount.area_id, String), ""),
            AppraisalCount.satisfied + AppraisalCount.fair,
            AppraisalCount.unsatisfied,
            *year,
        )
        .join(EvaluationCycle, EvaluationCycle.id == AppraisalCount.cycle_id)
        .where(
            AppraisalCount.registration_id == wanted,
            AppraisalCount.place == 1,
            AppraisalCount.agreed_at.is_not(None),
            is_closed,
            ~are_wanting(AppraisalCount.registration_id, EvaluationCycle.facts_close_on),
        )
    )
    erased = (
        select(
            AppraisalTotal.registration_id,
            AppraisalTotal.cycle_id,
            null(),
            null(),
            AppraisalTotal.satisfied + AppraisalTotal.fair,
            AppraisalTotal.unsatisfied,
            *year,
        )
        .join(EvaluationCycle, EvaluationCycle.id == AppraisalTotal.cycle_id)
        .where(
            AppraisalTotal.registration_id == wanted,
            is_closed,
            ~are_wanting(AppraisalTotal.registration_id, EvaluationCycle.facts_close_on),
        )
    )
    rows = await session.execute(union_all(online, on_paper, erased))
    return [vote for row in rows for vote in _votes(row)]


def are_wanting(registration_id: Any, counts_on: Any) -> ColumnElement[bool]:
    """Somebody has voted who should have stood aside: it was granted that the votes about this
    registration, of the days around this one, do not hold. Nobody knows which was his, so none does.
    """
    return (
        select(Objection.id)
        .where(
            Objection.registration_id == registration_id,
            Objection.kind == ObjectionKind.VOTES,
            Objection.status == ObjectionStatus.GRANTED,
            Objection.period_from <= counts_on,
            Objection.period_to >= counts_on,
        )
        .exists()
    )


def _votes(row: Any) -> Iterator[AppraisalVote]:
    """The one vote of a ballot, or the votes of a box or a total: good ones first, for nobody knows
    whose."""
    for number in range(row.good + row.bad):
        is_good = number < row.good
        vote_id, rater_id = row.source_id, row.person_id
        if rater_id is None:
            vote_id = uuid5(row.source_id, f"{row.box or ''}/{number}")
            rater_id = vote_id if row.box else None
        yield AppraisalVote(
            row.registration_id, vote_id, rater_id, is_good, row.facts_close_on, row.closed_at
        )
