"""Who came to a shift, who was relieved, how long: by the organiser, in one call each.

Minutes are confirmed by staff, never by the member himself; with them the service records are
written. In an emergency a day may hold more minutes than the policy allows. Source: defaults.yaml
`records.max_minutes_per_day`.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from app.commitments import service as commitments
from app.core import clock
from app.core.errors import Conflict, Invalid
from app.emergency import check_ins, seats, service
from app.emergency.lifecycle import COUNTED, FREED, PRESENT, PROMISED, ShiftSeatAction
from app.emergency.shift_schemas import ShiftAttendanceIn, ShiftMinutesIn
from app.lifecycle import BadTransition
from app.models.emergency import CallUp, Shift, ShiftSeat
from app.models.member import Registration
from app.models.organization import Organization
from app.models.record import ServiceRecord
from app.organizations.kinds import EMPLOYER_UNITS
from app.permissions import Actor, Permission, require
from app.policies import content
from app.records import service as records

P, B = Permission, ShiftSeatAction
UNKNOWN = "未说明原因"
CAMPAIGN = "campaign_shift"  # source kind of records, beside that of emergencies


class NotBegun(Conflict):
    """The shift has not begun."""

    code, title = "not_begun", "班次尚未开始"


class OwnSeat(Conflict):
    """Nobody says of himself that he came, or for how long."""

    code, title = "own_seat", "本人的到场和时长，须由他人确认"


class NotEntered(Conflict):
    """Of somebody who has a seat nobody knows yet whether he came."""

    code, title = "attendance_missing", "还有人未确认是否到场"


async def attend(
    session: AsyncSession, actor: Actor, shift_id: UUID, body: ShiftAttendanceIn
) -> Shift:
    """Who came, who did not and who was relieved is entered; a relieved one's place is free again.

    Raises:
        NotFound, Forbidden, BadTransition: as every step; also when the call-up is closed.
        NotBegun, OwnSeat: see there.
        NotLocated: the district requires the location, and neither it nor a reason is known.
        Invalid: a seat of another shift, or an unknown excuse.
    """
    shift, call_up, granted = await _running(session, actor, shift_id)
    held = await _seats_of(session, shift)
    said = enumerate(body.absent)
    codes = {f"/absent/{place}/reason_code": one.reason_code for place, one in said}
    await content.require_all(session, "absence_excuses", codes)
    for place, seat_id in enumerate(body.present):
        seat = _seat(held, actor, seat_id, f"/present/{place}")
        service.seat_moved(session, actor, seat, B.ATTEND, granted)
    await check_ins.require_all(session, call_up, body.present)
    for place, missed in enumerate(body.absent):
        seat = _seat(held, actor, missed.seat_id, f"/absent/{place}/seat_id")
        reason = missed.reason_code or UNKNOWN
        service.seat_moved(session, actor, seat, B.MISS, granted, reason=reason)
    for place, relieved in enumerate(body.relieved):
        seat = _seat(held, actor, relieved.seat_id, f"/relieved/{place}/seat_id")
        service.seat_moved(session, actor, seat, B.RELIEVE, granted)
        seat.handover = relieved.handover
    gone = [one.seat_id for one in body.absent] + [one.seat_id for one in body.relieved]
    for seat_id in gone:  # in one statement, with a handover or without
        flag_modified(held[seat_id], "handover")
    shift.taken -= len(gone)
    await commitments.free(session, service.SOURCE, gone)
    await session.flush()
    return shift


async def confirm(
    session: AsyncSession, actor: Actor, shift_id: UUID, body: ShiftMinutesIn
) -> Shift:
    """The shift is over: minutes are confirmed and records written; no place can be taken.

    Raises:
        NotFound, Forbidden, BadTransition: as every step; also when the call-up is closed.
        NotBegun, NotEntered, OwnSeat: see there.
        Invalid: a seat that nobody served on; in a city campaign, more minutes than a day may have.
    """
    shift, call_up, granted = await _running(session, actor, shift_id)
    held = list((await _seats_of(session, shift)).values())
    if any(seat.status in PROMISED for seat in held):
        raise NotEntered
    present = [seat for seat in held if seat.status in PRESENT]
    if actor.person_id in {seat.person_id for seat in present}:
        raise OwnSeat
    shift.is_open = False
    if present:
        with session.no_autoflush:  # every row is written once
            await _confirm(session, actor, call_up, shift, granted, present, body)
    await session.flush()
    return shift


async def _running(
    session: AsyncSession, actor: Actor, shift_id: UUID
) -> tuple[Shift, CallUp, list[str]]:
    shift, call_up, granted = await seats.lock_shift(session, actor, shift_id)
    require(granted, P.CALL_UP_RUN)
    if call_up.status not in COUNTED:
        raise BadTransition
    if shift.starts_at > clock.now():
        raise NotBegun
    return shift, call_up, granted


async def _seats_of(session: AsyncSession, shift: Shift) -> dict[UUID, ShiftSeat]:
    """The living seats of a locked shift, in the order of their taking; locked."""
    rows = await session.scalars(
        select(ShiftSeat)
        .where(ShiftSeat.shift_id == shift.id, ShiftSeat.status.not_in(FREED))
        .order_by(ShiftSeat.id)
        .with_for_update()
    )
    return {seat.id: seat for seat in rows}


def _seat(held: Mapping[UUID, ShiftSeat], actor: Actor, seat_id: UUID, pointer: str) -> ShiftSeat:
    if seat_id not in held:
        raise Invalid.field(pointer, "unknown_seat", "名单中没有这个名额")
    if held[seat_id].person_id == actor.person_id:
        raise OwnSeat
    return held[seat_id]


async def _confirm(
    session: AsyncSession,
    actor: Actor,
    call_up: CallUp,
    shift: Shift,
    granted: list[str],
    present: list[ShiftSeat],
    body: ShiftMinutesIn,
) -> None:
    usual = body.minutes or int((shift.ends_at - shift.starts_at).total_seconds() // 60)
    own = {one.seat_id: one.minutes for one in body.exceptions}
    if set(own) - {seat.id for seat in present}:
        raise Invalid.field("/exceptions", "unknown_seat", "名单中没有这个名额")
    found = await session.scalars(
        select(Registration)
        .where(Registration.id.in_([seat.registration_id for seat in present]))
        .order_by(Registration.id)
        .with_for_update(key_share=True)  # two services of one day are counted one after the other
    )
    registered = {row.id: row for row in found}
    at_work = await _is_at_work(session, call_up, shift)
    made = []
    for seat in present:
        seat.minutes = own.get(seat.id, usual)
        service.seat_moved(session, actor, seat, B.CONFIRM, granted)
        made.append(
            _record(call_up, shift, registered[seat.registration_id], seat.minutes, at_work)
        )
    await records.add(session, actor, made)


async def _is_at_work(session: AsyncSession, call_up: CallUp, shift: Shift) -> bool:
    """An employer's own people serve in working hours: minutes stand apart. Source: practice.md R14."""
    if shift.holder_id is None:
        return False
    holder = await session.get_one(Organization, shift.holder_id)
    return holder.kind in EMPLOYER_UNITS and await records.is_work_time(
        session, call_up.organization_id, shift.starts_at
    )


def _record(
    call_up: CallUp, shift: Shift, registration: Registration, minutes: int, at_work: bool
) -> ServiceRecord:
    """Of the community where it was done; a subdistrict's counts in the member's own."""
    done = records.Service(
        source=(records.EMERGENCY if call_up.is_emergency else CAMPAIGN, shift.id),
        community_id=registration.community_id,
        category=shift.duty,
        title=call_up.title,
        place=shift.place,
        served_on=clock.local_day(shift.starts_at),
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
    )
    return records.form(registration, done, minutes, is_work_time=at_work)
