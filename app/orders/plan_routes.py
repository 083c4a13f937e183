"""The plan of a community (年度计划)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound, Stale
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.models.order import Order
from app.orders import plans
from app.orders.plan_schemas import (
    PlanItemChange,
    PlanItemIn,
    PlanItemLine,
    PlanItemOut,
    PlanOrderIn,
)
from app.orders.plans import AlreadyDrafted
from app.orders.schemas import OrderMovedOut
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["orders"], route_class=KeyedRoute)


@router.get(
    "/organizations/{community_id}/plan-items",
    summary="年度计划",
    response_model=Page[PlanItemLine],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.COMMUNITY_ORDER),
)
async def list_plan_items(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    year: Annotated[int, Query(ge=2020, le=2099, description="A calendar year.")],
) -> Slice[dict[str, Any]]:
    """The plan of a year by month, with what became of each item."""
    return await plans.page(reader, actor, paging, community_id, year)


@router.post(
    "/organizations/{community_id}/plan-items",
    status_code=201,
    summary="列入年度计划",
    response_model=PlanItemOut,
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.COMMUNITY_ORDER),
)
async def add_plan_item(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: PlanItemIn
) -> dict[str, Any]:
    """A title, a month, a template."""
    return await plans.add(session, actor, community_id, body)


@router.patch(
    "/plan-items/{plan_item_id}",
    summary="修改计划项",
    response_model=PlanItemOut,
    responses=answers(NotFound, Stale),
    openapi_extra=needs(P.PLAN_RUN),
)
async def change_plan_item(
    session: SessionDep, actor: ActorDep, plan_item_id: UUID, body: PlanItemChange
) -> dict[str, Any]:
    """An order that it has made stays as it is."""
    return await plans.change(session, actor, plan_item_id, body)


@router.delete(
    "/plan-items/{plan_item_id}",
    status_code=204,
    summary="移出年度计划",
    responses=answers(NotFound),
    openapi_extra=needs(P.PLAN_RUN),
)
async def remove_plan_item(session: SessionDep, actor: ActorDep, plan_item_id: UUID) -> None:
    """An order that it has made stays."""
    await plans.remove(session, actor, plan_item_id)


@router.post(
    "/plan-items/{plan_item_id}/order",
    status_code=201,
    summary="一键生成服务草稿",
    response_model=OrderMovedOut,
    responses=answers(NotFound, Forbidden, AlreadyDrafted),
    openapi_extra=needs(P.PLAN_RUN),
)
async def draft_plan_order(
    session: SessionDep, actor: ActorDep, plan_item_id: UUID, body: PlanOrderIn
) -> Order:
    """The draft as the template says; without a time for the first Saturday morning ahead."""
    return await plans.draft(session, actor, plan_item_id, body.starts_at)
