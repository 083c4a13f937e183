"""Who is told of an order, a seat, a record."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.need import Need
from app.models.order import Order, OrderNeed, OrderStep, Seat, SeatStatus, ServiceRecord
from app.models.person import Person, Role
from app.notifications import service
from app.orders.events import OrderMoved, SeatMoved
from app.policies import content
from app.records.events import RecordMoved

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)


async def on_seat_moved(session: AsyncSession, fact: int, event: SeatMoved) -> None:
    """Who took a seat has it in writing, and the resident knows who comes: a surname, a time."""
    if event.action != "take":
        return
    order = await session.get_one(Order, event.order_id)
    await service.tell(
        session,
        fact,
        "seat_taken",
        [event.person_id],
        ("order", order.id),
        order=order.title,
        start=order.starts_at,
        place=order.place,
        cutoff=order.release_until,
    )
    taker = await session.get_one(Person, event.person_id)
    residents = await session.scalars(
        select(Need.requester_id)
        .join(OrderNeed, OrderNeed.need_id == Need.id)
        .where(OrderNeed.order_id == order.id)
    )
    await service.tell(
        session,
        fact,
        "need_taken",
        residents.all(),
        ("order", order.id),
        time=order.starts_at,
        surname=(taker.name or "—")[:1],
    )


async def on_order_moved(session: AsyncSession, fact: int, event: OrderMoved) -> None:
    """A cancelled service is told to who had a seat; one that nobody took, to the community."""
    order = await session.get_one(Order, event.order_id)
    subject = ("order", order.id)
    if event.action == "cancel":
        holders = await session.scalars(
            select(Seat.person_id).where(
                Seat.order_id == order.id, Seat.status != SeatStatus.EXCUSED
            )
        )
        await service.tell(
            session,
            fact,
            "order_cancelled",
            holders.all(),
            subject,
            order=order.title,
            reason=await _why(session, order),
        )
    elif event.action == "expire":
        people = await service.holders(session, order.community_id, *STAFF)
        await service.tell(
            session,
            fact,
            "order_without_taker",
            people,
            subject,
            order=order.title,
            reason="到时无人接单",
        )


async def on_record_moved(session: AsyncSession, fact: int, event: RecordMoved) -> None:
    """A member sees each new record, and may say that it was not he."""
    if event.action != "add":
        return
    record = await session.get_one(ServiceRecord, event.record_id)
    await service.tell(
        session,
        fact,
        "record_added",
        [event.person_id],
        ("record", record.id),
        order=record.title,
        hours=f"{record.minutes / 60:.1f}",
    )


async def _why(session: AsyncSession, order: Order) -> str | None:
    """The reason of the cancelling, in the words of the content where it is a code of it."""
    reason = await session.scalar(
        select(OrderStep.reason)
        .where(OrderStep.order_id == order.id, OrderStep.action == "cancel")
        .limit(1)
    )
    if reason is None:
        return None
    found = await content.find(session, "cancel_reasons", reason)
    return found["name"] if found else reason
