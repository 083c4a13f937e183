"""Orders: getting one for change, the steps of its life and of its seats with history and fact."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import CompoundSelect, Uuid, bindparam, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.commitments import service as commitments
from app.core.errors import Conflict, Invalid, NotFound
from app.models.need import Acceptance, AcceptanceStatus, Need
from app.models.order import (
    BranchTake,
    Order,
    OrderNeed,
    OrderStatus,
    OrderStep,
    Seat,
    SeatStatus,
    SeatStep,
)
from app.needs import service as needs
from app.needs.events import AcceptanceMoved
from app.orders import untaken
from app.orders.events import OrderMoved, SeatMoved
from app.orders.lifecycle import (
    ORDER,
    SEAT,
    OrderAction,
    SeatAction,
)
from app.orders.schemas import CancelIn
from app.permissions import Actor, Permission, grants, may
from app.policies import content
from app.rows import get_row
from app.rules.orders import is_living

P, A, B = Permission, OrderAction, SeatAction
NOBODY_TOOK, NOBODY_CAME = "到时无人接单", "到时无人到场"
# Made once: to build them costs the process more than to ask.
ORDER_ID = bindparam("order_id", type_=Uuid())
SEATS = (
    select(Seat)
    .where(Seat.order_id == ORDER_ID, is_living(Seat))
    .order_by(Seat.id)
    .with_for_update()
)
NEEDS = (
    select(Need)
    .join(OrderNeed, OrderNeed.need_id == Need.id)
    .where(OrderNeed.order_id == ORDER_ID)
    .order_by(Need.id)
    .with_for_update(of=Need)
)
NEED_IDS = (
    select(OrderNeed.need_id).where(OrderNeed.order_id == ORDER_ID).order_by(OrderNeed.need_id)
)
ASKED_BY = (
    select(Need.requester_id)
    .join(OrderNeed, OrderNeed.need_id == Need.id)
    .where(OrderNeed.order_id == ORDER_ID, Need.requester_id.is_not(None))
)
INVOLVED: CompoundSelect[UUID | None] = union(
    select(Order.created_by_id).where(Order.id == ORDER_ID),
    select(OrderStep.actor_id).where(OrderStep.order_id == ORDER_ID),
    select(Seat.person_id).where(Seat.order_id == ORDER_ID),
    select(SeatStep.actor_id)
    .join(Seat, Seat.id == SeatStep.seat_id)
    .where(Seat.order_id == ORDER_ID),
)


class OwnNeed(Conflict):
    """Who asked for a service neither gives it nor confirms it. Source: domain.md §5.4."""

    code, title = "own_need", "本人提出的诉求，须由他人办理和确认"


async def get(
    session: AsyncSession, actor: Actor, order_id: UUID, *permissions: Permission
) -> tuple[Order, list[str]]:
    """The order, locked, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    asked = (P.ORDER_RUN, P.ORDER_ATTEND, P.ORDER_CONTACT, P.ORDER_PHOTOGRAPH)
    return await get_row(
        session, actor, Order, order_id, seen=P.ORDER_READ, asked=asked, needed=permissions
    )


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
    """The living seats of a locked order, offered ones and who waits too, oldest first; locked."""
    return list(await session.scalars(SEATS, {"order_id": order.id}))


async def needs_of(session: AsyncSession, order: Order) -> list[Need]:
    """The needs behind a locked order, locked in the order of their ids."""
    return list(await session.scalars(NEEDS, {"order_id": order.id}))


async def need_ids(session: AsyncSession, order_id: UUID) -> list[UUID]:
    """The needs behind an order."""
    return list(await session.scalars(NEED_IDS, {"order_id": order_id}))


async def asked_by(session: AsyncSession, order_id: UUID) -> set[UUID]:
    """Who asked for what an order does."""
    rows = await session.scalars(ASKED_BY, {"order_id": order_id})
    return {person for person in rows if person is not None}


async def involved(session: AsyncSession, order: Order) -> set[UUID]:
    """Who took a seat on an order or had a hand in it at any time, from the draft on.

    Source: practice.md R19.
    """
    rows = await session.scalars(INVOLVED, {"order_id": order.id})
    return {person for person in rows if person is not None}


def moved(
    session: AsyncSession,
    actor: Actor,
    order: Order,
    action: OrderAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
) -> None:
    """The order took a step: status, history, fact; its clocks stop. The caller flushes."""
    if granted is None:
        left = ORDER.advance(order, action, reason=reason)
    else:
        left = ORDER.move(order, action, granted, reason=reason)
    order.due_at = order.remind_at = None
    tell(session, actor, order, action, left, reason=reason)


def tell(
    session: AsyncSession,
    actor: Actor,
    order: Order,
    action: str,
    left: OrderStatus | None,
    *,
    entered: OrderStatus | None = None,
    reason: str | None = None,
    changed: Sequence[str] = (),
) -> None:
    """History and fact of a step of an order; `changed`: the columns that a change touched.

    `entered`: where the step led to, if the order has gone on since.
    """
    entered = entered or order.status
    session.add(
        OrderStep(
            order_id=order.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=entered,
            reason=reason or ",".join(changed) or None,
        )
    )
    events.record(
        session,
        OrderMoved(order_id=order.id, action=action, status=entered, changed=tuple(changed)),
    )


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


async def cancel(session: AsyncSession, actor: Actor, order_id: UUID, body: CancelIn) -> Order:
    """The service does not take place: no seat lives on, nobody is blamed, needs go back to triage.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        Invalid: a reason that the content does not know, or one that wants words and has none.
    """
    order, granted = await get(session, actor, order_id, P.ORDER_RUN)
    known = await content.require(
        session, "cancel_reasons", body.reason_code, pointer="/reason_code"
    )
    if known.get("text_required") and body.reason_text is None:
        raise Invalid.field("/reason_text", "text_required", "请说明原因")
    reason = body.reason_text or body.reason_code
    with session.no_autoflush:  # every row is written once
        moved(session, actor, order, A.CANCEL, granted, reason=reason)
        await _let_go(session, actor, order, reason)
        if order.published_at is not None:  # until then its needs may be in another order's hands
            behind = await needs_of(session, order)
            await needs.back_to_triage(session, actor, behind, body.reason_text or known["name"])
    await session.flush()
    return order


async def unserved(session: AsyncSession, actor: Actor, order: Order, reason: str) -> None:
    """Nobody has served: the order expires with why and what to do; its needs go back to triage."""
    with session.no_autoflush:  # every row is written once
        why = await untaken.note(session, order, is_taken=reason == NOBODY_CAME)
        moved(session, actor, order, A.EXPIRE, None, reason=reason)
        behind = await needs_of(session, order)
        await needs.back_to_triage(session, actor, behind, f"{reason}：{why}")
    await session.flush()


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
        moved(session, Actor.system(), order, A.SETTLE, None)


async def _let_go(session: AsyncSession, actor: Actor, order: Order, reason: str) -> None:
    """No seat of the order lives on, and nobody's time is promised to it any more."""
    held = await seats_of(session, order)
    for seat in held:
        left = SEAT.advance(seat, B.CANCEL)
        tell_seat(session, actor, seat, B.CANCEL, left, reason=reason)
    order.taken = 0
    await session.execute(
        update(BranchTake).where(BranchTake.order_id == order.id).values(unnamed=0)
    )
    await commitments.take_back(session, "order", [seat.id for seat in held])
