"""What branches have taken, and whom they may name."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.member import Registration
from app.models.order import BranchTake, Order, Seat
from app.models.organization import Organization
from app.models.person import Person
from app.orders import eligibility
from app.orders.branches import MEMBERS, NAMEABLE, Unit
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
    select(*TAKE, Order.release_until)
    .join(Order, Order.id == BranchTake.order_id)
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


UNIT, MOST = bindparam("unit_id", type_=Uuid()), bindparam("most", type_=Integer())
LAST = bindparam("id", type_=Uuid())


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
