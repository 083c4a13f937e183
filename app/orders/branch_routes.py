"""Branches, groups and registered employers as takers (支部接单)."""

from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.order import BranchTake
from app.orders import branch_reading, branches, order_units
from app.orders.branch_schemas import (
    BranchTakeIn,
    BranchTakeLine,
    BranchTakeMoved,
    BranchTakeOut,
    ExchangeIn,
    NamesIn,
    Nominee,
    OrderUnitsOut,
    UnitOrder,
)
from app.orders.branches import NamesClosed
from app.orders.eligibility import CannotCome
from app.orders.seats import Closed, Full
from app.organizations.units import NotOfCommunity
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["orders"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)


@router.get(
    "/organizations/{organization_id}/open-orders",
    summary="支部可承接的服务",
    response_model=Page[UnitOrder],
    responses=SEEN,
    openapi_extra=needs(P.BRANCH_TAKE),
)
async def list_orders_for_unit(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """Open orders of its own community, or of those that its employer is registered with, by their
    begin."""
    return await branch_reading.open_page(reader, actor, paging, organization_id)


@router.get(
    "/organizations/{organization_id}/branch-takes",
    summary="支部承接的服务",
    response_model=Page[BranchTakeLine],
    responses=SEEN,
    openapi_extra=needs(P.BRANCH_TAKE),
)
async def list_branch_takes(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """What a branch, a group or an employer has taken, the latest first."""
    return await branch_reading.page(reader, actor, paging, organization_id)


@router.get(
    "/orders/{order_id}/units",
    summary="承接和被询问的支部",
    response_model=OrderUnitsOut,
    responses=SEEN,
    openapi_extra=needs(P.ORDER_RUN),
)
async def get_order_units(reader: ReadDep, actor: ActorDep, order_id: UUID) -> dict[str, Any]:
    """Units that hold places on the order, and the polls about it; for its organiser."""
    return await order_units.show(reader, actor, order_id)


@router.get(
    "/organizations/{organization_id}/orders/{order_id}/nominees",
    summary="可安排的党员",
    response_model=Page[Nominee],
    responses=SEEN,
    openapi_extra=needs(P.BRANCH_TAKE),
)
async def list_nominees(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID, order_id: UUID
) -> Slice[dict[str, Any]]:
    """Its members, and who of them can come to this order."""
    return await branch_reading.nominees(reader, actor, paging, organization_id, order_id)


@router.post(
    "/orders/{order_id}/branch-takes",
    status_code=201,
    summary="支部接单",
    response_model=BranchTakeMoved,
    responses=answers(NotFound, Forbidden, NotOfCommunity, Closed, Full, CannotCome),
    openapi_extra=needs(P.BRANCH_TAKE),
)
async def take_for_branch(
    session: SessionDep, actor: ActorDep, order_id: UUID, body: BranchTakeIn
) -> BranchTake:
    """So many places for a branch; who is named is asked and may decline."""
    return await branches.take(session, actor, order_id, body)


@router.get(
    "/branch-takes/{take_id}",
    summary="查看支部接单",
    response_model=BranchTakeOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.TAKE_READ),
)
async def get_branch_take(reader: ReadDep, actor: ActorDep, take_id: UUID) -> dict[str, Any]:
    """The take with who is named and what he has answered."""
    return await branch_reading.show(reader, actor, take_id)


@router.post(
    "/branch-takes/{take_id}/names",
    summary="补报名单",
    response_model=BranchTakeMoved,
    responses=answers(NotFound, Forbidden, NamesClosed, Full, CannotCome),
    openapi_extra=needs(P.TAKE_NAME),
)
async def name_for_branch(
    session: SessionDep, actor: ActorDep, take_id: UUID, body: NamesIn
) -> BranchTake:
    """Who comes for places that have no name yet."""
    return await branches.name(session, actor, take_id, body.registration_ids)


@router.post(
    "/branch-takes/{take_id}/exchange",
    summary="换人",
    response_model=BranchTakeMoved,
    responses=answers(NotFound, Forbidden, BadTransition, NamesClosed, CannotCome),
    openapi_extra=needs(P.TAKE_NAME),
)
async def exchange_for_branch(
    session: SessionDep, actor: ActorDep, take_id: UUID, body: ExchangeIn
) -> BranchTake:
    """Another in the place of somebody named, until the cut-off."""
    return await branches.exchange(session, actor, take_id, body)


@router.post(
    "/branch-takes/{take_id}/give-back",
    summary="退回未报名单的名额",
    response_model=BranchTakeMoved,
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.TAKE_NAME),
)
async def give_back_places(session: SessionDep, actor: ActorDep, take_id: UUID) -> BranchTake:
    """Places without a name are free again."""
    return await branches.give_back(session, actor, take_id)
