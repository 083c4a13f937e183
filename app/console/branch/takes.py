"""已承接的服务: what a unit has taken, who is named for it and what he has answered."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.branch.orders import NAMES
from app.console.community.orders import SEATS, STATUSES
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.paging import Paging, Slice
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.order import OrderStatus
from app.orders import branch_reading, branches
from app.orders.branch_schemas import ExchangeIn, NamesIn
from app.orders.lifecycle import SEAT, SeatAction
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

FORMS = ("name", "exchange")


@router.get("/organizations/{organization_id}/branch-takes", openapi_extra=needs(P.BRANCH_TAKE))
async def list_take_pages(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """What the unit has taken, the latest first."""
    found = await branch_reading.page(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id
    )
    return page.render(
        visit.request,
        "branch/takes.html",
        organization_id=organization_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        statuses=STATUSES,
    )


@router.get("/branch-takes/{take_id}", openapi_extra=needs(P.TAKE_READ))
async def show_take(visit: VisitDep, take_id: UUID, cursor: page.Cursor = None) -> Response:
    """One take with its people, and the forms that are open to who speaks for the unit; `cursor` is
    of whom it may name."""
    return await _show(visit, take_id, Form(), cursor)


@router.post("/branch-takes/{take_id}/names", openapi_extra=needs(P.TAKE_NAME))
async def name_for_one_take(visit: VisitDep, take_id: UUID) -> Response:
    """Who is ticked is asked for places that have no name yet."""

    async def use(session: AsyncSession, body: NamesIn) -> Any:
        return await branches.name(session, visit.actor, take_id, body.registration_ids)

    return await _step(visit, take_id, "name", NamesIn, use)


@router.post("/branch-takes/{take_id}/exchange", openapi_extra=needs(P.TAKE_NAME))
async def exchange_in_one_take(visit: VisitDep, take_id: UUID) -> Response:
    """Another is asked in the place of somebody named."""

    async def use(session: AsyncSession, body: ExchangeIn) -> Any:
        return await branches.exchange(session, visit.actor, take_id, body)

    return await _step(visit, take_id, "exchange", ExchangeIn, use)


@router.post("/branch-takes/{take_id}/give-back", openapi_extra=needs(P.TAKE_NAME))
async def give_one_take_back(visit: VisitDep, take_id: UUID) -> Response:
    """Places without a name are free again."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await branches.give_back(session, visit.actor, take_id)

    return await _step(visit, take_id, "give_back", forms.Nothing, use)


async def _step(
    visit: Visit,
    take_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(_show, visit, take_id), f"/console/branch-takes/{take_id}"
    return await forms.step(visit, shape, use, again, to, f"branch_{key}", key=key)


async def _show(visit: Visit, take_id: UUID, sent: Form, cursor: str | None = None) -> Response:
    row = await branch_reading.show(visit.reader, visit.actor, take_id)
    now = clock.now()
    speaks = P.TAKE_NAME in row["grants"]
    is_open = speaks and row["order_status"] is OrderStatus.OPEN and row["starts_at"] > now
    named = [
        (each["seat_id"], each["name"] or "未填姓名")
        for each in row["people"]
        if SeatAction.REPLACE in SEAT.open_in(each["status"], row["grants"])
    ]
    may_name = is_open and row["unnamed"] > 0 and row["names_due_at"] > now
    may_exchange = is_open and bool(named) and (row["release_until"] or row["starts_at"]) > now
    people: Slice[dict[str, Any]] = Slice([], None)
    if may_name or may_exchange:
        names, unit = Paging(NAMES, cursor), (row["organization_id"], row["order_id"])
        people = await branch_reading.nominees(visit.reader, visit.actor, names, *unit)
    return page.render(
        visit.request,
        "branch/take.html",
        sent.code,
        row=row,
        named=named,
        speaks=speaks,
        may_name=may_name,
        may_exchange=may_exchange,
        may_give_back=speaks and row["unnamed"] > 0,
        people=people.items,
        next_page=page.next_page(visit.request, people.next_cursor),
        forms={key: Form(key) for key in FORMS} | {sent.key: sent},
        sent=sent,
        seats=SEATS,
        statuses=STATUSES,
    )
