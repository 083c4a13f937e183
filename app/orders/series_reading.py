"""Series of orders as the community reads them."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, func, literal_column, select
from sqlalchemy.types import DateTime

from app.core import clock
from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.order import Order, OrderStatus
from app.models.order_series import OrderSeries, SeriesStatus
from app.orders import reading
from app.orders.lifecycle import SERIES
from app.permissions import Actor, Permission, grants, may

P = Permission
LINE = (
    OrderSeries.id,
    OrderSeries.title,
    OrderSeries.frequency,
    OrderSeries.every,
    OrderSeries.weekdays,
    OrderSeries.month_day,
    OrderSeries.month_week,
    OrderSeries.starts_on,
    OrderSeries.ends_on,
    func.to_char(OrderSeries.begins_at, "HH24:MI").label("begins_at"),
    OrderSeries.minutes,
    OrderSeries.seats,
    OrderSeries.status,
)
SERIES_ID = bindparam("series_id", type_=Uuid())
SHOW = Prepared(
    select(
        *LINE,
        OrderSeries.community_id,
        OrderSeries.description,
        OrderSeries.place,
        OrderSeries.template,
        OrderSeries.category,
        OrderSeries.marks,
        OrderSeries.insured_until,
        OrderSeries.skips_holidays,
        OrderSeries.version,
        grants(P.SERIES_RUN),
    ).where(OrderSeries.id == SERIES_ID, may(P.SERIES_RUN))
)
AHEAD = Prepared(
    select(
        Order.id,
        Order.number,
        Order.title,
        Order.starts_at,
        Order.ends_at,
        Order.seats,
        Order.taken,
        Order.status,
        Order.follows_series,
    )
    .where(
        Order.series_id == SERIES_ID,
        Order.starts_at > bindparam("now", type_=DateTime(timezone=True)),
        Order.status.in_(
            [literal_column(f"'{one}'") for one in (OrderStatus.DRAFT, OrderStatus.OPEN)]
        ),
    )
    .order_by(Order.starts_at, Order.id)
    .limit(100)
)


async def page_of_community(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID, status: SeriesStatus
) -> Slice[dict[str, Any]]:
    """The community's series in one state, the latest first.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    await check(reader, actor, community_id)
    binds = {"community_id": community_id, "status": status}
    where = scope("order-series", binds)
    key = after(paging, where, UUID)
    more = {} if key is None else {"id": key[0]}
    rows = await _list(bool(more)).rows(reader, binds | more | {"most": paging.limit + 1})
    return cut(rows, paging, where, "id")


async def check(reader: Reader, actor: Actor, community_id: UUID) -> None:
    """Nothing: the community's series are the actor's to run.

    Raises:
        NotFound: there is no such community. Forbidden: not the actor's.
    """
    await reading.allowed(reader, actor, community_id, P.COMMUNITY_ORDER)


@cache
def _list(is_continued: bool) -> Prepared:
    statement = (
        select(*LINE)
        .where(
            OrderSeries.community_id == bindparam("community_id", type_=Uuid()),
            OrderSeries.status == bindparam("status", type_=OrderSeries.status.type),
        )
        .order_by(OrderSeries.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(OrderSeries.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)


async def show(reader: Reader, actor: Actor, series_id: UUID) -> dict[str, Any]:
    """One series with its orders that have not begun, the soonest first.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"series_id": series_id})
    if row is None:
        raise NotFound
    ahead = await AHEAD.rows(reader, {"series_id": series_id, "now": clock.now()})
    return row | {"occurrences": ahead, "open_to": SERIES.open_in(row["status"], row["grants"])}
