"""Taking a seat (接单) and giving it back. Hot: taking is one statement on the driver.

The statement takes the place, counts the week, promises the time, and writes history and fact, or
does nothing at all. It is the one use case that bypasses the session; a test holds its rows equal
to what `service.tell_seat` would write. A second read says why nothing was taken. It locks that
order and the taker's own rows. Source: engineering.md A3.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from asyncpg.exceptions import (
    DivisionByZeroError,
    ExclusionViolationError,
    UniqueViolationError,
)
from sqlalchemy import (
    CTE,
    Integer,
    Uuid,
    any_,
    bindparam,
    case,
    func,
    insert,
    literal,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import DateTime, String

from app.commitments import service as commitments
from app.commitments.service import Overlaps
from app.core import clock, ids
from app.core.errors import Conflict, Invalid, NotFound
from app.core.prepared import Prepared, Reader
from app.lifecycle import BadTransition
from app.models.order import (
    Commitment,
    Order,
    OrderStatus,
    Seat,
    SeatStatus,
    SeatStep,
    WeekCount,
)
from app.models.outbox import OutboxEntry
from app.orders import eligibility, offers, service
from app.orders.eligibility import LiveLimit, NotQualified, NotRegistered, WeekLimit
from app.orders.events import SeatMoved
from app.orders.flags import DispatchOnly
from app.orders.lifecycle import RUNNING, TAKEN, SeatAction
from app.orders.service import OwnNeed
from app.permissions import Actor, Permission, may, require
from app.policies import content
from app.rules.orders import is_living
from app.rules.words import PERSON, PLACES


class Full(Conflict):
    """All places are taken."""

    code, title = "full", "名额已满"


class Closed(Conflict):
    """The order is not open, or it has begun."""

    code, title = "not_open", "该服务已不能接单"


class Begun(Conflict):
    """Who has not come by the begin is absent, with a reason or without."""

    code, title = "begun", "服务已开始，不能退出，请联系社区"


ORDER_ID = bindparam("order_id", type_=Uuid())
SEAT_ID = bindparam("seat_id", type_=Uuid())
NOW = bindparam("now", type_=DateTime(timezone=True))


registration = eligibility.registration_of(PERSON)
promised = eligibility.promised_by(PERSON)
this_week = eligibility.taken_in_week(PERSON)
asks_for_it = eligibility.asks_for(PERSON)
is_unqualified = eligibility.is_unqualified(PERSON)
is_promised = eligibility.is_promised_then(PERSON)
my_seat = (Seat.order_id == ORDER_ID, Seat.person_id == PERSON, is_living(Seat))
holds = select(Seat.id).where(*my_seat).exists()
GOT = (
    update(Order)
    .where(
        Order.id == ORDER_ID,
        Order.status == OrderStatus.OPEN,
        Order.taken < Order.seats,
        Order.starts_at > NOW,
        Order.community_id == any_(PLACES),
        registration.is_not(None),
        promised < Order.live_limit,
        this_week < Order.week_limit,
        ~Order.is_confidential,
        ~holds,
        ~asks_for_it,
        ~is_unqualified,
        ~is_promised,
    )
    .values(taken=Order.taken + 1, updated_at=NOW)
    .returning(Order.id, Order.starts_at, Order.ends_at, Order.week_limit)
    .cte("got")
)


def _add(table: type[Any], **values: Any) -> CTE:
    """A row of `table` if a place was got."""
    rows = select(*values.values()).select_from(GOT)
    statement = insert(table).from_select(list(values), rows, include_defaults=False)
    return statement.cte(f"add_{table.__tablename__}")


WEEK = (
    upsert(WeekCount)
    .from_select(
        ["person_id", "week", "taken"],
        select(PERSON, commitments.local_week(GOT.c.starts_at), literal(1, Integer())).select_from(
            GOT
        ),
    )
    .on_conflict_do_update(
        index_elements=["person_id", "week"], set_={"taken": WeekCount.taken + 1}
    )
    .returning(WeekCount.taken)
    .cte("week")
)
TAKE = Prepared(
    select(
        GOT.c.id,
        # two takes of one person in one week may both have seen room: the later one is undone
        literal(1, Integer())
        .op("/", return_type=Integer())(case((WEEK.c.taken > GOT.c.week_limit, 0), else_=1))
        .label("within"),
    )
    .select_from(GOT.join(WEEK, true()))
    .add_cte(
        _add(
            Seat,
            id=SEAT_ID,
            order_id=GOT.c.id,
            person_id=PERSON,
            registration_id=registration,
            status=literal(SeatStatus.TAKEN, Seat.status.type),
            is_late_release=literal(False),
            created_at=NOW,
            updated_at=NOW,
        ),
        _add(
            Commitment,
            id=bindparam("commitment_id", type_=Uuid()),
            person_id=PERSON,
            during=func.tstzrange(GOT.c.starts_at, GOT.c.ends_at, type_=TSTZRANGE),
            is_exclusive=literal(True),
            source_kind=literal("order", String(20)),
            source_id=SEAT_ID,
        ),
        _add(
            SeatStep,
            id=bindparam("step_id", type_=Uuid()),
            seat_id=SEAT_ID,
            at=NOW,
            actor_id=PERSON,
            action=literal(TAKEN, String(40)),
            left=null(),
            entered=literal(SeatStatus.TAKEN.value, String(40)),
        ),
        _add(
            OutboxEntry,
            name=literal(SeatMoved.name, String(60)),
            payload=bindparam("payload", type_=JSONB()),
            recorded_at=NOW,
            not_before=NOW,
            attempts=literal(0),
        ),
    )
)
WHY = Prepared(
    select(
        Order.status,
        Order.starts_at,
        (Order.taken >= Order.seats).label("is_full"),
        (Order.community_id == any_(PLACES)).label("is_near"),
        registration.label("registration_id"),
        (promised >= Order.live_limit).label("is_laden"),
        (this_week >= Order.week_limit).label("is_busy"),
        asks_for_it.label("is_own"),
        is_unqualified.label("is_unqualified"),
        is_promised.label("is_promised"),
        Order.is_confidential,
        select(Seat.id).where(*my_seat).scalar_subquery().label("seat_id"),
        select(Seat.status).where(*my_seat).scalar_subquery().label("seat_status"),
    ).where(Order.id == ORDER_ID, may(Permission.ORDER_READ))
)


async def take(writer: Reader, actor: Actor, order_id: UUID) -> tuple[dict[str, Any], bool]:
    """The actor has a place on the order: the seat, and whether it is new.

    Repeat-safe by itself: who holds a seat gets that one again.

    Raises:
        NotFound: no such order for the actor.
        NotRegistered, NotQualified, DispatchOnly, OwnNeed, Full, Closed, WeekLimit, LiveLimit,
        Overlaps: see there.
    """
    seat_id = ids.new_id()
    fact = SeatMoved(
        seat_id=seat_id,
        order_id=order_id,
        person_id=actor.person_id or seat_id,
        action=TAKEN,
        status=SeatStatus.TAKEN,
    )
    binds = {
        "person": actor.person_id,
        "places": list(actor.places),
        "order_id": order_id,
        "seat_id": seat_id,
        "commitment_id": ids.new_id(),
        "step_id": ids.new_id(),
        "now": clock.now(),
        "payload": fact.model_dump(mode="json"),
    }
    is_overlap = False
    try:
        got = await TAKE.one(writer, binds)
    except ExclusionViolationError:  # with another service, or with a twin of this very tap
        got, is_overlap = None, True
    except (UniqueViolationError, DivisionByZeroError):
        got = None
    if got is not None:
        return {"id": seat_id, "order_id": order_id, "status": SeatStatus.TAKEN}, True
    return await _why_not(writer, actor, order_id, is_overlap=is_overlap), False


async def _why_not(
    reader: Reader, actor: Actor, order_id: UUID, *, is_overlap: bool
) -> dict[str, Any]:
    """The seat that the actor holds already; else the reason, as an error."""
    row = await WHY.one(reader, actor.binds() | {"order_id": order_id})
    if row is None:
        raise NotFound
    if row["seat_id"] is not None:
        return {"id": row["seat_id"], "order_id": order_id, "status": row["seat_status"]}
    if is_overlap:
        raise Overlaps
    if row["registration_id"] is None or not row["is_near"]:
        raise NotRegistered
    if row["is_unqualified"]:
        raise NotQualified
    if row["is_confidential"]:
        raise DispatchOnly
    if row["is_own"]:
        raise OwnNeed
    if row["status"] is not OrderStatus.OPEN or row["starts_at"] <= clock.now():
        raise Closed
    if row["is_full"]:
        raise Full
    if row["is_promised"]:
        raise Overlaps
    raise LiveLimit if row["is_laden"] else WeekLimit


async def release(
    session: AsyncSession, actor: Actor, seat_id: UUID, reason_code: str | None
) -> Seat:
    """The place is free again; before the cut-off without a trace of blame.

    Afterwards, until the begin, a reason is written down, and nothing follows from it by itself.

    Raises:
        NotFound, Forbidden, BadTransition: as every step; also when the order is over.
        Begun: see there.
        Invalid: after the cut-off without a reason, or one that the content does not know.
    """
    seat, order, granted = await service.get_seat(session, actor, seat_id)
    require(granted, Permission.SEAT_OWN)
    if order.status not in RUNNING:
        raise BadTransition
    if order.starts_at <= clock.now():
        raise Begun
    if reason_code is not None:
        await content.require(session, "release_reasons", reason_code, pointer="/reason_code")
    is_late = order.release_until is not None and clock.now() > order.release_until
    if is_late and reason_code is None:
        raise Invalid.field("/reason_code", "reason_required", "已过退出截止时间，请说明原因")
    service.seat_moved(session, actor, seat, SeatAction.RELEASE, granted, reason=reason_code)
    seat.is_late_release = is_late
    await give_back(session, order, [seat])
    await session.flush()
    return seat


async def give_back(session: AsyncSession, order: Order, seats: Sequence[Seat]) -> None:
    """Place, time and week of these seats are free; the order is locked already. The caller flushes.

    A place goes to its branch for another name, or to who waits.
    """
    with session.no_autoflush:  # order and seats are written once
        await offers.places_back(session, order, seats)
        await offers.pass_on(session, order)
        await commitments.take_back(session, "order", [seat.id for seat in seats])
