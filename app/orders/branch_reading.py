"""What branches may take and have taken, and whom they may name."""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, Uuid, and_, bindparam, or_, select, tuple_
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.member import Registration
from app.models.order import BranchTake, Order, Seat
from app.models.organization import Organization
from app.models.person import Person
from app.models.poll import Poll
from app.orders import eligibility, reading
from app.orders.branches import MEMBERS, NAMEABLE, Unit
from app.organizations import units
from app.permissions import Actor, Permission, grants, may, require

P = Permission
Wanted = aliased(Order)

TAKE = (
    BranchTake.id,
    BranchTake.order_id,
    BranchTake.organization_id,
    BranchTake.places,
    BranchTake.unnamed,
    BranchTake.names_due_at,
    Order.title,
    Order.starts_at,
)
SHOW = Prepared(
    select(
        *TAKE,
        Order.release_until,
        Order.status.label("order_status"),
        Organization.name.label("organization_name"),
        grants(P.TAKE_NAME),
    )
    .join(Order, Order.id == BranchTake.order_id)
    .join(Organization, Organization.id == BranchTake.organization_id)
    .where(BranchTake.id == bindparam("take_id", type_=Uuid()), may(P.TAKE_READ))
)
PEOPLE = Prepared(
    select(Seat.id.label("seat_id"), Person.name, Seat.status)
    .join(Person, Person.id == Seat.person_id)
    .where(Seat.branch_take_id == bindparam("take_id", type_=Uuid()))
    .order_by(Seat.id)
    .limit(500)
)
CONTAINER = Prepared(
    select(Organization.kind, grants(P.BRANCH_TAKE)).where(
        Organization.id == bindparam("unit_id", type_=Uuid())
    )
)
# in whose name, and for which order
NAMING = Prepared(
    select(Organization.kind, grants(P.BRANCH_TAKE))
    .join(Wanted, Wanted.id == bindparam("order_id", type_=Uuid()))
    .where(
        Organization.id == bindparam("unit_id", type_=Uuid()),
        select(Order.id).where(Order.id == Wanted.id, may(P.ORDER_READ)).exists(),
    )
)


async def show(reader: Reader, actor: Actor, take_id: UUID) -> dict[str, Any]:
    """One take with its people; for who speaks for the unit, and for the organiser.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"take_id": take_id})
    if row is None:
        raise NotFound
    return row | {"people": await PEOPLE.rows(reader, {"take_id": take_id})}


async def open_page(
    reader: Reader, actor: Actor, paging: Paging, unit_id: UUID
) -> Slice[dict[str, Any]]:
    """Orders that a unit may take, the soonest first: of its own community, and of those that its
    employer is registered with; also those that are full for now.

    Raises:
        NotFound, Forbidden: as for the unit.
    """
    asked = {"unit_id": unit_id}
    await _kind(reader, actor, CONTAINER, asked)
    where = scope("open-orders", asked)
    key = after(paging, where, datetime, UUID)
    binds = actor.binds() | asked | {"now": clock.now(), "most": paging.limit + 1}
    if key is not None:
        binds |= {"starts_at": key[0], "id": key[1]}
    rows = await _open(key is not None).rows(reader, binds)
    return cut(rows, paging, where, "starts_at", "id")


async def order_for_unit(
    reader: Reader, actor: Actor, unit_id: UUID, order_id: UUID
) -> dict[str, Any]:
    """One order as a unit sees it: `may_take`, whether its places can be taken now in the unit's name;
    the unit's last take and last poll of it, if any.

    Raises:
        NotFound, Forbidden: as for the unit; or no such order for the actor.
    """
    asked = {"unit_id": unit_id, "order_id": order_id, "now": clock.now()}
    row = await FOR_UNIT.one(reader, actor.binds() | asked)
    if row is None:
        raise NotFound
    require(row["grants"], P.BRANCH_TAKE)
    return row


async def page(
    reader: Reader, actor: Actor, paging: Paging, unit_id: UUID
) -> Slice[dict[str, Any]]:
    """What a unit has taken, the latest first.

    Raises:
        NotFound, Forbidden: as for the unit.
    """
    asked = {"unit_id": unit_id}
    await _kind(reader, actor, CONTAINER, asked)
    where = scope("branch-takes", asked)
    key = after(paging, where, UUID)
    binds = asked | {"most": paging.limit + 1} | ({"id": key[0]} if key else {})
    return cut(await _takes(bool(key)).rows(reader, binds), paging, where, "id")


async def nominees(
    reader: Reader, actor: Actor, paging: Paging, unit_id: UUID, order_id: UUID
) -> Slice[dict[str, Any]]:
    """The unit's members, and whether each can come to this order.

    Raises:
        NotFound, Forbidden: as for the unit; or no such order for the actor.
    """
    asked = {"unit_id": unit_id, "order_id": order_id}
    kind = await _kind(reader, actor, NAMING, asked)
    if kind not in MEMBERS:
        raise NotFound
    where = scope("nominees", asked)
    key = after(paging, where, UUID)
    binds = asked | {"most": paging.limit + 1} | ({"id": key[0]} if key else {})
    return cut(await _members(kind, bool(key)).rows(reader, binds), paging, where, "id")


async def _kind(reader: Reader, actor: Actor, container: Prepared, asked: dict[str, Any]) -> str:
    row = await container.one(reader, actor.binds() | asked)
    if row is None:
        raise NotFound
    require(row["grants"], P.BRANCH_TAKE)
    kind: str = row["kind"]
    return kind


def _last(kind: Any) -> Any:
    """The unit's last row of this kind about the order."""
    return (
        select(kind.id)
        .where(kind.order_id == Order.id, kind.organization_id == UNIT)
        .order_by(kind.id.desc())
        .limit(1)
        .scalar_subquery()
    )


