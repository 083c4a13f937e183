"""A rater's own page: where he is asked, whom he may rate, what he answers."""

from typing import Any
from uuid import UUID

from app.appraisals import ballots, rating_reading
from app.appraisals.ballots import OnPaper
from app.appraisals.panels import RaterNamed
from app.appraisals.rating_schemas import AnswersIn, MyAppraisals, RatedMembers
from app.appraisals.scene import AppraisalClosed
from app.core.errors import NotFound
from app.http.deps import ActorDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["appraisals"], route_class=KeyedRoute)


@router.get("/me/appraisals", summary="请我评议的社区", response_model=MyAppraisals)
async def list_my_appraisals(reader: ReadDep, actor: ActorDep) -> dict[str, Any]:
    """Where I am asked for my opinion, before and within the window."""
    return await rating_reading.mine(reader, actor)


@router.get(
    "/appraisal-raters/{rater_id}/members",
    summary="我可评议的党员",
    response_model=RatedMembers,
    responses=answers(NotFound),
    openapi_extra=needs(P.APPRAISAL_RATE),
)
async def list_rated_members(reader: ReadDep, actor: ActorDep, rater_id: UUID) -> dict[str, Any]:
    """By the strokes of their names, with my own answers; nobody whom I must not rate."""
    return await rating_reading.members(reader, actor, rater_id)


@router.put(
    "/appraisal-raters/{rater_id}/ballots",
    status_code=204,
    summary="提交评议",
    responses=answers(NotFound, AppraisalClosed, OnPaper, RaterNamed),
    openapi_extra=needs(P.APPRAISAL_RATE),
)
async def give_ballots(
    session: SessionDep, actor: ActorDep, rater_id: UUID, body: AnswersIn
) -> None:
    """As many answers as I like; each may be changed until the window ends."""
    await ballots.answer(session, actor, rater_id, body)
