"""What passes by itself on a service: nobody takes it, it begins, nobody enters who came or confirms.

Source: practice.md R1, R15; the policies named.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, workdays
from app.deadlines import Deadline
from app.models.order import UNPROMISED, Order, OrderStatus, Seat
from app.orders import service, untaken
from app.orders.lifecycle import CHASED, REMINDED, RUNNING
from app.permissions import Actor
from app.policies import service as policies
from app.rules.orders import is_living

UNENTERED, UNCONFIRMED = "orders.attendance_reminder_hours", "orders.confirm_workdays"


async def expire(session: AsyncSession, order: Order) -> None:
    """The time of an open order is over: untaken it expires, and its needs go back to triage.

    One that somebody has taken stays open: the organiser enters who came, and is reminded of it some
    hours later. Some days after its publishing (policy) an order that a need waits for and nobody
    has a place on goes back already; what the community has announced by itself stays to its end.
    """
    if order.status is not OrderStatus.OPEN:
        return
    if order.ends_at > clock.now():
        days = await policies.value(session, order.community_id, untaken.DAYS)
        if days and not order.taken and await service.needs_of(session, order):
            await service.unserved(session, Actor.system(), order, f"满{days}天无人接单")
        else:
            order.due_at = untaken.look_at(order, days)
        return
    taken = await session.scalar(
        select(Seat.id)
        .where(Seat.order_id == order.id, is_living(Seat), Seat.status.not_in(UNPROMISED))
        .limit(1)
    )
    if taken is None:
        await service.unserved(session, Actor.system(), order, service.NOBODY_TOOK)
        return
    hours = await policies.value(session, order.community_id, UNENTERED)
    order.remind_at = order.ends_at + timedelta(hours=hours)
    await session.flush()


async def remind(session: AsyncSession, order: Order) -> None:
    """Some hours before it begins (policy), who has taken a seat is reminded of it; when it is long
    over and nobody has entered who came, or confirmed the minutes, the community is, and again after
    as many workdays (policy): nothing is confirmed by silence."""
    if order.status not in RUNNING:
        return
    if order.starts_at > clock.now():
        service.tell(session, Actor.system(), order, REMINDED, order.status)
    elif order.ends_at < clock.now():
        service.tell(session, Actor.system(), order, CHASED, order.status)
        order.remind_at = await unconfirmed_at(session, order, clock.now())


async def unconfirmed_at(session: AsyncSession, order: Order, since: datetime) -> datetime | None:
    """When the community is reminded that it has not confirmed the order; None: never."""
    days = await policies.value(session, order.community_id, UNCONFIRMED)
    return workdays.after(since, days) if days else None


DEADLINES = (Deadline(Order, expire), Deadline(Order, remind, "remind_at"))
