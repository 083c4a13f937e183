"""Orders: getting one for change, the steps of its life and of its seats with history and fact."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.commitments import service as commitments
from app.core.errors import NotFound
from app.deadlines import Deadline
from app.models.need import Acceptance, AcceptanceStatus
from app.models.order import Order, OrderNeed, OrderStatus, OrderStep, Seat, SeatStatus, SeatStep
from app.needs import service as needs
from app.needs.events import AcceptanceMoved
from app.orders.events import OrderMoved, SeatMoved
from app.orders.lifecycle import FREED, ORDER, SEAT, OrderAction, SeatAction
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content

P, A, B = Permission, OrderAction, SeatAction
NOBODY_CAME = "到时无人接单"


async def get(
    session: AsyncSession, actor: Actor, order_id: UUID, *permissions: Permission
) -> tuple[Order, list[str]]:
    """The order, locked, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    row = (
        await session.execute(
            select(Order, grants(P.ORDER_RUN, P.ORDER_ATTEND, P.ORDER_CONTACT))
            .where(Order.id == order_id, may(P.ORDER_READ))
            .with_for_update(of=Order),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    for permission in permissions:
        require(row.grants, permission)
    return row.Order, row.grants


async def get_seat(
    session: AsyncSession, actor: Actor, seat_id: UUID
) -> tuple[Seat, Order, list[str]]:
    """The seat and its order, both locked (the order first, as everywhere), and the permissions.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    order = await session.scalar(
        select(Order)
        .join(Seat, Seat.order_id == Order.id)
        .where(Seat.id == seat_id, may(P.SEAT_READ))
        .with_for_update(of=Order),
        actor.binds(),
    )
    if order is None:
        raise NotFound
    row = (
        await session.execute(
            select(
                Seat,
                grants(P.SEAT_OWN),
                select(grants(P.ORDER_RUN, P.ORDER_ATTEND))
                .where(Order.id == order.id)
                .scalar_subquery()
                .label("of_order"),
            )
            .where(Seat.id == seat_id)
            .with_for_update(of=Seat),
            actor.binds(),
        )
    ).one()
    return row.Seat, order, [*row.grants, *row.of_order]


async def seats_of(session: AsyncSession, order: Order) -> list[Seat]:
    """All seats of a locked order that were not given back, in the order of their taking; locked."""
    rows = await session.scalars(
        select(Seat)
        .where(Seat.order_id == order.id, Seat.status.not_in(FREED))
        .order_by(Seat.id)
        .with_for_update()
    )
    return list(rows)


async def need_ids(session: AsyncSession, order_id: UUID) -> list[UUID]:
    """The needs behind an order."""
    rows = await session.scalars(
        select(OrderNeed.need_id).where(OrderNeed.order_id == order_id).order_by(OrderNeed.need_id)
    )
    return list(rows)


async def moved(
    session: AsyncSession,
    actor: Actor,
    order: Order,
    action: OrderAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
) -> None:
    """The order took a step: status, history, fact; its clock stops."""
    if granted is None:
        left = ORDER.advance(order, action, reason=reason)
    else:
        left = ORDER.move(order, action, granted, reason=reason)
    order.due_at = None
    tell(session, actor, order, action, left, reason=reason)
    await session.flush()


def tell(
    session: AsyncSession,
    actor: Actor,
    order: Order,
    action: str,
    left: OrderStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step of an order."""
    session.add(
        OrderStep(
            order_id=order.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=order.status,
            reason=reason,
        )
    )
    events.record(session, OrderMoved(order_id=order.id, action=action, status=order.status))


def seat_moved(
    session: AsyncSession,
    actor: Actor,
    seat: Seat,
    action: SeatAction,
    granted: Sequence[str],
    *,
    reason: str | None = None,
) -> None:
    """The seat took a step: status, history, fact; the caller flushes."""
    left = SEAT.move(seat, action, granted, reason=reason)
    tell_seat(session, actor, seat, action, left, reason=reason)


def tell_seat(
    session: AsyncSession,
    actor: Actor,
    seat: Seat,
    action: str,
    left: SeatStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step of a seat."""
    session.add(
        SeatStep(
            seat_id=seat.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=seat.status,
            reason=reason,
        )
    )
    events.record(
        session,
        SeatMoved(
            seat_id=seat.id,
            order_id=seat.order_id,
            person_id=seat.person_id,
            action=action,
            status=seat.status,
        ),
    )


async def cancel(session: AsyncSession, actor: Actor, order_id: UUID, reason_code: str) -> Order:
    """The service does not take place: seats are free without blame, needs go back to triage.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        Invalid: a reason that the content does not know.
    """
    order, granted = await get(session, actor, order_id, P.ORDER_RUN)
    known = await content.require(session, "cancel_reasons", reason_code, pointer="/reason_code")
    await moved(session, actor, order, A.CANCEL, granted, reason=reason_code)
    await _let_go(session, order)
    for need_id in await need_ids(session, order.id):
        await needs.back_to_triage(session, actor, need_id, known["name"])
    return order


async def expire(session: AsyncSession, order: Order) -> None:
    """The time of an open order is over: untaken it expires, and its needs go back to triage.

    One that somebody has taken stays open: the organiser enters who came.
    """
    if order.status is not OrderStatus.OPEN or order.taken:
        return
    system = Actor.system()
    await moved(session, system, order, A.EXPIRE, None)
    for need_id in await need_ids(session, order.id):
        await needs.back_to_triage(session, system, need_id, NOBODY_CAME)


async def on_acceptance_moved(session: AsyncSession, _: int, event: AcceptanceMoved) -> None:
    """When each resident behind an order has answered or stayed silent, the order is closed."""
    if event.order_id is None:
        return
    order = await session.get_one(Order, event.order_id, with_for_update=True)
    waiting = await session.scalar(
        select(Acceptance.id)
        .where(Acceptance.order_id == order.id, Acceptance.status == AcceptanceStatus.ASKED)
        .limit(1)
    )
    if waiting is None and order.status is OrderStatus.PENDING_ACCEPTANCE:
        await moved(session, Actor.system(), order, A.SETTLE, None)


async def _let_go(session: AsyncSession, order: Order) -> None:
    """Nobody's time is promised to this order any more."""
    held = await seats_of(session, order)
    await commitments.free(session, "order", [seat.id for seat in held])
    people = [seat.person_id for seat in held]
    if people:
        await commitments.give_back(session, people, commitments.week_of(order.starts_at))


DEADLINES = (Deadline(Order, expire),)
