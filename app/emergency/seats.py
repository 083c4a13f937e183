"""Places on shifts: claimed by who was called, given back, answered by who was named.

A place is one conditional UPDATE of the shift, so that no two get the last one; what follows stands
in the same transaction. In an emergency a person's other promises do not hinder him, and no week is
full; rest between two shifts is kept all the same. Source: domain.md §3.8, practice.md R28.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ScalarSelect, and_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.commitments import service as commitments
from app.core import clock, ids
from app.core.errors import AppError, Conflict, Forbidden, NotFound
from app.emergency import limits, service
from app.emergency.lifecycle import CLAIMED, FREED, NAMED, ShiftSeatAction
from app.emergency.limits import AlreadyThere
from app.models.emergency import CallUp, Reply, Shift, ShiftSeat, ShiftSeatStatus
from app.models.member import Registration, RegistrationStatus
from app.models.order import Commitment
from app.orders.eligibility import WeekLimit
from app.permissions import Actor, Permission, grants, may

P, B, S = Permission, ShiftSeatAction, ShiftSeatStatus
BIRTHS = {CLAIMED: S.TAKEN, NAMED: S.NAMED}


class Full(Conflict):
    """All places are taken."""

    code, title = "full", "名额已满"


class Closed(Conflict):
    """Nobody is called any more, or the shift is over."""

    code, title = "not_open", "该班次已不能认领"


class Held(Conflict):
    """A group or an employer has taken the whole shift."""

    code, title = "shift_held", "该班次已由小组或单位整班认领"


class NotCalled(Forbidden):
    """Places are for the members who were called."""

    code, title = "not_called", "您不在本次集结范围内"


class Begun(Conflict):
    """Who has not come by the begin is entered by the organiser."""

    code, title = "begun", "班次已开始，不能退出，请联系社区"


async def claim(session: AsyncSession, actor: Actor, shift_id: UUID) -> tuple[ShiftSeat, bool]:
    """The actor has a place on the shift: the seat, and whether it is new.

    Raises:
        NotFound: no such shift for the actor.
        NotCalled, Held, Full, Closed, Tired, WeekLimit, LiveLimit: see there.
        Overlaps: in a city campaign, by the constraint.
    """
    shift, call_up, own, registration = await _look(session, actor, shift_id)
    if own is not None:
        return own, False
    if registration is None:
        raise NotCalled
    got = await session.scalar(
        update(Shift)
        .where(
            Shift.id == shift_id,
            Shift.is_open,
            Shift.holder_id.is_(None),
            Shift.taken < Shift.seats,
            Shift.ends_at > clock.now(),
        )
        .values(taken=Shift.taken + 1, updated_at=clock.now())
        .returning(Shift.id)
        .execution_options(synchronize_session=False)
    )
    if got is None:
        raise await _why_not(session, shift)
    await limits.check(session, call_up, shift, [registration.person_id])
    (seat,) = await hold(session, actor, call_up, shift, [registration], CLAIMED)
    return seat, True


async def answer(session: AsyncSession, actor: Actor, seat_id: UUID, *, comes: bool) -> ShiftSeat:
    """Who was named comes, or his place is free again; nobody asks why.

    Raises:
        NotFound, BadTransition: as every step. Begun: see there.
    """
    seat, shift, _ = await get_own(session, actor, seat_id)
    if shift.starts_at <= clock.now():
        raise Begun
    action = B.ACCEPT if comes else B.DECLINE
    service.seat_moved(session, actor, seat, action, [P.SHIFT_SEAT_OWN])
    if not comes:
        await service.give_back(session, shift, seat)
    await session.flush()
    return seat


async def release(session: AsyncSession, actor: Actor, seat_id: UUID) -> ShiftSeat:
    """The place is free again. Errors as for an answer."""
    seat, shift, _ = await get_own(session, actor, seat_id)
    if shift.starts_at <= clock.now():
        raise Begun
    service.seat_moved(session, actor, seat, B.RELEASE, [P.SHIFT_SEAT_OWN])
    await service.give_back(session, shift, seat)
    return seat


async def get_shift(session: AsyncSession, actor: Actor, shift_id: UUID) -> tuple[Shift, CallUp]:
    """The shift and its call-up, not locked.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = (
        await session.execute(
            select(Shift, CallUp)
            .join(CallUp, CallUp.id == Shift.call_up_id)
            .where(Shift.id == shift_id, may(P.CALL_UP_READ)),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    return row.Shift, row.CallUp


async def lock_shift(
    session: AsyncSession, actor: Actor, shift_id: UUID | ScalarSelect[UUID]
) -> tuple[Shift, CallUp, list[str]]:
    """As `get_shift`, the shift locked, with the permissions of organiser and holder."""
    row = (
        await session.execute(
            select(Shift, CallUp, grants(P.CALL_UP_RUN, P.SHIFT_NAME))
            .join(CallUp, CallUp.id == Shift.call_up_id)
            .where(Shift.id == shift_id, may(P.CALL_UP_READ))
            .with_for_update(of=Shift),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    return row.Shift, row.CallUp, row.grants


async def hold(
    session: AsyncSession,
    actor: Actor,
    call_up: CallUp,
    shift: Shift,
    registrations: Sequence[Registration],
    born: str,
) -> list[ShiftSeat]:
    """Seats of these members, whose places were taken from the shift in this transaction.

    Raises:
        WeekLimit: see there. Overlaps: by the constraint, where no emergency lifts it.
    """
    made = [
        ShiftSeat(
            id=ids.new_id(),
            shift_id=shift.id,
            person_id=registration.person_id,
            registration_id=registration.id,
            status=BIRTHS[born],
        )
        for registration in registrations
    ]
    session.add_all(made)
    for seat in made:
        service.tell_seat(session, actor, seat, born, None)
    if call_up.week_limit is not None:  # the week before the time, as orders do: never crosswise
        people = [seat.person_id for seat in made]
        with session.no_autoflush:  # every row is written once
            most = await commitments.add(session, people, commitments.week_of(shift.starts_at))
        if most > call_up.week_limit:
            raise WeekLimit
    session.add_all(
        Commitment(
            person_id=seat.person_id,
            during=Range(shift.starts_at, shift.ends_at),
            is_exclusive=not call_up.is_emergency,
            source_kind=service.SOURCE,
            source_id=seat.id,
        )
        for seat in made
    )
    await session.flush()
    return made


async def _look(
    session: AsyncSession, actor: Actor, shift_id: UUID
) -> tuple[Shift, CallUp, ShiftSeat | None, Registration | None]:
    """As `get_shift`, with the seat that the actor has already, and as whom he was called."""
    row = (
        await session.execute(
            select(Shift, CallUp, ShiftSeat, Registration)
            .join(CallUp, CallUp.id == Shift.call_up_id)
            .outerjoin(
                ShiftSeat,
                and_(
                    ShiftSeat.shift_id == Shift.id,
                    ShiftSeat.person_id == actor.person_id,
                    ShiftSeat.status.not_in(FREED),
                ),
            )
            .outerjoin(
                Reply,
                and_(Reply.call_up_id == CallUp.id, Reply.person_id == actor.person_id),
            )
            .outerjoin(
                Registration,
                and_(
                    Registration.id == Reply.registration_id,
                    Registration.status == RegistrationStatus.ACTIVE,
                ),
            )
            .where(Shift.id == shift_id, may(P.CALL_UP_READ)),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    return row.Shift, row.CallUp, row.ShiftSeat, row.Registration


async def _why_not(session: AsyncSession, shift: Shift) -> Conflict:
    """Why no place was got, as it stands now."""
    await session.refresh(shift)
    if not shift.is_open or shift.ends_at <= clock.now():
        return Closed()
    return Held() if shift.holder_id is not None else Full()


async def get_own(
    session: AsyncSession, actor: Actor, seat_id: UUID
) -> tuple[ShiftSeat, Shift, CallUp]:
    """The actor's own seat with its shift, both locked, the shift first as everywhere.

    Raises:
        NotFound: none, or somebody else's.
    """
    row = (
        await session.execute(
            select(Shift, CallUp)
            .join(CallUp, CallUp.id == Shift.call_up_id)
            .join(ShiftSeat, ShiftSeat.shift_id == Shift.id)
            .where(ShiftSeat.id == seat_id, may(P.SHIFT_SEAT_OWN))
            .with_for_update(of=Shift),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    seat = await session.get_one(ShiftSeat, seat_id, with_for_update=True)
    return seat, row.Shift, row.CallUp


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_shift_seats_living": AlreadyThere}
