"""Who is not registered any more comes to no service that has not begun: his places go on to others.

Nothing of it is held against him. What a transfer does is its own rule: seats stay with the
registration that they were taken under (`members.transfers`).
"""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.commitments import service as commitments
from app.core import clock
from app.members import transfers
from app.members.events import RegistrationMoved
from app.models.member import RegistrationStatus
from app.models.order import UNPROMISED, Order, OrderStatus, Seat, SeatStatus
from app.orders import offers, service
from app.orders.lifecycle import SEAT, SeatAction
from app.permissions import Actor
from app.rules.orders import is_living

REASON = "registration_ended"


async def on_registration_moved(
    session: AsyncSession, fact_number: int, event: RegistrationMoved
) -> None:
    """His seats, offered places and waits are released; what falls free goes to its branch, or to
    who waits. The orders are locked in the order of their ids, and before their seats."""
    if event.status != RegistrationStatus.ENDED:
        return
    if await transfers.was_transferred(session, event.registration_id):
        return
    theirs = (Seat.registration_id == event.registration_id, is_living(Seat))
    found = await session.scalars(
        select(Order)
        .where(
            Order.id.in_(select(Seat.order_id).where(*theirs)),
            Order.status == OrderStatus.OPEN,
            Order.starts_at > clock.now(),
        )
        .order_by(Order.id)
        .with_for_update()
    )
    orders = {order.id: order for order in found}
    seats = await session.scalars(
        select(Seat)
        .where(*theirs, Seat.order_id.in_(orders))
        .order_by(Seat.order_id)
        .with_for_update()
    )
    gone = []
    freed: defaultdict[UUID, list[Seat]] = defaultdict(list)
    for seat in seats.all():
        order, left = orders[seat.order_id], SEAT.advance(seat, SeatAction.LEAVE)
        service.tell_seat(session, Actor.system(), seat, SeatAction.LEAVE, left, reason=REASON)
        if left is not SeatStatus.WAITING:
            freed[order.id].append(seat)
        if left not in UNPROMISED:
            gone.append(seat.id)
    await session.flush()
    await commitments.take_back(session, "order", gone)
    for order in orders.values():
        await offers.places_back(session, order, freed[order.id])
        await offers.pass_on(session, order)
