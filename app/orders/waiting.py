"""Waiting for a place on a full order, and the answer to an offered one."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.commitments import service as commitments
from app.core import clock
from app.core.errors import Conflict
from app.models.order import Order, OrderStatus, Seat, SeatOrigin, SeatStatus
from app.orders import eligibility, offers, service
from app.orders.eligibility import NotRegistered, WeekLimit
from app.orders.flags import DispatchOnly
from app.orders.lifecycle import WAITED, SeatAction
from app.orders.seats import Closed
from app.orders.service import OwnNeed
from app.permissions import Actor
from app.policies import service as policies
from app.rules.orders import is_living

MOST = "orders.waiting_list_max"


class NotFull(Conflict):
    """There is a place: it is taken, not waited for."""

    code, title = "not_full", "还有名额，可直接接单"


class WaitingFull(Conflict):
    """So many wait already that hardly one of them will come to a place."""

    code, title = "waiting_full", "候补人数已满"


class OfferLapsed(Conflict):
    """The time to answer is over."""

    code, title = "offer_lapsed", "名额保留时间已过"


async def wait(session: AsyncSession, actor: Actor, order_id: UUID) -> Seat:
    """The actor waits for a place; who is on the order already keeps what he has.

    Who was passed over, and has time again, asks anew: a place that is still free is offered then.

    Raises:
        NotFound: no such order for the actor.
        Closed, DispatchOnly, NotRegistered, OwnNeed, NotFull, WaitingFull: see there.
    """
    order, _ = await service.get(session, actor, order_id)
    known = await session.scalar(
        select(Seat).where(
            Seat.order_id == order.id, Seat.person_id == actor.person_id, is_living(Seat)
        )
    )
    if known is not None:
        await offers.pass_on(session, order)
        return known
    if not offers.is_open(order):
        raise Closed
    if order.is_confidential:
        raise DispatchOnly
    person = actor.person_id
    registration_id = await session.scalar(select(eligibility.registration_of(person)))
    if person is None or registration_id is None or order.community_id not in actor.places:
        raise NotRegistered
    if person in await service.asked_by(session, order.id):
        raise OwnNeed
    if order.taken < order.seats:
        raise NotFull
    await _check_length(session, order)
    seat = Seat(
        order_id=order.id,
        person_id=person,
        registration_id=registration_id,
        status=SeatStatus.WAITING,
        origin=SeatOrigin.WAITING,
    )
    session.add(seat)
    await session.flush()
    service.tell_seat(session, actor, seat, WAITED, None)
    offers.wake(order, order.starts_at)
    await session.flush()
    return seat


async def _check_length(session: AsyncSession, order: Order) -> None:
    waiting = await session.scalar(
        select(func.count()).where(Seat.order_id == order.id, Seat.status == SeatStatus.WAITING)
    )
    if (waiting or 0) >= await policies.value(session, order.community_id, MOST):
        raise WaitingFull


async def accept(session: AsyncSession, actor: Actor, seat_id: UUID) -> Seat:
    """The actor comes: the offered place is his, as if he had taken it.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        Closed: the service has begun, or does not take place. OfferLapsed: see there.
        NotRegistered, NotQualified, OwnNeed, Overlaps, LiveLimit, WeekLimit: as taking does.
    """
    seat, order, granted = await service.get_seat(session, actor, seat_id)
    service.seat_moved(session, actor, seat, SeatAction.ACCEPT, granted)
    if order.status is not OrderStatus.OPEN or order.starts_at <= clock.now():
        raise Closed
    if seat.offered_until is None or seat.offered_until <= clock.now():
        raise OfferLapsed
    seat.registration_id = await eligibility.check(session, order, seat.person_id)
    promised = await commitments.promise(
        session, seat.person_id, ("order", seat.id), order.starts_at, order.ends_at
    )
    if promised > order.week_limit:  # two answers at once have both seen room
        raise WeekLimit
    await session.flush()
    return seat


async def decline(session: AsyncSession, actor: Actor, seat_id: UUID) -> Seat:
    """The actor does not come, or waits no longer: without a reason, and nothing follows from it.

    An offered place goes back to its branch, or to the next who waits.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
    """
    seat, order, granted = await service.get_seat(session, actor, seat_id)
    was_offered = seat.status is SeatStatus.OFFERED
    service.seat_moved(session, actor, seat, SeatAction.DECLINE, granted)
    if was_offered:
        await offers.places_back(session, order, [seat])
        await offers.pass_on(session, order)
    await session.flush()
    return seat
