"""Suggestions: whom to ask for an order, and which orders suit me."""

from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, needs
from app.http.problems import answers
from app.http.room import Room
from app.orders import candidates
from app.orders.matching_schemas import Candidate, SuitedOrder
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["orders"])


@router.get(
    "/orders/{order_id}/candidates",
    summary="可邀请的党员",
    response_model=Page[Candidate],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.ORDER_RUN),
)
async def list_candidates(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, order_id: UUID
) -> Slice[dict[str, Any]]:
    """Members whom the organiser could ask, the most fitting first, with the reasons."""
    return await candidates.of_order(reader, actor, paging, order_id)


@router.get(
    "/me/suited-orders",
    summary="适合我的服务",
    response_model=Page[SuitedOrder],
)
async def list_suited_orders(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """Open orders that I could take, the most fitting first, with the reasons."""
    return await candidates.for_member(reader, actor, paging)
