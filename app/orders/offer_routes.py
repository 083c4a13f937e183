"""Waiting for a place, the answer to an offered one, and direct dispatch (派单)."""

from uuid import UUID

from app.commitments.service import Overlaps
from app.core.errors import Forbidden, NotFound
from app.http.deps import ActorDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.order import Seat
from app.orders import dispatch, waiting
from app.orders.branch_schemas import DispatchIn
from app.orders.eligibility import (
    CannotCome,
    LiveLimit,
    NotQualified,
    NotRegistered,
    WeekLimit,
)
from app.orders.flags import DispatchOnly
from app.orders.schemas import SeatOut
from app.orders.seats import Closed, Full
from app.orders.service import OwnNeed
from app.orders.waiting import NotFull, OfferLapsed, WaitingFull
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["orders"], route_class=KeyedRoute)


@router.post(
    "/orders/{order_id}/waiting",
    status_code=201,
    summary="候补",
    response_model=SeatOut,
    responses=answers(NotFound, DispatchOnly, NotRegistered, OwnNeed, Closed, NotFull, WaitingFull),
)
async def wait_for_seat(session: SessionDep, actor: ActorDep, order_id: UUID) -> Seat:
    """The order is full and I wait for a place; who is on it already gets his seat again."""
    return await waiting.wait(session, actor, order_id)


@router.post(
    "/seats/{seat_id}/accept",
    summary="接受名额",
    response_model=SeatOut,
    responses=answers(
        NotFound,
        Forbidden,
        BadTransition,
        Closed,
        OfferLapsed,
        NotRegistered,
        NotQualified,
        OwnNeed,
        Overlaps,
        LiveLimit,
        WeekLimit,
    ),
    openapi_extra=needs(P.SEAT_OWN),
)
async def accept_seat(session: SessionDep, actor: ActorDep, seat_id: UUID) -> Seat:
    """I come: the offered place is mine."""
    return await waiting.accept(session, actor, seat_id)


@router.post(
    "/seats/{seat_id}/decline",
    summary="谢绝或不再候补",
    response_model=SeatOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.SEAT_OWN),
)
async def decline_seat(session: SessionDep, actor: ActorDep, seat_id: UUID) -> Seat:
    """I do not come, or wait no longer; no reason is asked, and nothing follows."""
    return await waiting.decline(session, actor, seat_id)


@router.post(
    "/orders/{order_id}/dispatch",
    status_code=201,
    summary="邀请党员参加（派单）",
    response_model=SeatOut,
    responses=answers(NotFound, Forbidden, Closed, Full, CannotCome),
    openapi_extra=needs(P.ORDER_RUN),
)
async def dispatch_order(
    session: SessionDep, actor: ActorDep, order_id: UUID, body: DispatchIn
) -> Seat:
    """A place is held for one member until he accepts or declines."""
    return await dispatch.dispatch(session, actor, order_id, body.registration_id)
