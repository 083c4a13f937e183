"""Recurring orders (周期服务)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound, Stale
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.order_series import OrderSeries, SeriesStatus
from app.orders import series, series_reading
from app.orders.announced import OneProject
from app.orders.flags import NotInsured
from app.orders.lifecycle import SeriesAction
from app.orders.series_schemas import (
    SeriesChange,
    SeriesEndIn,
    SeriesIn,
    SeriesLine,
    SeriesMovedOut,
    SeriesOut,
)
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["orders"], route_class=KeyedRoute)

MOVED = answers(NotFound, Forbidden, BadTransition)


@router.get(
    "/organizations/{community_id}/order-series",
    summary="社区的周期服务",
    response_model=Page[SeriesLine],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.COMMUNITY_ORDER),
)
async def list_order_series(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    status: Annotated[SeriesStatus, Query(description="One state.")] = SeriesStatus.ACTIVE,
) -> Slice[dict[str, Any]]:
    """The community's series in one state, the latest first."""
    return await series_reading.page_of_community(reader, actor, paging, community_id, status)


@router.post(
    "/organizations/{community_id}/order-series",
    status_code=201,
    summary="设立周期服务",
    response_model=SeriesMovedOut,
    responses=answers(NotFound, Forbidden, NotInsured, OneProject),
    openapi_extra=needs(P.COMMUNITY_ORDER),
)
async def begin_order_series(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: SeriesIn
) -> OrderSeries:
    """A calendar rule; its orders are made and opened some weeks ahead."""
    return await series.begin(session, actor, community_id, body)


@router.get(
    "/order-series/{series_id}",
    summary="查看周期服务",
    response_model=SeriesOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.SERIES_RUN),
)
async def get_order_series(reader: ReadDep, actor: ActorDep, series_id: UUID) -> dict[str, Any]:
    """One series, and its orders that have not begun."""
    return await series_reading.show(reader, actor, series_id)


@router.patch(
    "/order-series/{series_id}",
    summary="修改周期服务",
    response_model=SeriesMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, Stale, NotInsured),
    openapi_extra=needs(P.SERIES_RUN),
)
async def change_order_series(
    session: SessionDep, actor: ActorDep, series_id: UUID, body: SeriesChange
) -> OrderSeries:
    """Words, time or rule; orders that somebody has changed keep their changes."""
    return await series.change(session, actor, series_id, body)


@router.post(
    "/order-series/{series_id}/pause",
    summary="暂停周期服务",
    response_model=SeriesMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.SERIES_RUN),
)
async def pause_order_series(session: SessionDep, actor: ActorDep, series_id: UUID) -> OrderSeries:
    """No more orders for now; those that are made stay."""
    return await series.move(session, actor, series_id, SeriesAction.PAUSE)


@router.post(
    "/order-series/{series_id}/resume",
    summary="恢复周期服务",
    response_model=SeriesMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.SERIES_RUN),
)
async def resume_order_series(session: SessionDep, actor: ActorDep, series_id: UUID) -> OrderSeries:
    """Orders are made again."""
    return await series.move(session, actor, series_id, SeriesAction.RESUME)


@router.post(
    "/order-series/{series_id}/end",
    summary="结束周期服务",
    response_model=SeriesMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.SERIES_RUN),
)
async def end_order_series(
    session: SessionDep, actor: ActorDep, series_id: UUID, body: SeriesEndIn
) -> OrderSeries:
    """No more orders; those that nobody has taken are cancelled, the others take place."""
    return await series.move(session, actor, series_id, SeriesAction.END, body.reason)
