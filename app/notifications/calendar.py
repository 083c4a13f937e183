"""A member's promised services as a calendar that his phone reads by itself (RFC 5545).

The address holds a secret instead of a login; only its hash is stored, a new one ends the old one.
The feed says what, when and at which public place: no resident, no door, no phone. Who no longer has
a promise sees it cancelled for a while, so that it also leaves the phone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    DateTime,
    String,
    Uuid,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.models.emergency import CallUp, Shift, ShiftSeat, ShiftSeatStatus
from app.models.notice import CalendarToken
from app.models.order import Order, Seat, SeatStatus
from app.models.person import Person
from app.permissions import Actor

SECRET_LETTERS = 32  # of five bits each
KEPT = timedelta(days=30)  # what is past, and what is cancelled
MOST = 500
NAME, MAKER = "双报到服务", "-//shuangbaodao//services//ZH"
HELD = (SeatStatus.TAKEN, SeatStatus.ATTENDED, SeatStatus.REPORTED, SeatStatus.CONFIRMED)
GONE = (SeatStatus.RELEASED, SeatStatus.EXCUSED, SeatStatus.CANCELLED, SeatStatus.REPLACED)
ON_SHIFT = (
    ShiftSeatStatus.TAKEN,
    ShiftSeatStatus.ON_DUTY,
    ShiftSeatStatus.RELIEVED,
    ShiftSeatStatus.CONFIRMED,
)
OFF_SHIFT = (ShiftSeatStatus.RELEASED, ShiftSeatStatus.CANCELLED)


class NoCalendar(NotFound):
    """No calendar is read at this address: it was revoked, renewed, or never was."""

    code, title = "no_calendar", "日程地址已失效，请在小程序中重新获取"


class Feed(NamedTuple):
    """The calendar as text, its tag, and when it changed last."""

    body: bytes
    tag: str
    changed_at: datetime


async def issue(session: AsyncSession, actor: Actor) -> str:
    """The secret of the actor's calendar: nobody can read it again, and earlier ones are no more."""
    secret = ids.code(SECRET_LETTERS)
    issued = {"token_hash": ids.digest(secret), "created_at": clock.now()}
    await session.execute(
        insert(CalendarToken)
        .values(person_id=actor.person_id, **issued)
        .on_conflict_do_update(index_elements=["person_id"], set_=issued)
    )
    return secret


async def revoke(session: AsyncSession, actor: Actor) -> None:
    """Nobody reads the actor's calendar any more."""
    await session.execute(delete(CalendarToken).where(CalendarToken.person_id == actor.person_id))


async def issued_at(reader: Reader, actor: Actor) -> datetime | None:
    """Since when the actor's calendar has its address; None where it has none."""
    row = await ISSUED.one(reader, {"person": actor.person_id})
    return None if row is None else row["created_at"]


async def feed(reader: Reader, secret: str) -> Feed:
    """The calendar at this address; three statements.

    Raises:
        NoCalendar: no calendar has this secret.
    """
    owner = await OWNER.one(reader, {"token_hash": ids.digest(secret)})
    if owner is None:
        raise NoCalendar
    today = clock.day_starts(clock.today())
    binds = {"person": owner["person_id"], "since": today - KEPT}
    rows = [*await SEATS.rows(reader, binds), *await SHIFTS.rows(reader, binds)]
    from icalendar import Calendar, Event  # loaded by the process that is asked for one

    made = Calendar()
    made.add("prodid", MAKER)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", NAME)
    for row in rows:
        event = Event()
        for name, value in _event(row).items():
            event.add(name, value)
        made.add_component(event)
    body = made.to_ical()
    # nothing leaves the window but at midnight
    changed_at = max(owner["created_at"], today, *(row["changed_at"] for row in rows))
    return Feed(body, f'"{ids.digest(body.decode())[:32]}"', changed_at)


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    """One promise. Its number grows with every change of the service or of the promise."""
    changed_at: datetime = row["changed_at"]
    return {
        "uid": f"{row['id']}@shuangbaodao",
        "dtstamp": changed_at,
        "last-modified": changed_at,
        "sequence": int((changed_at - row["created_at"]).total_seconds()),
        "status": "CANCELLED" if row["is_gone"] else "CONFIRMED",
        "dtstart": row["starts_at"],
        "dtend": row["ends_at"],
        "summary": row["title"],
        "location": row["place"],
    }


def _among(status: Any, found: Iterable[str]) -> ColumnElement[bool]:
    is_one: ColumnElement[bool] = status.in_([literal_column(f"'{each}'") for each in found])
    return is_one


PERSON = bindparam("person", type_=Uuid())
SINCE = bindparam("since", type_=DateTime(timezone=True))

ISSUED = Prepared(select(CalendarToken.created_at).where(CalendarToken.person_id == PERSON))
OWNER = Prepared(
    select(CalendarToken.person_id, CalendarToken.created_at)
    .join(Person, Person.id == CalendarToken.person_id)
    .where(
        CalendarToken.token_hash == bindparam("token_hash", type_=String()),
        Person.closed_at.is_(None),
    )
)
SEATS = Prepared(
    select(
        Seat.id,
        Seat.created_at,
        func.greatest(Seat.updated_at, Order.updated_at).label("changed_at"),
        _among(Seat.status, GONE).label("is_gone"),
        Order.said_title.label("title"),
        Order.place,
        Order.starts_at,
        Order.ends_at,
    )
    .join(Order, Order.id == Seat.order_id)
    .where(
        Seat.person_id == PERSON,
        Order.ends_at >= SINCE,
        or_(_among(Seat.status, HELD), Seat.updated_at >= SINCE),
        _among(Seat.status, (*HELD, *GONE)),
    )
    .order_by(Order.starts_at.desc(), Seat.id.desc())
    .limit(MOST)
)
SHIFTS = Prepared(
    select(
        ShiftSeat.id,
        ShiftSeat.created_at,
        func.greatest(ShiftSeat.updated_at, Shift.updated_at).label("changed_at"),
        _among(ShiftSeat.status, OFF_SHIFT).label("is_gone"),
        CallUp.title,
        Shift.place,
        Shift.starts_at,
        Shift.ends_at,
    )
    .join(Shift, Shift.id == ShiftSeat.shift_id)
    .join(CallUp, CallUp.id == Shift.call_up_id)
    .where(
        ShiftSeat.person_id == PERSON,
        Shift.ends_at >= SINCE,
        or_(_among(ShiftSeat.status, ON_SHIFT), ShiftSeat.updated_at >= SINCE),
        _among(ShiftSeat.status, (*ON_SHIFT, *OFF_SHIFT)),
    )
    .order_by(Shift.starts_at.desc(), ShiftSeat.id.desc())
    .limit(MOST)
)
