"""The code at the venue (现场动态码): shown by the organiser, entered by who came."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Depends, Request

from app.core.errors import Forbidden, NotFound
from app.http import limits
from app.http.deps import ActorDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.order import Seat
from app.orders import codes
from app.orders.attendance import NotBegun, OwnSeat
from app.orders.codes import CodeExpired
from app.orders.flags import TwoNeeded
from app.orders.schemas import ArrivalIn, SeatOut, VenueCodeOut
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["orders"], route_class=KeyedRoute)

PURPOSE = "venue code"  # of the key
MOST_TRIES, WINDOW = 10, timedelta(minutes=1)


@router.get(
    "/orders/{order_id}/venue-code",
    summary="现场动态码",
    response_model=VenueCodeOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.ORDER_ATTEND),
)
async def get_venue_code(
    request: Request, reader: ReadDep, actor: ActorDep, order_id: UUID
) -> dict[str, Any]:
    """The code for the screen at the venue; it changes every 30 seconds."""
    return await codes.show(reader, actor, order_id, request.app.state.settings.derive(PURPOSE))


async def count_try(request: Request, actor: ActorDep) -> None:
    """One more attempt; counted before the route's own session takes its connection."""
    await limits.count(
        request.app.state.sessions, f"venue|{actor.person_id}", most=MOST_TRIES, window=WINDOW
    )


@router.post(
    "/orders/{order_id}/arrival",
    dependencies=[Depends(count_try)],
    summary="凭现场码到场",
    response_model=SeatOut,
    responses=answers(
        NotFound, Forbidden, BadTransition, NotBegun, OwnSeat, TwoNeeded, CodeExpired
    ),
)
async def enter_venue_code(
    request: Request, session: SessionDep, actor: ActorDep, order_id: UUID, body: ArrivalIn
) -> Seat:
    """I am here. No location is asked for; minutes are confirmed by the organiser."""
    key = request.app.state.settings.derive(PURPOSE)
    return await codes.arrive(session, actor, order_id, body.code, key)
