"""Who rated: asked by one, agreed by another, looked at by the two for a short time."""

from typing import Any
from uuid import UUID

from app.appraisals import opening_reading, openings
from app.appraisals.opening_schemas import (
    OpenedOut,
    OpeningBrief,
    OpeningIn,
    OpeningMovedOut,
    OpeningOut,
    OpeningReasonIn,
)
from app.appraisals.openings import (
    BallotsErased,
    NotOfTheTwo,
    NotOpen,
    OpeningLives,
    TwoNeeded,
)
from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.appraisal import RaterOpening
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["appraisals"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)


@router.get(
    "/organizations/{community_id}/rater-openings",
    summary="查看评价人的申请",
    response_model=Page[OpeningBrief],
    responses=SEEN,
    openapi_extra=needs(P.RATERS_ASK),
)
async def list_rater_openings(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, community_id: UUID
) -> Slice[dict[str, Any]]:
    """What was asked about members of a community, the latest first."""
    return await opening_reading.page(reader, actor, paging, community_id)


@router.post(
    "/organizations/{community_id}/rater-openings",
    status_code=201,
    summary="申请查看评价人",
    response_model=OpeningMovedOut,
    responses=answers(NotFound, Forbidden, TwoNeeded, OpeningLives, BallotsErased),
    openapi_extra=needs(P.RATERS_ASK),
)
async def ask_for_raters(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: OpeningIn
) -> RaterOpening:
    """With a reason; another person of the named roles has to agree."""
    return await openings.ask(session, actor, community_id, body)


@router.get(
    "/rater-openings/{opening_id}",
    summary="查看申请",
    response_model=OpeningOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.RATERS_OPEN),
)
async def get_rater_opening(reader: ReadDep, actor: ActorDep, opening_id: UUID) -> dict[str, Any]:
    """The question and its reason, without the answer."""
    return await opening_reading.show(reader, actor, opening_id)


@router.post(
    "/rater-openings/{opening_id}/agree",
    summary="同意查看评价人",
    response_model=OpeningMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, TwoNeeded, BallotsErased),
    openapi_extra=needs(P.RATERS_OPEN),
)
async def agree_to_open(session: SessionDep, actor: ActorDep, opening_id: UUID) -> RaterOpening:
    """The raters are open to the two of us for a short time."""
    return await openings.agree(session, actor, opening_id)


@router.post(
    "/rater-openings/{opening_id}/refuse",
    summary="不同意查看评价人",
    response_model=OpeningMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.RATERS_OPEN),
)
async def refuse_to_open(
    session: SessionDep, actor: ActorDep, opening_id: UUID, body: OpeningReasonIn
) -> RaterOpening:
    """It stays shut."""
    return await openings.refuse(session, actor, opening_id, body.reason)


@router.post(
    "/rater-openings/{opening_id}/look",
    summary="查看评价人",
    response_model=OpenedOut,
    responses=answers(NotFound, NotOfTheTwo, NotOpen, BallotsErased),
    openapi_extra=needs(P.RATERS_OPEN),
)
async def look_at_raters(session: SessionDep, actor: ActorDep, opening_id: UUID) -> dict[str, Any]:
    """Who rated, and what; noted with each rater, and each is told."""
    return {"raters": await openings.look(session, actor, opening_id)}
