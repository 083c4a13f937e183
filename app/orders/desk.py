"""The community's orders as its desk works through them: by what is to be done next, and one order
with who is on it, for whoever confirms who came.
"""

from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, Uuid, and_, bindparam, or_, select, tuple_

from app.core import clock
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.order import Order, OrderStatus
from app.orders import reading
from app.orders.lifecycle import RUNNING
from app.permissions import Actor, Permission, require

P = Permission
NOW = bindparam("now", type_=DateTime(timezone=True))
PLACE = tuple_(bindparam("starts_at", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid()))
LINE = (*reading.CARD, Order.number, Order.status)


class Stage(StrEnum):
    """What is to be done with an order next; each order is in one of them."""

    DRAFT = "draft"
    OPEN = "open"
    RUNNING = "running"
    OVER = "over"
    ANSWERS = "answers"
    ENDED = "ended"


IS_PUBLISHED = or_(*(Order.status == status for status in sorted(RUNNING)))
STAGES = {
    Stage.DRAFT: Order.status == OrderStatus.DRAFT,
    Stage.OPEN: and_(IS_PUBLISHED, Order.starts_at > NOW),
    Stage.RUNNING: and_(IS_PUBLISHED, Order.starts_at <= NOW, Order.ends_at > NOW),
    Stage.OVER: and_(IS_PUBLISHED, Order.ends_at <= NOW),
    Stage.ANSWERS: Order.status == OrderStatus.PENDING_ACCEPTANCE,
    Stage.ENDED: or_(
        Order.status == OrderStatus.CLOSED,
        Order.status == OrderStatus.EXPIRED,
        Order.status == OrderStatus.CANCELLED,
    ),
}


async def page_of_stage(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID, stage: Stage
) -> Slice[dict[str, Any]]:
    """The community's orders in one stage by their begin; what has ended, the latest first.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    await reading.allowed(reader, actor, community_id, P.COMMUNITY_ORDER)
    binds: dict[str, Any] = {"community_id": community_id}
    where = scope("orders-desk", binds | {"stage": stage})
    key = after(paging, where, datetime, UUID)
    more = {} if key is None else {"starts_at": key[0], "id": key[1]}
    binds |= more | {"now": clock.now(), "most": paging.limit + 1}
    rows = await _of_stage(stage, bool(more)).rows(reader, binds)
    return cut(rows, paging, where, "starts_at", "id")


async def sheet(reader: Reader, actor: Actor, order_id: UUID) -> dict[str, Any]:
    """One order with who is on it, as `reading.show`, for whoever confirms who came.

    Raises:
        NotFound, Forbidden: as for the order.
    """
    row = await reading.show(reader, actor, order_id)
    require(row["grants"], P.ORDER_ATTEND)
    return row


@cache
def _of_stage(stage: Stage, is_continued: bool) -> Prepared:
    key = tuple_(Order.starts_at, Order.id)
    statement = (
        select(*LINE)
        .where(Order.community_id == reading.COMMUNITY, STAGES[stage])
        .limit(bindparam("most", type_=Integer()))
    )
    if stage is Stage.ENDED:
        statement = statement.order_by(Order.starts_at.desc(), Order.id.desc())
        return Prepared(statement.where(key < PLACE) if is_continued else statement)
    statement = statement.order_by(Order.starts_at, Order.id)
    return Prepared(statement.where(key > PLACE) if is_continued else statement)
