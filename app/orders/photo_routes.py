"""Photos of a service (服务照片): added where one likes to, required nowhere."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.errors import Forbidden, NotFound
from app.core.schemas import In
from app.http.deps import ActorDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.order import Order
from app.orders import photos
from app.orders.schemas import OrderMovedOut
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["orders"], route_class=KeyedRoute)


class OrderPhotosIn(In):
    """Photos of what was done."""

    photo_ids: Annotated[
        tuple[UUID, ...],
        Field(
            min_length=1,
            max_length=20,
            description="My uploads (`POST /api/v1/files`); how many an order takes is the"
            " community's policy `files.max_per_order`. Never required.",
        ),
    ]


@router.post(
    "/orders/{order_id}/photos",
    summary="添加服务照片",
    response_model=OrderMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.ORDER_PHOTOGRAPH),
)
async def add_order_photos(
    session: SessionDep, actor: ActorDep, order_id: UUID, body: OrderPhotosIn
) -> Order:
    """Photos of what was done, by who organises or served, once it has begun; others see each when
    its check has passed."""
    return await photos.add(session, actor, order_id, body.photo_ids)
