"""Orders: published (下单), taken (接单), served, completed. The hottest doors come first."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request, Response

from app.commitments.service import Overlaps
from app.core.errors import Forbidden, NotFound, Stale
from app.core.paging import Lines, Page, Slice
from app.http import limits
from app.http.deps import ActorDep, AddressDep, PagingDep, ReadDep, SessionDep, WriteDep, needs
from app.http.hot import HotRoute
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.order import Order, OrderStatus, Seat
from app.orders import attendance, contact, drafts, reading, seats, service
from app.orders.announced import EnoughCleanups, OneProject
from app.orders.attendance import NotBegun, NotEntered, OwnMinutes, OwnSeat
from app.orders.contact import ContactClosed
from app.orders.eligibility import LiveLimit, NotQualified, NotRegistered, WeekLimit
from app.orders.flags import DispatchOnly, NotInsured, TwoNeeded
from app.orders.schemas import (
    AttendanceIn,
    CancelIn,
    CompleteIn,
    ContactOut,
    MarkIn,
    MySeat,
    OrderBrief,
    OrderCard,
    OrderChange,
    OrderIn,
    OrderLine,
    OrderMovedOut,
    OrderOut,
    PassOut,
    PassShown,
    ReleaseIn,
    SeatOut,
)
from app.orders.seats import Begun, Closed, Full
from app.orders.service import OwnNeed
from app.permissions import Permission as P

# Taking a seat is repeat-safe by its own unique key, so it stands on a router without keys. Who was
# accepted a moment ago is not refused what he may do now.
hot = Room(prefix="/api/v1", tags=["orders"], route_class=HotRoute)
router = Room(prefix="/api/v1", tags=["orders"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)


@hot.get(
    "/organizations/{community_id}/orders/open",
    summary="可接的服务",
    response_model=Page[OrderBrief],
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_BOARD),
)
async def list_open_orders(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, community_id: UUID
) -> Lines:
    """Open orders of a community, the soonest first."""
    return await reading.page_of_open(reader, actor, paging, community_id)


@hot.post(
    "/orders/{order_id}/seats",
    status_code=201,
    summary="接单",
    response_model=SeatOut,
    responses=answers(
        NotFound,
        NotRegistered,
        NotQualified,
        DispatchOnly,
        OwnNeed,
        Full,
        Closed,
        WeekLimit,
        LiveLimit,
        Overlaps,
    ),
)
async def take_seat(
    writer: WriteDep, response: Response, actor: ActorDep, order_id: UUID
) -> dict[str, Any]:
    """I come. One tap; a second one answers 200 with the same seat."""
    seat, is_new = await seats.take(writer, actor, order_id)
    response.status_code = 201 if is_new else 200
    return seat


@hot.get(
    "/orders/{order_id}",
    summary="查看服务",
    response_model=OrderOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.ORDER_READ),
)
async def get_order(reader: ReadDep, actor: ActorDep, order_id: UUID) -> dict[str, Any]:
    """One order, and the steps that are open to the reader."""
    return await reading.show(reader, actor, order_id)


@hot.get(
    "/board/{community_id}",
    summary="公开服务栏",
    response_model=Page[OrderCard],
    responses=answers(NotFound),
)
async def list_board(reader: ReadDep, paging: PagingDep, community_id: UUID) -> Lines:
    """Open orders of a community, for anybody; nothing personal."""
    return await reading.page_of_board(reader, paging, community_id)


@router.get(
    "/organizations/{community_id}/orders",
    summary="社区的服务订单",
    response_model=Page[OrderLine],
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_ORDER),
)
async def list_orders(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    status: Annotated[OrderStatus, Query(description="One state.")] = OrderStatus.OPEN,
) -> Slice[dict[str, Any]]:
    """The community's orders in one state, by their begin."""
    return await reading.page_of_community(reader, actor, paging, community_id, status)


@router.post(
    "/organizations/{community_id}/orders",
    status_code=201,
    summary="起草或发布服务（下单）",
    response_model=OrderMovedOut,
    responses=answers(NotFound, Forbidden, NotInsured, EnoughCleanups, OneProject),
    openapi_extra=needs(P.COMMUNITY_ORDER),
)
async def draft_order(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: OrderIn
) -> Order:
    """A draft, or with `publish` an open order; from a need four fields are enough."""
    return await drafts.draft(session, actor, community_id, body)


@router.get("/me/seats", summary="我接的服务", response_model=Page[MySeat])
async def list_my_seats(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """My seats with their orders, the latest first."""
    return await reading.page_of_mine(reader, actor, paging)


@router.patch(
    "/orders/{order_id}",
    summary="修改服务",
    response_model=OrderMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, Stale, Overlaps, NotInsured, OneProject),
    openapi_extra=needs(P.ORDER_RUN),
)
async def change_order(
    session: SessionDep, actor: ActorDep, order_id: UUID, body: OrderChange
) -> Order:
    """Time, place or words are changed while it is a draft or open."""
    return await drafts.change(session, actor, order_id, body)


