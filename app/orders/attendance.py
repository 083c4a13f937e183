"""Who came, how long, and the end of the service: by the organiser, in one call each.

Minutes are confirmed by staff, never by the member himself or the resident; with them the service
records are written, and the residents behind the order are asked whether it helped.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.core import clock
from app.core.errors import Conflict, Invalid
from app.lifecycle import BadTransition
from app.models.member import Registration
from app.models.order import BranchTake, Order, OrderStatus, Seat, SeatStatus
from app.models.organization import Organization
from app.needs import acceptance
from app.orders import clocks, flags, seats, service
from app.orders.lifecycle import MARKED, PRESENT, RUNNING, OrderAction, SeatAction
from app.orders.schemas import AttendanceIn, CompleteIn, MarkIn
from app.orders.service import OwnNeed
from app.organizations.kinds import EMPLOYER_UNITS
from app.permissions import Actor, Permission, require
from app.policies import content
from app.records import service as records

P, A, B = Permission, OrderAction, SeatAction
UNKNOWN = "未说明原因"
COMING = PRESENT | {SeatStatus.TAKEN}


class OwnMinutes(Conflict):
    """Who served does not confirm his own minutes."""

    code, title = "own_minutes", "不能确认本人的服务时长"


class OwnSeat(Conflict):
    """Nobody says of himself that he came, or how well he did."""

    code, title = "own_seat", "本人的到场和表现，须由他人确认"


class NotBegun(Conflict):
    """The service has not begun."""

    code, title = "not_begun", "服务尚未开始"


class NotEntered(Conflict):
    """Of somebody who has a seat nobody knows yet whether he came."""

    code, title = "attendance_missing", "还有人未确认是否到场"


async def attend(session: AsyncSession, actor: Actor, order_id: UUID, body: AttendanceIn) -> Order:
    """Who came is marked, and who did not, with the reason where one is known.

    Raises:
        NotFound, Forbidden, BadTransition: as every step; also when the order is over.
        NotBegun: before its begin.
        OwnSeat: see there.
        TwoNeeded: one would begin alone what two must do.
        Invalid: a seat of another order, or an unknown excuse.
    """
    order, granted = await service.get(session, actor, order_id, P.ORDER_ATTEND)
    check_running(order)
    held = await service.seats_of(session, order)
    with session.no_autoflush:  # every row is written once
        await _enter(session, actor, order, granted, held, body)
        flags.check_together(order, sum(seat.status in COMING for seat in held))
        if order.status is OrderStatus.OPEN:
            service.moved(session, actor, order, A.START, granted)
            order.remind_at = await clocks.unconfirmed_at(session, order, order.ends_at)
    await session.flush()
    return order


async def complete(session: AsyncSession, actor: Actor, order_id: UUID, body: CompleteIn) -> Order:
    """The service is over: minutes confirmed, records written, residents asked.

    If nobody came, the order expires instead, and its needs go back to triage.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        NotBegun, NotEntered, OwnSeat, OwnMinutes, TwoNeeded: see there.
        OwnNeed: the actor asked for what the order does.
        Invalid: a seat of another order, or more minutes than a day may have.
    """
    order, granted = await service.get(session, actor, order_id, P.ORDER_RUN)
    check_running(order)
    if actor.person_id in await service.asked_by(session, order.id):
        raise OwnNeed
    held = await service.seats_of(session, order)
    with session.no_autoflush:  # every row is written once
        await _enter(session, actor, order, granted, held, body)
        if any(seat.status is SeatStatus.TAKEN for seat in held):
            raise NotEntered
        present = [seat for seat in held if seat.status in PRESENT]
        if not present:
            await service.unserved(session, actor, order, service.NOBODY_CAME)
            return order
        flags.check_together(order, len(present))
        if actor.person_id in {seat.person_id for seat in present}:
            raise OwnMinutes
        await _confirm(session, actor, order, granted, present, body)
        for seat in session.dirty.intersection(held):  # in one statement, with minutes or without
            flag_modified(seat, "minutes")
        await _close(session, actor, order, granted)
    await session.flush()
    return order


async def _close(session: AsyncSession, actor: Actor, order: Order, granted: list[str]) -> None:
    """The residents behind the order are asked; without one it is closed at once."""
    order.completed_at = clock.now()
    behind = await service.needs_of(session, order)
    if not behind:
        service.moved(session, actor, order, A.CLOSE_UNASKED, None)
        return
    service.moved(session, actor, order, A.COMPLETE, granted)
    excluded = await service.involved(session, order)
    await acceptance.finish(session, actor, behind, order.id, excluded)


async def mark(session: AsyncSession, actor: Actor, seat_id: UUID, body: MarkIn) -> Seat:
    """Something special about a service is noted; a concern wants words.

    Raises:
        NotFound: not the actor's to see.
        Forbidden: not of the community's staff.
        OwnSeat: see there.
        Invalid: an unknown mark, or a concern without words.
    """
    seat, _, granted = await service.get_seat(session, actor, seat_id)
    require(granted, P.ORDER_RUN)
    if seat.person_id == actor.person_id:
        raise OwnSeat
    known = await content.require(session, "rating.community_mark", body.mark, pointer="/mark")
    if known.get("text_required") and body.note is None:
        raise Invalid.field("/note", "text_required", "请说明情况")
    seat.mark, seat.mark_note = body.mark, body.note
    service.tell_seat(session, actor, seat, MARKED, seat.status)
    await session.flush()
    return seat


def check_running(order: Order) -> None:
    """Nothing, or the service does not take place now.

    Raises:
        BadTransition: it is not published, or over.
        NotBegun: see there.
    """
    if order.status not in RUNNING:
        raise BadTransition
    if order.starts_at > clock.now():
        raise NotBegun


async def _enter(
    session: AsyncSession,
    actor: Actor,
    order: Order,
    granted: list[str],
    held: list[Seat],
    body: AttendanceIn,
) -> None:
    said = enumerate(body.absent)
    codes = {f"/absent/{place}/reason_code": one.reason_code for place, one in said}
    await content.require_all(session, "absence_excuses", codes)
    by_id = {seat.id: seat for seat in held}
    excused: list[Seat] = []
    for place, seat_id in enumerate(body.present):
        seat = _seat(by_id, actor, seat_id, f"/present/{place}")
        service.seat_moved(session, actor, seat, B.ATTEND, granted)
    for place, absent in enumerate(body.absent):
        seat = _seat(by_id, actor, absent.seat_id, f"/absent/{place}/seat_id")
        if absent.reason_code is None:
            service.seat_moved(session, actor, seat, B.MISS, granted, reason=UNKNOWN)
            continue
        service.seat_moved(session, actor, seat, B.EXCUSE, granted, reason=absent.reason_code)
        excused.append(seat)
    if excused:
        await seats.give_back(session, order, excused)


async def _confirm(
    session: AsyncSession,
    actor: Actor,
    order: Order,
    granted: list[str],
    present: list[Seat],
    body: CompleteIn,
) -> None:
    usual = body.minutes or _minutes(order.starts_at, order.ends_at)
    own = {one.seat_id: one.minutes for one in body.exceptions}
    unknown = set(own) - {seat.id for seat in present}
    if unknown:
        raise Invalid.field("/exceptions", "unknown_seat", "名单中没有这个名额")
    found = await session.scalars(
        select(Registration)
        .where(Registration.id.in_([seat.registration_id for seat in present]))
        .order_by(Registration.id)
        .with_for_update(key_share=True)  # two services of one day are counted one after the other
    )
    registered = {row.id: row for row in found}
    done = records.Service(
        source=("order", order.id),
        community_id=order.community_id,
        category=order.category,
        title=order.said_title,
        place=order.place,
        served_on=clock.local_day(order.starts_at),
        starts_at=order.starts_at,
        ends_at=order.ends_at,
    )
    at_work = await _at_work(session, order, present)
    for seat in present:
        seat.minutes = own.get(seat.id, usual)
        service.seat_moved(session, actor, seat, B.CONFIRM, granted)
    made = [
        records.form(
            registered[seat.registration_id],
            done,
            own.get(seat.id, usual),
            is_work_time=seat.branch_take_id in at_work,
        )
        for seat in present
    ]
    await records.add(session, actor, made)


async def _at_work(session: AsyncSession, order: Order, present: list[Seat]) -> set[UUID | None]:
    """What employers have taken in working hours: its minutes stand apart. Source: practice.md R14."""
    if not any(seat.branch_take_id for seat in present):
        return set()
    if not await records.is_work_time(session, order.community_id, order.starts_at):
        return set()
    taken = await session.scalars(
        select(BranchTake.id)
        .join(Organization, Organization.id == BranchTake.organization_id)
        .where(BranchTake.order_id == order.id, Organization.kind.in_(EMPLOYER_UNITS))
    )
    return set(taken)


def _seat(held: dict[UUID, Seat], actor: Actor, seat_id: UUID, pointer: str) -> Seat:
    if seat_id not in held:
        raise Invalid.field(pointer, "unknown_seat", "名单中没有这个名额")
    if held[seat_id].person_id == actor.person_id:
        raise OwnSeat
    return held[seat_id]


def _minutes(starts_at: datetime, ends_at: datetime) -> int:
    return int((ends_at - starts_at).total_seconds() // 60)
