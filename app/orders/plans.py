"""The plan of a community (年度计划): a title, a month, a template; one tap makes the order's draft.

Source: practice.md R15.
"""

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Integer, Uuid, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, Invalid, NotFound, Stale
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.order import Order, OrderStatus
from app.models.order_series import PlanItem
from app.orders import drafts, forms, reading
from app.orders.plan_schemas import PlanItemChange, PlanItemIn
from app.orders.schemas import OrderIn
from app.permissions import Actor, Permission, may
from app.policies import content
from app.rows import get_row

P = Permission
SATURDAY, MORNING = 6, time(9, 30)
GONE = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)


class AlreadyDrafted(Conflict):
    """There is an order of this item already."""

    code, title = "already_drafted", "该计划项已生成服务"


async def add(
    session: AsyncSession, actor: Actor, community_id: UUID, body: PlanItemIn
) -> dict[str, Any]:
    """The item stands in the plan.

    Raises:
        NotFound, Forbidden: as for an order.
        Invalid: an unknown template or mark.
    """
    await drafts.allowed(session, actor, community_id)
    await _check(session, body.template, body.marks)
    item = PlanItem(
        community_id=community_id,
        title=body.title,
        month=_first_day(body.month),
        template=body.template,
        marks=body.marks,
        created_by_id=actor.person_id,
    )
    session.add(item)
    await session.flush()
    return _said(item)


async def change(
    session: AsyncSession, actor: Actor, item_id: UUID, body: PlanItemChange
) -> dict[str, Any]:
    """The item is as said now; an order that it has made stays as it is.

    Raises:
        NotFound: none, or not the actor's to see.
        Stale: somebody else has changed it.
        Invalid: as `add`.
    """
    item = await _get(session, actor, item_id)
    if item.version != body.version:
        raise Stale
    new = body.model_dump(exclude_unset=True, exclude={"version"})
    if "month" in new:
        new["month"] = _first_day(new["month"])
    for name, value in new.items():
        setattr(item, name, value)
    await _check(session, item.template, item.marks)
    await session.flush()
    return _said(item)


async def remove(session: AsyncSession, actor: Actor, item_id: UUID) -> None:
    """The item is no more; its order, if it has made one, stays.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    await session.delete(await _get(session, actor, item_id))
    await session.flush()


async def draft(
    session: AsyncSession, actor: Actor, item_id: UUID, starts_at: datetime | None
) -> Order:
    """The draft of the item's order, for its template's minutes; what is missing is changed there.

    Raises:
        NotFound, Forbidden: as for an order.
        AlreadyDrafted: its order lives, or has been served.
        Invalid: the month is over and no begin is said, or as drafting refuses.
    """
    item = await _get(session, actor, item_id)
    if item.order_id is not None:
        known = await session.scalar(select(Order.status).where(Order.id == item.order_id))
        if is_drafted(known):
            raise AlreadyDrafted
    template = await content.require(session, forms.TEMPLATES, item.template, pointer="/template")
    begins = starts_at or _saturday(item.month)
    body = OrderIn.model_construct(
        title=item.title,
        template=item.template,
        marks=item.marks,
        skills=[],
        need_ids=[],
        starts_at=begins,
        ends_at=begins + timedelta(minutes=template["minutes"]),
    )
    order = await drafts.draft(session, actor, item.community_id, body)
    item.order_id = order.id
    await session.flush()
    return order


async def page(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID, year: int
) -> Slice[dict[str, Any]]:
    """The plan of a year by month, with what became of each item.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    await reading.allowed(reader, actor, community_id, P.COMMUNITY_ORDER)
    where = scope("plan", {"c": community_id, "y": year})
    key = after(paging, where, date, UUID)
    binds: dict[str, Any] = {
        "community_id": community_id,
        "begins": date(year, 1, 1),
        "ends": date(year, 12, 1),
        "most": paging.limit + 1,
    }
    more = {} if key is None else {"month": key[0], "id": key[1]}
    rows = await _list(bool(more)).rows(reader, binds | more)
    found = cut(rows, paging, where, "month", "id")
    for row in found.items:
        row["month"] = f"{row['month']:%Y-%m}"
        row["is_drafted"] = is_drafted(row["order_status"])
    return found


LINE = (
    PlanItem.id,
    PlanItem.title,
    PlanItem.month,
    PlanItem.template,
    PlanItem.marks,
    PlanItem.order_id,
    PlanItem.version,
    Order.status.label("order_status"),
)
SHOW = Prepared(
    select(*LINE, PlanItem.community_id)
    .outerjoin(Order, Order.id == PlanItem.order_id)
    .where(PlanItem.id == bindparam("plan_item_id", type_=Uuid()), may(P.PLAN_RUN))
)


async def show(reader: Reader, actor: Actor, item_id: UUID) -> dict[str, Any]:
    """One item with what became of it; `is_drafted`: its order lives, or has been served.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"plan_item_id": item_id})
    if row is None:
        raise NotFound
    return row | {"month": f"{row['month']:%Y-%m}", "is_drafted": is_drafted(row["order_status"])}


def is_drafted(order_status: OrderStatus | None) -> bool:
    """Whether an item with an order in this state has no other order."""
    return order_status is not None and order_status not in GONE


@cache
def _list(is_continued: bool) -> Prepared:
    statement = (
        select(*LINE)
        .outerjoin(Order, Order.id == PlanItem.order_id)
        .where(
            PlanItem.community_id == bindparam("community_id", type_=Uuid()),
            PlanItem.month.between(
                bindparam("begins", type_=Date()), bindparam("ends", type_=Date())
            ),
        )
        .order_by(PlanItem.month, PlanItem.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        key = tuple_(bindparam("month", type_=Date()), bindparam("id", type_=Uuid()))
        statement = statement.where(tuple_(PlanItem.month, PlanItem.id) > key)
    return Prepared(statement)


async def _get(session: AsyncSession, actor: Actor, item_id: UUID) -> PlanItem:
    """The item, locked."""
    item, _ = await get_row(
        session, actor, PlanItem, item_id, seen=P.PLAN_RUN, needed=(P.PLAN_RUN,)
    )
    return item


async def _check(session: AsyncSession, template: str, marks: list[str]) -> None:
    await content.require(session, forms.TEMPLATES, template, pointer="/template")
    await forms.check(session, None, marks)


def _saturday(month: date) -> datetime:
    """The first Saturday morning of the month that is ahead, for who works on weekdays.

    Raises:
        Invalid: there is none.
    """
    day = max(month, clock.today() + timedelta(days=1))
    day += timedelta(days=(SATURDAY - day.isoweekday()) % 7)
    if (day.year, day.month) != (month.year, month.month):
        raise Invalid.field("/starts_at", "month_over", "该月已没有周六，请选择开始时间")
    return datetime.combine(day, MORNING, clock.ZONE)


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _said(item: PlanItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "month": f"{item.month:%Y-%m}",
        "template": item.template,
        "marks": item.marks,
        "order_id": item.order_id,
        "version": item.version,
    }
