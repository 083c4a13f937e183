"""Where who came was, coarsely, and only where the district requires it for one call-up.

Everywhere else no location is taken at all. Who cannot or will not give one is entered by staff with
the reason. Either is forgotten after the time that the content says. Source: practice.md R4,
defaults.yaml `emergency.location_kept_days`.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import clock
from app.core.errors import Conflict, NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.terms import Term
from app.emergency import seats, service
from app.emergency.lifecycle import CHECKED_IN, PRESENT, PROMISED, UNLOCATED
from app.emergency.reading import PROTECTED
from app.lifecycle import BadTransition
from app.models.check_in import CheckIn
from app.models.emergency import CallUp, Shift, ShiftSeat
from app.models.member import Member, Registration
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content

P = Permission
# Location and reason alike; when, says the content. Source: domain.md §5.8.
TERMS = (Term(CheckIn.forget_at),)


class NotAsked(Conflict):
    """No location is taken unless the district requires it for this call-up."""

    code, title = "location_not_asked", "本次任务不要求位置，系统不收集"


class NotLocated(Conflict):
    """Where it is required, who came has checked in or staff have entered why not."""

    code, title = "location_missing", "还有人未签到位置，请先签到或录入未提供的原因"


async def check_in(
    session: AsyncSession, actor: Actor, seat_id: UUID, latitude: int, longitude: int
) -> ShiftSeat:
    """Where the actor is, in hundredths of a degree; a second time instead of the first.

    Raises:
        NotFound: not the actor's own. NotAsked: see there.
        BadTransition: the seat is given up, or the shift over.
    """
    seat, shift, call_up = await seats.get_own(session, actor, seat_id)
    _check(call_up, shift, seat)
    await _note(session, actor, seat, CHECKED_IN, point=f"{latitude},{longitude}")
    return seat


async def excuse(session: AsyncSession, actor: Actor, seat_id: UUID, reason: str) -> ShiftSeat:
    """Staff have entered why somebody gives no location; one that he gave is gone.

    Raises:
        NotFound, Forbidden: as every step. NotAsked, BadTransition: as for who checks in.
    """
    shift_id = await session.scalar(select(ShiftSeat.shift_id).where(ShiftSeat.id == seat_id))
    if shift_id is None:
        raise NotFound
    shift, call_up, granted = await seats.lock_shift(session, actor, shift_id)
    require(granted, P.CALL_UP_RUN)
    seat = await session.get_one(ShiftSeat, seat_id, with_for_update=True)
    _check(call_up, shift, seat)
    await _note(session, actor, seat, UNLOCATED, reason=reason)
    return seat


async def require_all(session: AsyncSession, call_up: CallUp, seat_ids: list[UUID]) -> None:
    """Nothing, where no location is required or each of these seats has one or a reason.

    Raises:
        NotLocated: see there.
    """
    if call_up.location_reason is None:
        return
    known = await session.scalars(
        select(CheckIn.shift_seat_id).where(CheckIn.shift_seat_id.in_(seat_ids))
    )
    if set(seat_ids) - set(known):
        raise NotLocated


async def page(
    session: AsyncSession, actor: Actor, paging: Paging, shift_id: UUID
) -> Slice[dict[str, Any]]:
    """Who has checked in where, for the organiser; each location that is shown is logged.

    Raises:
        NotFound: no such shift, or not the actor's to see. Forbidden: not its organiser.
    """
    row = (
        await session.execute(
            select(grants(P.CALL_UP_RUN, P.CALL_UP_PROTECTED))
            .select_from(Shift)
            .join(CallUp, CallUp.id == Shift.call_up_id)
            .where(Shift.id == shift_id, may(P.CALL_UP_READ)),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, P.CALL_UP_RUN)
    where = scope("check-ins", {"s": shift_id})
    key = after(paging, where, UUID)
    statement = (
        select(
            CheckIn.id,
            CheckIn.shift_seat_id,
            CheckIn.point,
            CheckIn.reason,
            CheckIn.noted_at,
            ShiftSeat.person_id,
            Member.name,
            Member.is_protected,
        )
        .join(ShiftSeat, ShiftSeat.id == CheckIn.shift_seat_id)
        .join(Registration, Registration.id == ShiftSeat.registration_id)
        .join(Member, Member.id == Registration.member_id)
        .where(ShiftSeat.shift_id == shift_id)
        .order_by(CheckIn.id)
        .limit(paging.limit + 1)
    )
    if key is not None:
        statement = statement.where(CheckIn.id > key[0])
    found = await session.execute(statement)
    made = cut([dict(each) for each in found.mappings()], paging, where, "id")
    for line in made.items:
        if line["is_protected"] and P.CALL_UP_PROTECTED not in row.grants:
            line["name"] = PROTECTED
        point = line["point"]
        line["latitude"], line["longitude"] = map(int, point.split(",")) if point else (None, None)
        if point:
            subject = ("shift_seat", line["shift_seat_id"])
            audit.looked(session, actor, "location", subject=subject, owner_id=line["person_id"])
    await session.flush()
    return made


def _check(call_up: CallUp, shift: Shift, seat: ShiftSeat) -> None:
    if call_up.location_reason is None:
        raise NotAsked
    if seat.status not in PROMISED | PRESENT or shift.ends_at <= clock.now():
        raise BadTransition


async def _note(
    session: AsyncSession,
    actor: Actor,
    seat: ShiftSeat,
    action: str,
    *,
    point: str | None = None,
    reason: str | None = None,
) -> None:
    """The one row of a locked seat; its history says that it was noted, not what."""
    found = await content.section(session, "emergency")
    kept = timedelta(days=found["location_kept_days"]["value"])
    await session.execute(delete(CheckIn).where(CheckIn.shift_seat_id == seat.id))
    session.add(
        CheckIn(
            shift_seat_id=seat.id,
            point=point,
            reason=reason,
            noted_by_id=actor.person_id,
            forget_at=clock.now() + kept,
        )
    )
    service.tell_seat(session, actor, seat, action, seat.status)
    await session.flush()
