"""Who may stand on a shift: rested, not there yet; in a city campaign within every ordinary limit.

What is asked here stays so until the transaction ends, for the people's promises are locked first:
two claims of one person on two shifts come one after the other. The shift is locked before them.
Source: practice.md R4, R28; defaults.yaml `emergency.rest_hours_min`.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.commitments import service as commitments
from app.commitments.service import Overlaps
from app.core.errors import Conflict
from app.emergency.lifecycle import FREED, PROMISED
from app.models.emergency import CallUp, Shift, ShiftSeat, ShiftSeatStatus
from app.models.order import Commitment, Seat, SeatStatus, WeekCount
from app.orders.eligibility import LiveLimit, WeekLimit


class AlreadyThere(Conflict):
    """One place a person and shift; of two taps at once the second comes to nothing."""

    code, title = "already_on_shift", "该班次已有其名额"


class Tired(Conflict):
    """Between two shifts there is rest, in an emergency too. Source: defaults.yaml `emergency`."""

    code, title = "rest_needed", "与另一班次间隔太短，请先休息"


# what is said where there are several reasons: the first of them
REASONS: tuple[type[Conflict], ...] = (AlreadyThere, Tired, LiveLimit, WeekLimit, Overlaps)


async def check(
    session: AsyncSession, call_up: CallUp, shift: Shift, people: Sequence[UUID | None]
) -> None:
    """Nothing, or why one of them may not; locks as `unfit`.

    Raises:
        AlreadyThere, Tired, LiveLimit, WeekLimit, Overlaps: see there.
    """
    found = await unfit(session, call_up, shift, people)
    for reason in REASONS:
        if reason in found.values():
            raise reason


async def unfit(
    session: AsyncSession, call_up: CallUp, shift: Shift, people: Sequence[UUID | None]
) -> dict[UUID, type[Conflict]]:
    """Who of them may not stand on the shift, with the first reason of each; their promises locked."""
    await commitments.lock(session, people)
    asked = [_there(shift, people), _tired(shift, people)]
    if not call_up.is_emergency:
        asked += _over_limits(call_up, shift, people)
    rows = await session.execute(union_all(*asked))
    found: dict[UUID, type[Conflict]] = {}
    for person_id, place in sorted(rows, key=lambda row: row[1]):
        found.setdefault(person_id, REASONS[place])
    return found


def _there(shift: Shift, people: Sequence[UUID | None]) -> Any:
    return select(ShiftSeat.person_id, _reason(AlreadyThere)).where(
        ShiftSeat.person_id.in_(people),
        ShiftSeat.shift_id == shift.id,
        ShiftSeat.status.not_in(FREED),
    )


def _tired(shift: Shift, people: Sequence[UUID | None]) -> Any:
    rest = timedelta(hours=shift.rest_hours)
    return (
        select(ShiftSeat.person_id, _reason(Tired))
        .join(Shift, Shift.id == ShiftSeat.shift_id)
        .where(
            ShiftSeat.person_id.in_(people),
            ShiftSeat.status.not_in((*FREED, ShiftSeatStatus.NO_SHOW)),
            Shift.id != shift.id,
            Shift.starts_at < shift.ends_at + rest,
            Shift.ends_at > shift.starts_at - rest,
        )
    )


def _over_limits(call_up: CallUp, shift: Shift, people: Sequence[UUID | None]) -> list[Any]:
    """A limit that is null is none, and compares with nothing."""
    promises = union_all(
        select(Seat.person_id).where(Seat.person_id.in_(people), Seat.status == SeatStatus.TAKEN),
        select(ShiftSeat.person_id).where(
            ShiftSeat.person_id.in_(people), ShiftSeat.status.in_(PROMISED)
        ),
    ).subquery()
    return [
        select(promises.c.person_id, _reason(LiveLimit))
        .group_by(promises.c.person_id)
        .having(func.count() >= call_up.live_limit),
        select(WeekCount.person_id, _reason(WeekLimit)).where(
            WeekCount.person_id.in_(people),
            WeekCount.week == commitments.week_of(shift.starts_at),
            WeekCount.taken >= call_up.week_limit,
        ),
        select(Commitment.person_id, _reason(Overlaps)).where(
            Commitment.person_id.in_(people),
            Commitment.is_exclusive,
            Commitment.during.overlaps(Range(shift.starts_at, shift.ends_at)),
        ),
    ]


def _reason(kind: type[Conflict]) -> Any:
    return literal(REASONS.index(kind), Integer())