UNIT, MOST = bindparam("unit_id", type_=Uuid()), bindparam("most", type_=Integer())
LAST = bindparam("id", type_=Uuid())


NOW = bindparam("now", type_=DateTime(timezone=True))
TAKES_THERE = Order.community_id.in_(units.communities_of(UNIT))
OPEN = and_(reading.IS_OPEN, Order.starts_at > NOW)
FOR_UNIT = Prepared(
    select(
        *reading.CARD,
        Order.number,
        Order.status,
        Order.description,
        Order.target,
        Order.release_until,
        reading.FLAGS.label("flags"),
        reading.Community.name.label("community_name"),
        Organization.name.label("organization_name"),
        and_(
            OPEN,
            TAKES_THERE,
            or_(*(Organization.kind == kind for kind in MEMBERS)),
            Organization.closed_on.is_(None),
        ).label("may_take"),
        _last(BranchTake).label("take_id"),
        _last(Poll).label("poll_id"),
        grants(P.BRANCH_TAKE),
    )
    .join(reading.Community, reading.Community.id == Order.community_id)
    .join(Organization, Organization.id == UNIT)
    .where(Order.id == bindparam("order_id", type_=Uuid()), may(P.ORDER_READ))
)


@cache
def _open(is_continued: bool) -> Prepared:
    statement = (
        select(
            *reading.CARD,
            Order.number,
            Order.target,
            (Order.taken >= Order.seats).label("is_full"),
            reading.Community.name.label("community_name"),
        )
        .join(reading.Community, reading.Community.id == Order.community_id)
        .where(OPEN, TAKES_THERE, may(P.ORDER_READ))
        .order_by(Order.starts_at, Order.id)
        .limit(MOST)
    )
    if is_continued:
        last = tuple_(bindparam("starts_at", type_=DateTime(timezone=True)), LAST)
        statement = statement.where(tuple_(Order.starts_at, Order.id) > last)
    return Prepared(statement)


@cache
def _takes(is_continued: bool) -> Prepared:
    statement = (
        select(*TAKE, Order.status.label("order_status"))
        .join(Order, Order.id == BranchTake.order_id)
        .where(BranchTake.organization_id == UNIT)
        .order_by(BranchTake.id.desc())
        .limit(MOST)
    )
    return Prepared(statement.where(BranchTake.id < LAST) if is_continued else statement)


@cache
def _members(kind: str, is_continued: bool) -> Prepared:
    can_come = eligibility.may_be_asked(Registration.person_id).label("can_come")
    statement = (
        select(Registration.id, Person.name, can_come)
        .select_from(Registration)
        .join(Order, Order.id == bindparam("order_id", type_=Uuid()))
        .join(Unit, Unit.id == UNIT)
        .join(Person, Person.id == Registration.person_id)
        .where(MEMBERS[kind], NAMEABLE)
        .order_by(Registration.id)
        .limit(MOST)
    )
    return Prepared(statement.where(Registration.id > LAST) if is_continued else statement)
