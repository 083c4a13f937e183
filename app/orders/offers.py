"""A place offered to a person: it is held for him until he answers, and goes on when he does not.

The next of the waiting list is offered what falls free, whom the organiser or a branch names is
asked; all of it is one row of `seats`. Whoever comes here has locked the order, and with it its
seats and the takes of its branches. The one clock stands on the order (`offers_due_at`), so that
the order is locked first, as everywhere.
Source: engineering.md D.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.deadlines import Deadline
from app.models.member import Registration
from app.models.order import BranchTake, Order, OrderStatus, Seat, SeatOrigin, SeatStatus
from app.orders import eligibility, service
from app.orders.lifecycle import SEAT, SeatAction
from app.permissions import Actor
from app.policies import service as policies

HOURS = "orders.offer_expires_hours"
ANSWER_HOURS = "orders.dispatch_answer_hours"
QUIET = ("notify.quiet_from", "notify.quiet_to")


def is_open(order: Order) -> bool:
    """Whether a place on it can still be taken or offered."""
    return order.status is OrderStatus.OPEN and order.starts_at > clock.now()


async def pass_on(session: AsyncSession, order: Order) -> None:
    """Free places are offered to who waits, the longest waiting first.

    Who has promised the time to another service, or has his limits reached, is passed over and
    goes on waiting. The nights do not count in the time to answer.
    """
    if order.taken >= order.seats or not is_open(order):
        return
    with session.no_autoflush:  # what is not written yet concerns nobody who waits
        found = await session.scalars(
            select(Seat)
            .join(Order, Order.id == Seat.order_id)
            .where(
                Seat.order_id == order.id,
                Seat.status == SeatStatus.WAITING,
                eligibility.may_come(Seat.person_id),
            )
            .order_by(Seat.id)
            .limit(order.seats - order.taken)
            .with_for_update(of=Seat)
        )
        waiting = found.all()
        if not waiting:
            return
        held = await policies.values(session, order.community_id, HOURS, *QUIET)
    quiet = [time.fromisoformat(held[key]) for key in QUIET]
    until = min(awake_after(clock.now(), held[HOURS], *quiet), order.starts_at)
    for seat in waiting:
        left = SEAT.advance(seat, SeatAction.OFFER)
        seat.offered_until = until
        service.tell_seat(session, Actor.system(), seat, SeatAction.OFFER, left)
    order.taken += len(waiting)
    wake(order, until)
    await session.flush()


async def ask(
    session: AsyncSession,
    actor: Actor,
    order: Order,
    people: Sequence[Registration],
    *,
    origin: SeatOrigin,
    hours: int,
    take: BranchTake | None = None,
) -> list[Seat]:
    """Each of these people is offered a place that the caller has counted as held.

    They have `hours` to answer, never beyond the begin; silence is a refusal. The caller flushes.
    """
    until = min(clock.now() + timedelta(hours=hours), order.starts_at)
    seats = [
        Seat(
            id=ids.new_id(),
            order_id=order.id,
            person_id=one.person_id,
            registration_id=one.id,
            status=SeatStatus.OFFERED,
            origin=origin,
            offered_until=until,
            branch_take_id=take and take.id,
        )
        for one in people
    ]
    wake(order, until)
    session.add_all(seats)
    for seat in seats:
        service.tell_seat(session, actor, seat, SeatAction.OFFER, None)
    return seats


async def places_back(session: AsyncSession, order: Order, seats: Sequence[Seat]) -> None:
    """The places are their branches' again, for another name; or they are free."""
    named = [seat.branch_take_id for seat in seats if seat.branch_take_id is not None]
    takes: dict[UUID | None, BranchTake] = {}
    if named and is_open(order):
        found = await session.scalars(
            select(BranchTake)
            .where(BranchTake.id.in_(named), BranchTake.names_due_at > clock.now())
            .execution_options(populate_existing=True)
        )
        takes = {take.id: take for take in found}
    for seat in seats:
        if seat.branch_take_id in takes:
            takes[seat.branch_take_id].unnamed += 1
        else:
            order.taken -= 1


async def lapse(session: AsyncSession, order: Order) -> None:
    """What is due now has ended: offers without an answer, places without a name, the waiting.

    What falls free is offered to the next.
    """
    now = clock.now()
    has_begun = true() if order.starts_at <= now else false()
    found = await session.scalars(
        select(Seat)
        .where(
            Seat.order_id == order.id,
            or_(
                and_(Seat.status == SeatStatus.OFFERED, Seat.offered_until <= now),
                and_(Seat.status == SeatStatus.WAITING, has_begun),
            ),
        )
        .order_by(Seat.id)
        .with_for_update()
    )
    offered: list[Seat] = []
    for seat in found.all():
        is_offer = seat.status is SeatStatus.OFFERED
        action = SeatAction.LAPSE if is_offer else SeatAction.END_WAIT
        left = SEAT.advance(seat, action)
        service.tell_seat(session, Actor.system(), seat, action, left)
        if is_offer:
            offered.append(seat)
    await places_back(session, order, offered)
    unnamed = await session.scalars(
        select(BranchTake)
        .where(
            BranchTake.order_id == order.id,
            BranchTake.unnamed > 0,
            or_(BranchTake.names_due_at <= now, has_begun),
        )
        .order_by(BranchTake.id)
    )
    for take in unnamed.all():
        order.taken -= take.unnamed
        take.unnamed = 0
    await session.flush()
    await pass_on(session, order)
    await set_clock(session, order)


async def set_clock(session: AsyncSession, order: Order) -> None:
    """The order is looked at again when the next of these ends."""
    names_due_at = (
        select(func.min(BranchTake.names_due_at))
        .where(BranchTake.order_id == order.id, BranchTake.unnamed > 0)
        .scalar_subquery()
    )
    offered = func.min(Seat.offered_until).filter(Seat.status == SeatStatus.OFFERED)
    waiting = func.count().filter(Seat.status == SeatStatus.WAITING)
    offer_ends, are_waiting, names_end = (
        await session.execute(
            select(offered, waiting, names_due_at).where(Seat.order_id == order.id)
        )
    ).one()
    order.offers_due_at = None
    for moment in (offer_ends, names_end, order.starts_at if are_waiting else None):
        if moment is not None:
            wake(order, moment)
    await session.flush()


def wake(order: Order, moment: datetime) -> None:
    """The order is looked at again at `moment`, or before."""
    order.offers_due_at = min(moment, order.offers_due_at or moment)


def move(order: Order, seats: Iterable[Seat]) -> None:
    """The order has another begin: no offer of `seats` holds beyond it; the caller flushes."""
    for seat in seats:
        if seat.status is SeatStatus.OFFERED and seat.offered_until is not None:
            seat.offered_until = min(seat.offered_until, order.starts_at)
    if order.offers_due_at is not None:
        wake(order, order.starts_at)


def awake_after(moment: datetime, hours: int, quiet_from: time, quiet_to: time) -> datetime:
    """`hours` after `moment`, not counting the quiet hours of each night; local time."""
    local, left = moment.astimezone(clock.ZONE), timedelta(hours=hours)
    over_midnight = timedelta(days=1 if quiet_from <= quiet_to else 0)
    day = local.date() - timedelta(days=1)
    while True:
        opens = datetime.combine(day, quiet_to, clock.ZONE)
        closes = datetime.combine(day + over_midnight, quiet_from, clock.ZONE)
        begins = max(local, opens)
        if begins < closes:
            if left <= closes - begins:
                return (begins + left).astimezone(UTC)
            left -= closes - begins
        day += timedelta(days=1)


DEADLINES = (Deadline(Order, lapse, "offers_due_at"),)
