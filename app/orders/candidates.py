"""Who might be asked for an order, and what a member might take: ranked, with the reasons.

The list of members belongs to one order and to the community that asks; it names whom to ask, and
says nothing of who is better. The most fitting come first; who cannot come stands on no list.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Boolean,
    DateTime,
    Integer,
    Select,
    Subquery,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from app.core import clock
from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.member import Registration
from app.models.order import Order
from app.models.person import Person
from app.orders import eligibility, matching
from app.orders.reading import CARD, IS_OPEN
from app.permissions import Actor, Permission, grants, may, require
from app.rules.members import is_protected
from app.rules.words import PERSON

P = Permission
ORDER_ID = bindparam("order_id", type_=Uuid())
MOST = bindparam("most", type_=Integer())
IS_ACTIVE = Registration.status == literal_column("'active'")
CONTAINER = Prepared(
    select(Order.community_id, grants(P.ORDER_RUN, P.ORDER_PROTECTED)).where(
        Order.id == ORDER_ID, may(P.ORDER_READ)
    )
)
FIT = (
    matching.SKILLS.label("matched"),
    (-func.cardinality(matching.SKILLS)).label("unskilled"),
    matching.DISTANCE.label("distance"),
    matching.IS_FREE.label("is_free"),
    case((matching.IS_FREE, 0), else_=1).label("unfree"),
)
RANK = ("unskilled", "distance", "unfree")
EVERYBODY = literal_column(str(2**31 - 1), Integer())


async def of_order(
    reader: Reader, actor: Actor, paging: Paging, order_id: UUID
) -> Slice[dict[str, Any]]:
    """The members of the order's community who could be asked, the most fitting first.

    A protected member stands there for the secretary only.

    Raises:
        NotFound, Forbidden: as for the order; only its organiser sees the list.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"order_id": order_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.ORDER_RUN)
    asked = {"order_id": order_id, "sees_all": P.ORDER_PROTECTED in row["grants"]}
    where = scope("candidates", asked)
    key = after(paging, where, int, int, int, int, UUID)
    names = (*RANK, "served", "id")
    binds = asked | matching.since() | {"community_id": row["community_id"]}
    binds |= {"most": paging.limit + 1} | dict(zip(names, key or (), strict=False))
    rows = await _members(key is not None).rows(reader, binds)
    found = cut(rows, paging, where, *names)
    return await _explained(reader, found)


async def for_member(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The open orders of his community that the actor could take, the most fitting first.

    Without an active registration there are none.
    """
    return await _explained(reader, await _suited(reader, actor, paging))


async def few_for_member(reader: Reader, actor: Actor, most: int) -> list[dict[str, Any]]:
    """The first of `for_member`, at most `most`, without the reasons. One statement."""
    return [*(await _suited(reader, actor, Paging(most, None))).items]


async def _suited(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    where = scope("suited", {"person": actor.person_id})
    key = after(paging, where, int, int, int, datetime, UUID)
    names = (*RANK, "starts_at", "id")
    binds = {"person": actor.person_id, "now": clock.now(), "most": paging.limit + 1}
    binds |= dict(zip(names, key or (), strict=False))
    rows = await _orders(key is not None).rows(reader, binds)
    return cut(rows, paging, where, *names)


async def _explained(reader: Reader, found: Slice[dict[str, Any]]) -> Slice[dict[str, Any]]:
    reasons = await matching.explain(reader, found.items)
    lines = [row | {"reasons": why} for row, why in zip(found.items, reasons, strict=True)]
    return Slice(lines, found.next_cursor)


@cache
def _members(is_continued: bool) -> Prepared:
    each = (
        select(
            Registration.id,
            Registration.person_id,
            *FIT,
            matching.SERVED.label("served"),
            eligibility.registered_may_be_asked(Registration.person_id).label("may_be_asked"),
        )
        .select_from(Registration)
        .join(Order, Order.id == ORDER_ID)
        .outerjoin(matching.Site, matching.Site.id == Order.building_id)
        .where(
            Registration.community_id == bindparam("community_id", type_=Uuid()),
            IS_ACTIVE,
            or_(bindparam("sees_all", type_=Boolean()), ~is_protected),
        )
    )
    served = bindparam("served", type_=Integer())
    found = _first(each, RANK, "served", served, is_continued)
    # read of those on the page only, when all have their rank
    name = select(Person.name).where(Person.id == found.c.person_id).scalar_subquery()
    shown = (column for column in found.c if column is not found.c.person_id)
    return Prepared(_ranked(select(*shown, name.label("name")), found, "served"))


@cache
def _orders(is_continued: bool) -> Prepared:
    each = (
        select(
            *CARD,
            Order.difficulty,
            Order.target,
            *FIT,
            eligibility.registered_may_be_asked(PERSON).label("may_be_asked"),
        )
        .select_from(Registration)
        .join(Order, Order.community_id == Registration.community_id)
        .outerjoin(matching.Site, matching.Site.id == Order.building_id)
        .where(
            Registration.person_id == PERSON,
            IS_ACTIVE,
            IS_OPEN,
            Order.taken < Order.seats,
            Order.starts_at > bindparam("now", type_=DateTime(timezone=True)),
        )
    )
    starts_at = bindparam("starts_at", type_=DateTime(timezone=True))
    found = _first(each, (*RANK, "starts_at", "id"), "starts_at", starts_at, is_continued)
    return Prepared(_ranked(select(found), found, "starts_at"))


def _first(
    each: Select[*tuple[Any, ...]],
    known: Sequence[str],
    last: str,
    bind: BindParameter[Any],
    is_continued: bool,
) -> Subquery:
    """The first who may be asked, and all who are level with the last of them by what is `known` of
    each without looking anything up (`last` too, or it is looked up). Looked up is who is walked past,
    from the rank on where the page begins: a page costs as many as it takes to fill it. A limit
    beyond everybody has PostgreSQL sort before it looks up.
    """
    rank = [bindparam(name, type_=Integer()) for name in RANK]
    if is_continued:
        each = each.where(tuple_(*(by for by in FIT if by.key in RANK)) >= tuple_(*rank))
    walked = each.order_by(*map(literal_column, known)).limit(EVERYBODY).subquery()
    shown = (column for column in walked.c if column is not walked.c.may_be_asked)
    found = select(*shown).where(walked.c.may_be_asked)
    if is_continued:
        place = tuple_(*rank, bind, bindparam("id", type_=Uuid()))
        found = found.where(tuple_(*_key(walked, last)) > place)
    return (
        found.order_by(*(walked.c[name] for name in known)).fetch(MOST, with_ties=True).subquery()
    )


def _ranked(
    shown: Select[*tuple[Any, ...]], found: Subquery, last: str
) -> Select[*tuple[Any, ...]]:
    """By the rank, then by `last`, then by the id."""
    return shown.order_by(*_key(found, last)).limit(MOST)


def _key(found: Subquery, last: str) -> list[Any]:
    return [found.c[name] for name in (*RANK, last, "id")]
