"""Stored plans for call-ups (应急预案): kept, changed, called from in one tap."""

from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, NotFound, Stale
from app.core.paging import Page, Slice
from app.emergency import plan_reading, plans
from app.emergency.plan_schemas import (
    PlanBrief,
    PlanCallIn,
    PlanChange,
    PlanIn,
    PlanKeptOut,
    PlanOut,
)
from app.emergency.plans import Retired
from app.emergency.schemas import CallUpMovedOut
from app.emergency.service import NotEmergency
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.models.call_up_plan import CallUpPlan
from app.models.emergency import CallUp
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["emergency"], route_class=KeyedRoute)


@router.get(
    "/organizations/{organization_id}/call-up-plans",
    summary="应急预案列表",
    response_model=Page[PlanBrief],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.COMMUNITY_CALL_UP),
)
async def list_call_up_plans(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """The plans that an organization may call from, its own and those above it."""
    return await plan_reading.page(reader, actor, paging, organization_id)


@router.post(
    "/organizations/{organization_id}/call-up-plans",
    status_code=201,
    summary="制定应急预案",
    response_model=PlanKeptOut,
    responses=answers(NotFound, Forbidden, NotEmergency),
    openapi_extra=needs(P.COMMUNITY_CALL_UP),
)
async def keep_call_up_plan(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: PlanIn
) -> CallUpPlan:
    """Posts, meeting points and shifts that are ready before they are needed."""
    return await plans.keep(session, actor, organization_id, body)


@router.get(
    "/call-up-plans/{plan_id}",
    summary="查看应急预案",
    response_model=PlanOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.CALL_UP_PLAN_READ),
)
async def get_call_up_plan(reader: ReadDep, actor: ActorDep, plan_id: UUID) -> dict[str, Any]:
    """One plan with its posts and meeting points."""
    return await plan_reading.show(reader, actor, plan_id)


@router.patch(
    "/call-up-plans/{plan_id}",
    summary="修改应急预案",
    response_model=PlanKeptOut,
    responses=answers(NotFound, Forbidden, Stale, NotEmergency),
    openapi_extra=needs(P.CALL_UP_PLAN_KEEP),
)
async def change_call_up_plan(
    session: SessionDep, actor: ActorDep, plan_id: UUID, body: PlanChange
) -> CallUpPlan:
    """The plan is otherwise from now on; call-ups made from it stay as they are."""
    return await plans.change(session, actor, plan_id, body)


@router.post(
    "/call-up-plans/{plan_id}/call-ups",
    status_code=201,
    summary="按预案起草集结任务",
    response_model=CallUpMovedOut,
    responses=answers(NotFound, Forbidden, NotEmergency, Retired),
    openapi_extra=needs(P.CALL_UP_PLAN_READ),
)
async def draft_from_plan(
    session: SessionDep, actor: ActorDep, plan_id: UUID, body: PlanCallIn
) -> CallUp:
    """A draft with all its shifts in one tap; nobody is called before it is approved."""
    return await plans.call_up(session, actor, plan_id, body)
