"""Suggestions of a community's year, and commendations by its joint meeting."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, Invalid, NotFound
from app.core.paging import Page, Slice
from app.evaluations import commendations, name_lists, reading, suggestions
from app.evaluations.commendations import Commended
from app.evaluations.eligibility import QuotaReached
from app.evaluations.negative_items import SamePerson
from app.evaluations.schemas import (
    CommendationLine,
    CommendationMovedOut,
    CommendedOut,
    CommendIn,
    DecidedOut,
    DecideIn,
    EvaluationReasonIn,
    NoticeOut,
    SuggestedOut,
    SuggestIn,
    SuggestionList,
)
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.identity.service import ConsentMissing
from app.lifecycle import BadTransition
from app.models.commendation import Commendation
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["evaluations"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
MOVED = answers(NotFound, Forbidden, BadTransition)


@router.get(
    "/organizations/{community_id}/suggestions",
    summary="年度建议",
    response_model=SuggestionList,
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_CONDUCT),
)
async def list_suggestions(
    reader: ReadDep,
    actor: ActorDep,
    community_id: UUID,
    period_to: Annotated[date, Query(description="The last local day of the period.")],
) -> dict[str, Any]:
    """What the facts of the period propose of each member, by strokes, and what was decided."""
    return await name_lists.suggestions(reader, actor, community_id, period_to)


@router.post(
    "/organizations/{community_id}/suggestions",
    status_code=201,
    summary="由事实生成年度建议",
    response_model=SuggestedOut,
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_CONDUCT),
)
async def propose_suggestions(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: SuggestIn
) -> dict[str, Any]:
    """Every member has what the facts propose; what a person has decided stays."""
    members = await suggestions.propose(
        session, actor, community_id, (body.period_from, body.period_to)
    )
    return {"members": members}


@router.post(
    "/organizations/{community_id}/suggestions/decide",
    summary="决定年度建议",
    response_model=DecidedOut,
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_CONDUCT),
)
async def decide_suggestions(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: DecideIn
) -> dict[str, Any]:
    """A person has decided these; a talk that is advised is open for the employer's secretary."""
    return {"items": await suggestions.decide(session, actor, community_id, body.decisions)}


@router.get(
    "/organizations/{community_id}/commendation-notice",
    summary="优先推荐公示",
    response_model=NoticeOut,
)
async def show_commendation_notice(reader: ReadDep, community_id: UUID) -> dict[str, Any]:
    """Name and posts of who agreed to it, while the notice lasts; public, by strokes."""
    return await name_lists.notice(reader, community_id)


@router.get(
    "/organizations/{organization_id}/commendations",
    summary="表扬和优先推荐",
    response_model=Page[CommendationLine],
    responses=SEEN,
    openapi_extra=needs(P.CONDUCT_LIST),
)
async def list_commendations(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """Of the community or its functional branch, the latest first."""
    await reading.allowed(reader, actor, organization_id, P.CONDUCT_LIST)
    return await reading.page(reader, actor, paging, "commendations", organization_id)


@router.get("/me/commendations", summary="我受到的表扬", response_model=Page[CommendationLine])
async def list_my_commendations(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """What two people of two organizations have confirmed of me, the latest first."""
    return await reading.page(reader, actor, paging, "my_commendations", actor.person_id)


@router.post(
    "/organizations/{organization_id}/commendations",
    status_code=201,
    summary="会议提出表扬名单",
    response_model=CommendedOut,
    responses=answers(NotFound, Forbidden, QuotaReached, Commended),
    openapi_extra=needs(P.COMMUNITY_CONDUCT),
)
async def propose_commendations(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: CommendIn
) -> dict[str, Any]:
    """The meeting's list waits for the functional branch."""
    _check_period(body)
    return {"items": await commendations.propose(session, actor, organization_id, body)}


@router.post(
    "/commendations/{commendation_id}/confirm",
    summary="功能型党支部确认表扬",
    response_model=CommendationMovedOut,
    responses=answers(NotFound, Forbidden, SamePerson, BadTransition),
    openapi_extra=needs(P.COMMENDATION_CONFIRM),
)
async def confirm_commendation(
    session: SessionDep, actor: ActorDep, commendation_id: UUID
) -> Commendation:
    """The branch stands by it; the person is asked, or a letter is passed on."""
    return await commendations.confirm(session, actor, commendation_id)


@router.post(
    "/commendations/{commendation_id}/refuse",
    summary="功能型党支部不同意表扬",
    response_model=CommendationMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.COMMENDATION_CONFIRM),
)
async def refuse_commendation(
    session: SessionDep, actor: ActorDep, commendation_id: UUID, body: EvaluationReasonIn
) -> Commendation:
    """The branch does not stand by it."""
    return await commendations.refuse(session, actor, commendation_id, body.reason)


@router.post(
    "/commendations/{commendation_id}/agree",
    summary="同意推荐公示",
    response_model=CommendationMovedOut,
    responses=answers(NotFound, Forbidden, ConsentMissing, BadTransition),
    openapi_extra=needs(P.COMMENDATION_OWN),
)
async def agree_to_commendation(
    session: SessionDep, actor: ActorDep, commendation_id: UUID
) -> Commendation:
    """My name and posts may hang for the notice's workdays."""
    return await commendations.agree(session, actor, commendation_id)


@router.post(
    "/commendations/{commendation_id}/decline",
    summary="不同意列入推荐",
    response_model=CommendationMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.COMMENDATION_OWN),
)
async def decline_commendation(
    session: SessionDep, actor: ActorDep, commendation_id: UUID
) -> Commendation:
    """I am not on the list, and nothing else changes."""
    return await commendations.decline(session, actor, commendation_id)


@router.post(
    "/commendations/{commendation_id}/withdraw",
    summary="撤回表扬",
    response_model=CommendationMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.COMMENDATION_WITHDRAW),
)
async def withdraw_commendation(
    session: SessionDep, actor: ActorDep, commendation_id: UUID, body: EvaluationReasonIn
) -> Commendation:
    """It is taken back, and the person is told why."""
    return await commendations.withdraw(session, actor, commendation_id, body.reason)


def _check_period(body: CommendIn) -> None:
    if body.period_to < body.period_from:
        raise Invalid.field("/period_to", "bad_period", "结束日期早于开始日期")
