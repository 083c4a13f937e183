"""What a rater answers: as much as he likes in one call, changed until the window ends.

Nobody else ever reads it; the house keeps no history of it. Source: practice.md R10, G1, G3.
"""

from uuid import UUID

from sqlalchemy import any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.appraisals import scene
from app.appraisals.eligible import is_of_rater, is_recused, is_registered, is_visible
from app.appraisals.rating_schemas import AnswersIn
from app.core import clock, ids
from app.core.errors import Conflict, Invalid, NotFound
from app.models.appraisal import AppraisalBallot, AppraisalRater, BallotWay
from app.models.evaluation import EvaluationCycle
from app.models.member import Member, Registration
from app.permissions import Actor, Permission, may

P = Permission


class OnPaper(Conflict):
    """His ballots are on paper, and counted by two."""

    code, title = "on_paper", "您的评议使用线下票"


async def answer(session: AsyncSession, actor: Actor, rater_id: UUID, body: AnswersIn) -> None:
    """These answers are the rater's; each replaces his one about the same member.

    Raises:
        NotFound: not a rater, or not this one.
        AppraisalClosed: before the window or after it. OnPaper: see there.
        Invalid: a member whom he may not rate, named by its place; nothing is kept then.
    """
    rater = await session.scalar(
        select(AppraisalRater).where(AppraisalRater.id == rater_id, may(P.APPRAISAL_RATE)),
        actor.binds(),
    )
    if rater is None:
        raise NotFound
    scene.require_collecting(await scene.held(session, rater.cycle_id))
    if rater.way is BallotWay.PAPER_BALLOT:
        raise OnPaper
    if rater.person_id is None:
        rater.person_id = actor.person_id
        await session.flush()
    wanted = {each.registration_id: each.answer for each in body.answers}
    allowed = await _allowed(session, actor, rater, list(wanted))
    for position, each in enumerate(body.answers):
        if each.registration_id not in allowed:
            pointer = f"/answers/{position}/registration_id"
            raise Invalid.field(pointer, "not_to_rate", "不在您的评议名单内，或应当回避")
    now = clock.now()
    adding = insert(AppraisalBallot).values(
        [
            {
                "id": ids.new_id(),
                "rater_id": rater.id,
                "registration_id": registration_id,
                "answer": given,
                "given_at": now,
            }
            for registration_id, given in sorted(wanted.items())
        ]
    )
    await session.execute(
        adding.on_conflict_do_update(
            index_elements=["rater_id", "registration_id"],
            set_={"answer": adding.excluded.answer, "given_at": adding.excluded.given_at},
        )
    )


async def _allowed(
    session: AsyncSession, actor: Actor, rater: AppraisalRater, wanted: list[UUID]
) -> set[UUID]:
    """Which of these the rater may rate."""
    rows = await session.scalars(
        select(Registration.id)
        .select_from(AppraisalRater)
        .join(EvaluationCycle, EvaluationCycle.id == AppraisalRater.cycle_id)
        .join(Registration, is_of_rater)
        .join(Member, Member.id == Registration.member_id)
        .where(
            AppraisalRater.id == rater.id,
            Registration.id == any_(cast(wanted, ARRAY(Uuid()))),
            is_registered,
            is_visible,
            ~is_recused,
        ),
        actor.binds() | {"today": clock.today()},
    )
    return set(rows)
