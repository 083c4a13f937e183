"""Call-ups: getting one for change, its steps and those of its seats with history and fact.

Drafting stands in `drafts.py`, approving and calling in `approvals.py`. Source: domain.md §3.8.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.commitments import service as commitments
from app.core import clock
from app.core.errors import Conflict
from app.deadlines import Deadline
from app.emergency import forming
from app.emergency.events import CallUpMoved, ShiftSeatMoved
from app.emergency.lifecycle import (
    APPROVABLE,
    CALL_UP,
    LOCATED,
    PROMISED,
    SHIFT_SEAT,
    CallUpAction,
    ShiftSeatAction,
)
from app.lifecycle import BadTransition
from app.models.emergency import (
    CallUp,
    CallUpStatus,
    CallUpStep,
    Shift,
    ShiftSeat,
    ShiftSeatStatus,
    ShiftSeatStep,
)
from app.permissions import Actor, Permission
from app.rows import get_row

P, A, B = Permission, CallUpAction, ShiftSeatAction
NOT_APPROVED = "未在规定时间内补齐第二人批准"
SOURCE = "shift"  # of promised times


class NotEmergency(Conflict):
    """A city campaign is organised like a call-up, and has none of its exceptions.

    Source: practice.md R4.
    """

    code, title = "not_emergency", "集中攻坚不属于应急，不适用应急例外"


async def withdraw(session: AsyncSession, actor: Actor, call_up_id: UUID, reason: str) -> CallUp:
    """The draft comes to nothing; nobody was called.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
    """
    call_up, granted = await get(session, actor, call_up_id)
    left = CALL_UP.move(call_up, A.WITHDRAW, granted, reason=reason)
    tell(session, actor, call_up, A.WITHDRAW, left, reason=reason)
    await session.flush()
    return call_up


async def stand_down(session: AsyncSession, actor: Actor, call_up_id: UUID) -> CallUp:
    """It is over: no place can be taken, who has not begun need not come, minutes may be entered.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
    """
    call_up, granted = await get(session, actor, call_up_id)
    left = CALL_UP.move(call_up, A.STAND_DOWN, granted)
    await _end(session, actor, call_up, A.STAND_DOWN, left)
    return call_up


async def lapse(session: AsyncSession, call_up: CallUp) -> None:
    """The second approval of an immediate call-up did not come in time: it is stood down."""
    if call_up.status is CallUpStatus.ACTIVE:
        left = CALL_UP.advance(call_up, A.LAPSE)
        await _end(session, Actor.system(), call_up, A.LAPSE, left, reason=NOT_APPROVED)


async def review(session: AsyncSession, actor: Actor, call_up_id: UUID, text: str) -> CallUp:
    """What was learned is written down, and the call-up is closed.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
    """
    call_up, granted = await get(session, actor, call_up_id)
    left = CALL_UP.move(call_up, A.REVIEW, granted, reason=text)
    call_up.review = text
    tell(session, actor, call_up, A.REVIEW, left)
    await session.flush()
    return call_up


async def require_location(
    session: AsyncSession, actor: Actor, call_up_id: UUID, reason: str
) -> CallUp:
    """The district requires the location of who comes, this once; the reason is shown to them.

    Raises:
        NotFound, Forbidden: as every step; nobody but a district.
        BadTransition: over. NotEmergency: see there.
    """
    call_up, _ = await get(session, actor, call_up_id, P.CALL_UP_LOCATE)
    if not call_up.is_emergency:
        raise NotEmergency
    if call_up.status not in APPROVABLE:
        raise BadTransition
    call_up.location_reason = reason
    tell(session, actor, call_up, LOCATED, call_up.status, reason=reason)
    await session.flush()
    return call_up


async def get(
    session: AsyncSession, actor: Actor, call_up_id: UUID, *permissions: Permission
) -> tuple[CallUp, list[str]]:
    """The call-up, locked, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    asked = (P.CALL_UP_APPROVE, P.CALL_UP_RUN, P.CALL_UP_LOCATE)
    return await get_row(
        session, actor, CallUp, call_up_id, seen=P.CALL_UP_READ, asked=asked, needed=permissions
    )


def tell(
    session: AsyncSession,
    actor: Actor,
    call_up: CallUp,
    action: str,
    left: CallUpStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step of a call-up."""
    session.add(
        CallUpStep(
            call_up_id=call_up.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=call_up.status,
            reason=reason,
        )
    )
    events.record(session, CallUpMoved(call_up_id=call_up.id, action=action, status=call_up.status))


def seat_moved(
    session: AsyncSession,
    actor: Actor,
    seat: ShiftSeat,
    action: ShiftSeatAction,
    granted: Sequence[str],
    *,
    reason: str | None = None,
) -> None:
    """The seat took a step: status, history, fact; the caller flushes."""
    left = SHIFT_SEAT.move(seat, action, granted, reason=reason)
    tell_seat(session, actor, seat, action, left, reason=reason)


def tell_seat(
    session: AsyncSession,
    actor: Actor,
    seat: ShiftSeat,
    action: str,
    left: ShiftSeatStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step of a seat."""
    session.add(
        ShiftSeatStep(
            shift_seat_id=seat.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=seat.status,
            reason=reason,
        )
    )
    events.record(
        session,
        ShiftSeatMoved(
            shift_seat_id=seat.id,
            shift_id=seat.shift_id,
            person_id=seat.person_id,
            action=action,
            status=seat.status,
        ),
    )


async def _end(
    session: AsyncSession,
    actor: Actor,
    call_up: CallUp,
    action: CallUpAction,
    left: CallUpStatus,
    *,
    reason: str | None = None,
) -> None:
    """Who has not begun need not come; places that were claimed meanwhile are seen as well."""
    call_up.due_at, call_up.stood_down_at = None, clock.now()
    tell(session, actor, call_up, action, left, reason=reason)
    with session.no_autoflush:  # every row is written once
        await session.execute(
            update(Shift)
            .where(Shift.call_up_id == call_up.id)
            .values(is_open=False, updated_at=clock.now())
        )
        await forming.lapse_all(session, actor, call_up.id)
        rows = await session.execute(
            select(ShiftSeat, Shift)
            .join(Shift, Shift.id == ShiftSeat.shift_id)
            .where(
                Shift.call_up_id == call_up.id,
                Shift.starts_at > clock.now(),
                ShiftSeat.status.in_(PROMISED),
            )
            .order_by(ShiftSeat.id)
            .with_for_update(of=ShiftSeat)
        )
        let_go = []
        for seat, shift in rows:
            was = SHIFT_SEAT.advance(seat, B.CANCEL)
            tell_seat(session, actor, seat, B.CANCEL, was, reason=reason)
            shift.taken -= 1
            let_go.append(seat.id)
        await commitments.take_back(session, SOURCE, let_go)
    await session.flush()


async def give_back(session: AsyncSession, shift: Shift, seat: ShiftSeat) -> None:
    """Place, time and week of the seat are free; the shift is locked already."""
    shift.taken -= 1
    with session.no_autoflush:  # every row is written once
        await commitments.take_back(session, SOURCE, [seat.id])
    await session.flush()


DEADLINES = (Deadline(CallUp, lapse), *forming.DEADLINES)
