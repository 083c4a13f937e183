"""Who is told of an order, a seat."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import Acceptance, Need, NeedStatus
from app.models.order import (
    UNPROMISED,
    Order,
    OrderNeed,
    OrderStatus,
    OrderStep,
    Seat,
    SeatStatus,
    SeatStep,
)
from app.models.person import Person, Role
from app.needs.events import AcceptanceMoved
from app.notifications import offers, service
from app.orders import untaken
from app.orders.events import OrderMoved, SeatMoved
from app.policies import content

CONCERNED = (*UNPROMISED, SeatStatus.TAKEN)  # by a change of time or place
REASONS = "acceptance.reasons_if_not_solved"
STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)


async def on_seat_moved(session: AsyncSession, fact: int, event: SeatMoved) -> None:
    """Who took a seat has it in writing, and the resident knows who comes: a surname, a time.

    Who is offered a place learns until when, and who no longer has one that he has not.
    """
    if event.action in ("take", "accept"):
        await _tell_taken(session, fact, event)
    elif event.action in ("offer", "lapse", "replace", "decline", "leave"):
        await offers.tell(session, fact, event)
    if event.action == "leave":
        await _tell_left(session, fact, event)


async def _tell_taken(session: AsyncSession, fact: int, event: SeatMoved) -> None:
    order = await session.get_one(Order, event.order_id)
    await service.tell(
        session,
        fact,
        "seat_taken",
        [event.person_id],
        ("order", order.id),
        order=order.said_title,
        start=order.starts_at,
        place=order.place,
        cutoff=order.release_until,
    )
    taker = await session.get_one(Person, event.person_id)
    await service.tell(
        session,
        fact,
        "need_taken",
        await _residents(session, order),
        ("order", order.id),
        time=order.starts_at,
        surname=(taker.name or "—")[:1],
    )


async def _tell_left(session: AsyncSession, fact: int, event: SeatMoved) -> None:
    """The community, of who had promised to come and is not registered any more; no name."""
    had = select(SeatStep.left).where(SeatStep.seat_id == event.seat_id, SeatStep.action == "leave")
    if await session.scalar(had) != SeatStatus.TAKEN:
        return
    order = await session.get_one(Order, event.order_id)
    staff = await service.holders(session, order.community_id, *STAFF)
    words = {"order": order.said_title, "start": order.starts_at}
    await service.tell(session, fact, "taker_left", staff, ("order", order.id), **words)


async def on_order_moved(session: AsyncSession, fact: int, event: OrderMoved) -> None:
    """Who has a seat, the resident and the community learn what becomes of a service."""
    order = await session.get_one(Order, event.order_id)
    if event.action == "cancel":
        await _tell_cancelled(session, fact, order)
    elif event.action == "expire":
        await _tell_unserved(session, fact, order)
    elif event.action == "change":
        await _tell_changed(session, fact, order, event.changed)
    elif event.action == "remind":
        await service.tell(
            session,
            fact,
            "service_tomorrow",
            await _in_seats(session, order, SeatStatus.TAKEN),
            ("order", order.id),
            order=order.said_title,
            start=order.starts_at,
            place=order.place,
        )
    elif event.action == "chase":
        staff = await service.holders(session, order.community_id, *STAFF)
        people = {order.created_by_id} & staff or staff
        subject, words = ("order", order.id), {"order": order.said_title, "end": order.ends_at}
        message = "attendance_missing" if event.status == OrderStatus.OPEN else "minutes_missing"
        await service.tell(session, fact, message, people, subject, **words)


async def on_acceptance_moved(session: AsyncSession, fact: int, event: AcceptanceMoved) -> None:
    """Who served learns what the resident has answered, and the community what was not solved.

    Source: practice.md R10.
    """
    answer = await content.find(session, "acceptance.answers", event.action)
    if answer is None:
        return
    row = await session.get_one(Acceptance, event.acceptance_id)
    reason = await content.find(session, REASONS, row.reason_code or "")
    result = f"{answer['name']}（{reason['name']}）" if reason else answer["name"]
    if event.order_id is not None:
        order = await session.get_one(Order, event.order_id)
        people = await _in_seats(session, order, SeatStatus.CONFIRMED)
        subject = ("order", order.id)
        await service.tell(
            session,
            fact,
            "resident_answered",
            people,
            subject,
            order=order.said_title,
            result=result,
        )
    if not answer["counts_as_solved"]:
        need = await session.get_one(Need, event.need_id)
        staff = await service.holders(session, need.community_id, *STAFF)
        subject = ("need", need.id)
        await service.tell(
            session, fact, "need_not_solved", staff, subject, need=need.number, result=result
        )


async def _tell_cancelled(session: AsyncSession, fact: int, order: Order) -> None:
    """To whose seat was cancelled with it, and to the resident if he was told of a service."""
    people = await _in_seats(session, order, SeatStatus.CANCELLED)
    words = {"order": order.said_title, "reason": await _why(session, order)}
    await service.tell(session, fact, "order_cancelled", people, ("order", order.id), **words)
    if order.published_at is not None:
        residents = await _residents(session, order)
        await service.tell(
            session, fact, "need_service_off", residents, ("order", order.id), **words
        )


async def _tell_unserved(session: AsyncSession, fact: int, order: Order) -> None:
    """To the community, why and what might be done; to the resident, that it was not."""
    staff = await service.holders(session, order.community_id, *STAFF)
    subject = ("order", order.id)
    why = await content.find(session, untaken.REASONS, order.no_taker_reason or "") or {}
    do = await content.find(session, untaken.PROPOSALS, order.no_taker_proposal or "") or {}
    words = {"order": order.said_title, "reason": why.get("name"), "proposal": do.get("name")}
    await service.tell(session, fact, "order_without_taker", staff, subject, **words)
    words["reason"] = await _why(session, order)
    residents = await _residents(session, order)
    await service.tell(session, fact, "need_service_off", residents, subject, **words)


async def _tell_changed(
    session: AsyncSession, fact: int, order: Order, changed: Sequence[str]
) -> None:
    """To who has taken it, whatever he reads of it; to the resident, when and where."""
    ends = order.ends_at.astimezone(clock.ZONE)
    moved = {
        "starts_at": f"时间改为{service.say(order.starts_at)}至{ends:%H:%M}",
        "place": f"地点改为{order.place}",
    }
    texts = {"title": "名称有修改", "description": "说明有修改"}
    touched = {"starts_at" if name == "ends_at" else name for name in changed}
    for message, people, says in (
        ("order_changed", await _in_seats(session, order, *CONCERNED), moved | texts),
        ("need_service_changed", await _residents(session, order), moved),
    ):
        change = "，".join(words for name, words in says.items() if name in touched)
        if change and order.published_at is not None:
            await service.tell(
                session,
                fact,
                message,
                people,
                ("order", order.id),
                order=order.said_title,
                change=change,
            )


async def _in_seats(session: AsyncSession, order: Order, *status: SeatStatus) -> Sequence[UUID]:
    found = await session.scalars(
        select(Seat.person_id).where(Seat.order_id == order.id, Seat.status.in_(status))
    )
    return found.all()


async def _residents(session: AsyncSession, order: Order) -> Sequence[UUID | None]:
    """Who asked for it and still wants it."""
    found = await session.scalars(
        select(Need.requester_id)
        .join(OrderNeed, OrderNeed.need_id == Need.id)
        .where(OrderNeed.order_id == order.id, Need.status != NeedStatus.WITHDRAWN)
    )
    return found.all()


async def _why(session: AsyncSession, order: Order) -> str | None:
    """Why it did not take place, in the words of the content where it is a code of it."""
    reason = await session.scalar(
        select(OrderStep.reason)
        .where(OrderStep.order_id == order.id, OrderStep.action.in_(("cancel", "expire")))
        .limit(1)
    )
    if reason is None:
        return None
    found = await content.find(session, "cancel_reasons", reason)
    return found["name"] if found else reason
