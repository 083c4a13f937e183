"""Services that found nobody, of a community or of every community below a level.

Allowed by one grant on the organization; the index of unserved orders drives.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Integer,
    Uuid,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.core.sorting import SORT_KEYS, Sort, WorkSort, behind, by_time, sorted_by
from app.models.order import Order, Seat, SeatOrigin
from app.models.organization import ContentItem, NamedOrganization, Organization
from app.orders.untaken import PROPOSALS, REASONS
from app.permissions import Actor, Permission, grants, require
from app.rules.words import UUIDS

P = Permission
Reason, Proposal = aliased(ContentItem), aliased(ContentItem)
Community = aliased(NamedOrganization)
MOMENT = DateTime(timezone=True)
EVER = date(2000, 1, 3), date(2999, 12, 30)
PLACES: list[Any] = [
    literal_column(f"'{kind}'") for kind in ("community", "subdistrict", "district", "city")
]
CONTAINER = Prepared(
    select(grants(P.COMMUNITY_UNMET)).where(
        Organization.id == bindparam("organization_id", type_=Uuid()),
        Organization.kind.in_(PLACES),
    )
)
BELOW = and_(
    Community.lineage.contains(bindparam("below", type_=UUIDS)),
    Order.unserved_at >= bindparam("since", type_=MOMENT),
    Order.unserved_at < bindparam("until", type_=MOMENT),
)
IS_REASON = and_(Reason.section == REASONS, Reason.code == Order.no_taker_reason)
IS_PROPOSAL = and_(Proposal.section == PROPOSALS, Proposal.code == Order.no_taker_proposal)
ASKED: list[Any] = [
    literal_column(f"'{origin}'") for origin in (SeatOrigin.DISPATCH, SeatOrigin.BRANCH)
]
INVITED = (
    select(func.count())
    .where(Seat.order_id == Order.id, Seat.origin.in_(ASKED))
    .scalar_subquery()
    .label("invited")
)
COUNT = func.count().label("count")
REASON = Reason.data["name"].label("reason")
FIGURES = Prepared(
    select(Order.category, Order.no_taker_reason.label("reason_code"), REASON, COUNT)
    .join(Community, Community.id == Order.community_id)
    .outerjoin(Reason, IS_REASON)
    .where(BELOW)
    .group_by(Order.category, Order.no_taker_reason, Reason.id)
    .order_by(COUNT.desc(), Order.category, Order.no_taker_reason)
    .limit(200)
)


async def page(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    organization_id: UUID,
    week: date | None,
    sort: WorkSort | None,
) -> Slice[dict[str, Any]]:
    """What found nobody, in the order wanted, or the latest first; of the local week of `week`, or of
    all time.

    Raises:
        NotFound, Forbidden: as for the organization.
    """
    asked = await _asked(reader, actor, organization_id, week)
    where, binds = scope("unmet", {**asked, "sort": sort}), {**asked, "most": paging.limit + 1}
    if sort is not None:
        more = behind(paging, where, SORTS[sort])
        rows = await _list(bool(more), sort).rows(reader, binds | more)
        return cut(rows, paging, where, *SORT_KEYS)
    key = after(paging, where, datetime, UUID)
    binds |= {} if key is None else {"unserved_at": key[0], "id": key[1]}
    rows = await _list(key is not None, None).rows(reader, binds)
    return cut(rows, paging, where, "unserved_at", "id")


async def figures(
    reader: Reader, actor: Actor, organization_id: UUID, week: date | None
) -> dict[str, Any]:
    """The same in figures, by kind and reason; errors as above."""
    asked = await _asked(reader, actor, organization_id, week)
    return {"items": await FIGURES.rows(reader, asked)}


def span(week: date | None) -> Mapping[str, Any]:
    """From the Monday of the week of that day to the next."""
    monday = None if week is None else week - timedelta(days=week.weekday())
    since, until = EVER if monday is None else (monday, monday + timedelta(days=7))
    return {"since": clock.day_starts(since), "until": clock.day_starts(until)}


async def _asked(
    reader: Reader, actor: Actor, organization_id: UUID, week: date | None
) -> dict[str, Any]:
    row = await CONTAINER.one(reader, actor.binds() | {"organization_id": organization_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.COMMUNITY_UNMET)
    return {"below": [organization_id], **span(week)}


SORTS = {
    WorkSort.AGE: by_time(Order.unserved_at),
    WorkSort.KIND: Sort(Order.category, str),
}


@cache
def _list(is_continued: bool, sort: WorkSort | None) -> Prepared:
    statement = (
        select(
            Order.id,
            Order.number,
            Order.said_title.label("title"),
            Order.category,
            Order.community_id,
            Community.name.label("community_name"),
            Order.starts_at,
            Order.ends_at,
            Order.seats,
            Order.skills,
            Order.difficulty,
            Order.target,
            INVITED,
            Order.unserved_at,
            Order.no_taker_reason.label("reason_code"),
            REASON,
            Order.no_taker_proposal.label("proposal_code"),
            Proposal.data["name"].label("proposal"),
        )
        .join(Community, Community.id == Order.community_id)
        .outerjoin(Reason, IS_REASON)
        .outerjoin(Proposal, IS_PROPOSAL)
        .where(BELOW)
        .limit(bindparam("most", type_=Integer()))
    )
    if sort is not None:
        return Prepared(sorted_by(statement, SORTS[sort], Order.id, is_continued=is_continued))
    statement = statement.order_by(Order.unserved_at.desc(), Order.id.desc())
    if is_continued:
        last = tuple_(bindparam("unserved_at", type_=MOMENT), bindparam("id", type_=Uuid()))
        statement = statement.where(tuple_(Order.unserved_at, Order.id) < last)
    return Prepared(statement)
