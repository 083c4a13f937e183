"""Needs that were handed up: for the level above the community."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.core.sorting import WorkSort
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.need import Need
from app.needs import handed_up, reopening
from app.needs.schemas import HandedUpLine, NeedDecideIn, NeedHistoryOut, NeedMovedOut
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["needs"], route_class=KeyedRoute)


@router.get(
    "/organizations/{organization_id}/needs/handed-up",
    summary="待上级研判的诉求",
    response_model=Page[HandedUpLine],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.COMMUNITY_DECIDE),
)
async def list_handed_up_needs(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    organization_id: UUID,
    sort: Annotated[
        Literal[WorkSort.AGE, WorkSort.KIND],
        Query(description="age: the oldest first; kind and category."),
    ] = WorkSort.AGE,
) -> Slice[dict[str, Any]]:
    """What the communities below could not solve as often as policy lets them try."""
    return await handed_up.page(reader, actor, paging, organization_id, sort)


@router.get(
    "/needs/{need_id}/history",
    summary="诉求办理经过",
    response_model=NeedHistoryOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.NEED_TRIAGE, P.NEED_DECIDE),
)
async def get_need_history(reader: ReadDep, actor: ActorDep, need_id: UUID) -> dict[str, Any]:
    """All that was tried and what was answered in each round; nobody is named."""
    return await handed_up.history(reader, actor, need_id)


@router.post(
    "/needs/{need_id}/decide",
    summary="上级研判后交办或办结",
    response_model=NeedMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.NEED_DECIDE),
)
async def decide_need(
    session: SessionDep, actor: ActorDep, need_id: UUID, body: NeedDecideIn
) -> Need:
    """The community takes it up again, or with `closes` it ends here, not solved, with the reason."""
    return await reopening.decide(session, actor, need_id, body)
