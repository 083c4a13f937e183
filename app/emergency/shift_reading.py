"""Shifts and who has a seat on them, as they are read."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, literal_column, select, tuple_
from sqlalchemy.orm import aliased
from sqlalchemy.types import DateTime

from app.core import clock
from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.emergency.lifecycle import FREED, PRESENT, PROMISED, SHIFT_SEAT
from app.emergency.lists import AFTER, MOST, Listed
from app.emergency.reading import CALL_UP_ID, OWNER, SEEN, named
from app.models.emergency import CallUp, Shift, ShiftSeat, ShiftSeatStatus
from app.models.member import Member, Registration
from app.models.organization import NamedOrganization
from app.models.shift_team import ShiftTeam, TeamStatus
from app.permissions import Actor, Permission, grants, may, require
from app.rules.words import PERSON

P = Permission
SHIFT_ID = bindparam("shift_id", type_=Uuid())
Holder = aliased(NamedOrganization)

SHIFT_SEEN = Prepared(
    select(grants(P.CALL_UP_RUN, P.CALL_UP_PROTECTED, P.SHIFT_NAME))
    .select_from(Shift)
    .join(CallUp, CallUp.id == Shift.call_up_id)
    .where(Shift.id == SHIFT_ID, may(P.CALL_UP_READ))
)
SEATS = Listed(
    "shift-seats",
    select(
        ShiftSeat.id,
        ShiftSeat.person_id,
        ShiftSeat.status,
        ShiftSeat.minutes,
        ShiftSeat.handover,
        Member.name,
        Member.is_protected,
    )
    .join(Registration, Registration.id == ShiftSeat.registration_id)
    .join(Member, Member.id == Registration.member_id)
    .where(ShiftSeat.shift_id == SHIFT_ID),
    ShiftSeat.id,
)
MY_SEATS = Listed(
    "my-shift-seats",
    select(
        ShiftSeat.id,
        ShiftSeat.shift_id,
        ShiftSeat.status,
        ShiftSeat.minutes,
        Shift.call_up_id,
        CallUp.title,
        CallUp.location_reason,
        Shift.duty,
        Shift.place,
        Shift.starts_at,
        Shift.ends_at,
        Shift.meals,
        Shift.insurance,
    )
    .join(Shift, Shift.id == ShiftSeat.shift_id)
    .join(CallUp, CallUp.id == Shift.call_up_id)
    .where(ShiftSeat.person_id == OWNER),
    ShiftSeat.id,
    True,
)


async def page_of_shifts(
    reader: Reader, actor: Actor, paging: Paging, call_up_id: UUID
) -> Slice[dict[str, Any]]:
    """The shifts of a call-up, the soonest first.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    if await SEEN.one(reader, actor.binds() | {"call_up_id": call_up_id}) is None:
        raise NotFound
    return await shifts_of(reader, actor, paging, call_up_id)


async def shifts_of(
    reader: Reader, actor: Actor, paging: Paging, call_up_id: UUID, *, is_counted: bool = False
) -> Slice[dict[str, Any]]:
    """As `page_of_shifts`, of a call-up that the actor is known to see; `is_counted`: with how many
    were named, are there, did not come, are not entered yet, and how many teams form."""
    where = scope("shifts", {"c": call_up_id})
    key = after(paging, where, datetime, UUID)
    binds: dict[str, Any] = {"call_up_id": call_up_id, "person": actor.person_id}
    if key is not None:
        binds |= {"starts_at": key[0], "id": key[1]}
    statement = _shifts(key is not None, is_counted)
    rows = await statement.rows(reader, binds | {"most": paging.limit + 1})
    return cut(rows, paging, where, "starts_at", "id")


async def page_of_seats(
    reader: Reader, actor: Actor, paging: Paging, shift_id: UUID
) -> Slice[dict[str, Any]]:
    """Who has or had a seat on a shift, for the organiser and for who holds the block.

    Raises:
        NotFound: none, or not the actor's to see. Forbidden: neither of the two.
    """
    row = await SHIFT_SEEN.one(reader, actor.binds() | {"shift_id": shift_id})
    if row is None:
        raise NotFound
    if P.CALL_UP_RUN not in row["grants"]:
        require(row["grants"], P.SHIFT_NAME)
    return await seats_of(reader, paging, shift_id, row["grants"])


async def seats_of(
    reader: Reader, paging: Paging, shift_id: UUID, granted: list[str]
) -> Slice[dict[str, Any]]:
    """As `page_of_seats`, for who is known to have one of its permissions."""
    made = await SEATS.page(reader, paging, {"shift_id": shift_id})
    return Slice([named(each, granted) for each in made.items], made.next_cursor)


async def page_of_my_seats(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The actor's seats with their shifts, the latest taken first."""
    made = await MY_SEATS.page(reader, paging, {"owner": actor.person_id})
    now = clock.now()
    for row in made.items:
        has_begun = row["starts_at"] <= now
        row["open_to"] = [] if has_begun else SHIFT_SEAT.open_in(row["status"], [P.SHIFT_SEAT_OWN])
    return made


def literals(statuses: Iterable[str]) -> list[Any]:
    """For a statement that is prepared: an expanding bind cannot be."""
    return [literal_column(f"'{status}'") for status in sorted(statuses)]


def _seats(statuses: Iterable[str]) -> Any:
    """How many seats of the shift are in one of these."""
    return (
        select(func.count(ShiftSeat.id))
        .where(ShiftSeat.shift_id == Shift.id, ShiftSeat.status.in_(literals(statuses)))
        .scalar_subquery()
    )


MY_SEAT = (
    select(ShiftSeat.id)
    .where(
        ShiftSeat.shift_id == Shift.id,
        ShiftSeat.person_id == PERSON,
        ShiftSeat.status.not_in(literals(FREED)),
    )
    .scalar_subquery()
)
SHIFT = (
    Shift.id,
    Shift.duty,
    Shift.place,
    Shift.starts_at,
    Shift.ends_at,
    Shift.seats,
    Shift.taken,
    Shift.is_open,
    Shift.holder_id,
    Holder.name.label("holder_name"),
    Shift.meals,
    Shift.insurance,
    MY_SEAT.label("my_seat_id"),
)
COUNTED = (
    _seats({ShiftSeatStatus.NAMED}).label("named"),
    _seats({*PRESENT, ShiftSeatStatus.CONFIRMED}).label("present"),
    _seats({ShiftSeatStatus.NO_SHOW}).label("missed"),
    _seats(PROMISED).label("promised"),
    _seats(PROMISED | PRESENT).label("to_enter"),
    select(func.count(ShiftTeam.id))
    .where(ShiftTeam.shift_id == Shift.id, ShiftTeam.status.in_(literals({TeamStatus.FORMING})))
    .scalar_subquery()
    .label("forming"),
)


@cache
def _shifts(is_continued: bool, is_counted: bool) -> Prepared:
    statement = (
        select(*SHIFT, *(COUNTED if is_counted else ()))
        .outerjoin(Holder, Holder.id == Shift.holder_id)
        .where(Shift.call_up_id == CALL_UP_ID)
        .order_by(Shift.starts_at, Shift.id)
        .limit(MOST)
    )
    if is_continued:
        begins = bindparam("starts_at", type_=DateTime(timezone=True))
        statement = statement.where(tuple_(Shift.starts_at, Shift.id) > tuple_(begins, AFTER))
    return Prepared(statement)