@router.post(
    "/orders/{order_id}/publish",
    summary="发布服务",
    response_model=OrderMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, NotInsured, EnoughCleanups, OneProject),
    openapi_extra=needs(P.ORDER_RUN),
)
async def publish_order(session: SessionDep, actor: ActorDep, order_id: UUID) -> Order:
    """The draft is open to members."""
    return await drafts.publish(session, actor, order_id)


@router.post(
    "/orders/{order_id}/cancel",
    summary="取消服务",
    response_model=OrderMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.ORDER_RUN),
)
async def cancel_order(
    session: SessionDep, actor: ActorDep, order_id: UUID, body: CancelIn
) -> Order:
    """The service does not take place; nobody is blamed, needs go back to triage."""
    return await service.cancel(session, actor, order_id, body)


@router.post(
    "/orders/{order_id}/attendance",
    summary="到场确认",
    response_model=OrderMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, NotBegun, OwnSeat, TwoNeeded),
    openapi_extra=needs(P.ORDER_ATTEND),
)
async def confirm_attendance(
    session: SessionDep, actor: ActorDep, order_id: UUID, body: AttendanceIn
) -> Order:
    """Who came and who did not, everybody in one call."""
    return await attendance.attend(session, actor, order_id, body)


@router.post(
    "/orders/{order_id}/complete",
    summary="完成服务并确认时长",
    response_model=OrderMovedOut,
    responses=answers(
        NotFound,
        Forbidden,
        BadTransition,
        NotBegun,
        NotEntered,
        OwnSeat,
        OwnMinutes,
        OwnNeed,
        TwoNeeded,
    ),
    openapi_extra=needs(P.ORDER_RUN),
)
async def complete_order(
    session: SessionDep, actor: ActorDep, order_id: UUID, body: CompleteIn
) -> Order:
    """Minutes are confirmed, records written, and residents asked whether it helped."""
    return await attendance.complete(session, actor, order_id, body)


@router.get(
    "/orders/{order_id}/contact",
    summary="查看门牌和电话",
    response_model=ContactOut,
    responses=answers(NotFound, Forbidden, ContactClosed),
    openapi_extra=needs(P.ORDER_CONTACT),
)
async def get_order_contact(session: SessionDep, actor: ActorDep, order_id: UUID) -> dict[str, Any]:
    """Door and phone for who comes, around the time of the service; logged, the resident sees it."""
    order = await contact.show(session, actor, order_id)
    return {
        "door": order.door,
        "name": order.contact_name,
        "phone": order.contact_phone,
        "until": order.contact_until,
    }


@router.post(
    "/seats/{seat_id}/release",
    summary="退出服务",
    response_model=SeatOut,
    responses=answers(NotFound, Forbidden, BadTransition, Begun),
    openapi_extra=needs(P.SEAT_OWN),
)
async def release_seat(
    session: SessionDep, actor: ActorDep, seat_id: UUID, body: ReleaseIn
) -> Seat:
    """I cannot come. Before the cut-off without a trace, afterwards with a reason."""
    return await seats.release(session, actor, seat_id, body.reason_code)


@router.post(
    "/seats/{seat_id}/mark",
    summary="标记特别情况",
    response_model=SeatOut,
    responses=answers(NotFound, Forbidden, OwnSeat),
    openapi_extra=needs(P.SEAT_READ),
)
async def mark_seat(session: SessionDep, actor: ActorDep, seat_id: UUID, body: MarkIn) -> Seat:
    """Something special about a service; by exception, never for each."""
    return await attendance.mark(session, actor, seat_id, body)


@router.get(
    "/seats/{seat_id}/pass",
    summary="我的服务码",
    response_model=PassOut,
    responses=answers(NotFound, ContactClosed),
)
async def get_pass(
    request: Request, reader: ReadDep, actor: ActorDep, seat_id: UUID
) -> dict[str, Any]:
    """The code I show at the door; it changes every 30 seconds."""
    key = request.app.state.settings.derive("service pass")
    return await contact.make_pass(reader, actor, seat_id, key)


@router.get(
    "/passes/{code}",
    summary="核验服务码",
    response_model=PassShown,
    responses=answers(NotFound),
)
async def check_pass(
    request: Request,
    reader: ReadDep,
    address: AddressDep,
    code: Annotated[str, Path(min_length=42, max_length=42, pattern="^[0-9a-f]+$")],
) -> dict[str, Any]:
    """Whether who stands at the door is genuine; for anybody, limited for each network."""
    state = request.app.state
    await limits.count(state.sessions, f"pass|{address}", most=30, window=contact.LIMIT_WINDOW)
    return await contact.check_pass(reader, code, state.settings.derive("service pass"))
