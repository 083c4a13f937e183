"""What found nobody, and why."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.core.schemas import Day
from app.core.sorting import WorkSort
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.order import Order
from app.orders import unmet, unmet_reading
from app.orders.unmet_schemas import NoTakerIn, NoTakerOut, UnmetFigures, UnmetOrder
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["orders"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
Week = Annotated[Day | None, Query(description="Any day of the local week; left out: of all time.")]


@router.get(
    "/organizations/{organization_id}/unmet-orders",
    summary="未满足需求清单",
    response_model=Page[UnmetOrder],
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_UNMET),
)
async def list_unmet_orders(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    organization_id: UUID,
    week: Week = None,
    sort: Annotated[
        Literal[WorkSort.AGE, WorkSort.KIND] | None,
        Query(description="age: the oldest first; kind: its category; left out: latest first."),
    ] = None,
) -> Slice[dict[str, Any]]:
    """Services of a community, or of all below a level, that found nobody, and why."""
    return await unmet_reading.page(reader, actor, paging, organization_id, week, sort)


@router.get(
    "/organizations/{organization_id}/unmet-orders/figures",
    summary="未满足需求统计",
    response_model=UnmetFigures,
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_UNMET),
)
async def get_unmet_figures(
    reader: ReadDep, actor: ActorDep, organization_id: UUID, week: Week = None
) -> dict[str, Any]:
    """The same by kind and reason."""
    return await unmet_reading.figures(reader, actor, organization_id, week)


@router.put(
    "/orders/{order_id}/no-taker",
    summary="更正无人接单的原因和建议",
    response_model=NoTakerOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.ORDER_RUN),
)
async def judge_no_taker(
    session: SessionDep, actor: ActorDep, order_id: UUID, body: NoTakerIn
) -> Order:
    """The community says better why nobody served, and what it does next."""
    return await unmet.judge(session, actor, order_id, body)
