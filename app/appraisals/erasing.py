"""A year's single ballots are erased when their months are over; only totals are left.

What figures and reports have counted stands as it was: a frozen report is a text, and a shown figure
counts the totals in the place of the ballots. Source: content `retention`.
"""

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.appraisals.openings import VOTES
from app.deadlines import Deadline
from app.models.appraisal import AppraisalBallot, AppraisalRater, AppraisalTotal
from app.models.evaluation import EvaluationCycle

LEAST = 3  # fewer than these are single ballots yet


async def erase(session: AsyncSession, cycle: EvaluationCycle) -> None:
    """Nobody can tell any more who rated whom in this year; three statements for any number."""
    mine = select(AppraisalRater.id).where(AppraisalRater.cycle_id == cycle.id)
    totals = (
        select(
            AppraisalBallot.registration_id,
            AppraisalRater.cycle_id,
            *(func.count().filter(AppraisalBallot.answer == answer) for answer in VOTES),
        )
        .join(AppraisalRater, AppraisalRater.id == AppraisalBallot.rater_id)
        .where(AppraisalRater.cycle_id == cycle.id, AppraisalBallot.answer.in_(VOTES))
        .group_by(AppraisalBallot.registration_id, AppraisalRater.cycle_id)
        .having(func.count() >= LEAST)
    )
    columns = ["registration_id", "cycle_id", *(answer.value for answer in VOTES)]
    await session.execute(insert(AppraisalTotal).from_select(columns, totals))
    await session.execute(
        update(AppraisalRater)
        .where(
            AppraisalRater.cycle_id == cycle.id,
            select(1).where(AppraisalBallot.rater_id == AppraisalRater.id).exists(),
        )
        .values(has_answered=True)
    )
    await session.execute(delete(AppraisalBallot).where(AppraisalBallot.rater_id.in_(mine)))


DEADLINES = (Deadline(EvaluationCycle, erase, "erase_at"),)
