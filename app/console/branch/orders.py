"""可承接的服务: what a branch, a group or a registered employer may take; places taken in its name, or
its members asked first."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging, Slice
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.orders import branch_reading, branches, polls
from app.orders.branch_schemas import BranchTakeIn
from app.orders.forms import TARGETS
from app.orders.poll_schemas import PollIn
from app.permissions import Actor
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

NAMES = 100  # of a unit, on one page
TAKE, POLL = "take", "poll"
# Where what was made is read, and what is said there.
MADE = {
    TAKE: ("/console/branch-takes", "branch_take"),
    POLL: ("/console/polls", "poll_ask"),
}


@router.get("/organizations/{organization_id}/open-orders", openapi_extra=needs(P.BRANCH_TAKE))
async def list_open_order_pages(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """Open orders that the unit may take, the soonest first."""
    found = await branch_reading.open_page(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id
    )
    said = await dictionaries.sections(visit.reader, TARGETS)
    return page.render(
        visit.request,
        "branch/open_orders.html",
        organization_id=organization_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        targets=said[TARGETS],
    )


@router.get(
    "/organizations/{organization_id}/open-orders/{order_id}", openapi_extra=needs(P.BRANCH_TAKE)
)
async def show_open_order(
    visit: VisitDep, organization_id: UUID, order_id: UUID, cursor: page.Cursor = None
) -> Response:
    """One order, to be taken in the unit's name, or to ask its members about; `cursor` is of them."""
    return await _show(visit, organization_id, order_id, Form(), cursor)


@router.post(
    "/organizations/{organization_id}/open-orders/{order_id}/take",
    openapi_extra=needs(P.BRANCH_TAKE),
)
async def take_one_order(visit: VisitDep, organization_id: UUID, order_id: UUID) -> Response:
    """So many places for the unit; who is ticked is asked, and may decline."""

    unit = (organization_id, order_id)
    return await _in_its_name(visit, unit, TAKE, BranchTakeIn, branches.take)


@router.post(
    "/organizations/{organization_id}/open-orders/{order_id}/polls",
    openapi_extra=needs(P.BRANCH_TAKE),
)
async def ask_one_unit(visit: VisitDep, organization_id: UUID, order_id: UUID) -> Response:
    """The unit's members are asked who can come; nobody is named by it."""

    unit = (organization_id, order_id)
    return await _in_its_name(visit, unit, POLL, PollIn, polls.ask)


async def _in_its_name(
    visit: Visit,
    unit: tuple[UUID, UUID],
    key: str,
    shape: type[Shape],
    service: Callable[[AsyncSession, Actor, UUID, Shape], Awaitable[Any]],
) -> Response:
    """By the form `key`; on to the page of what was made."""
    organization_id, order_id = unit

    async def use(session: AsyncSession, body: Shape) -> Any:
        mine = body.model_copy(update={"organization_id": organization_id})
        return await service(session, visit.actor, order_id, mine)

    form = await forms.submit(visit, shape, use, key=key)
    if form.is_refused:
        return await _show(visit, *unit, form)
    path, said = MADE[key]
    return page.go(f"{path}/{form.result.id}", said)


async def _show(
    visit: Visit, organization_id: UUID, order_id: UUID, sent: Form, cursor: str | None = None
) -> Response:
    unit = (organization_id, order_id)
    row = await branch_reading.order_for_unit(visit.reader, visit.actor, *unit)
    people: Slice[dict[str, Any]] = Slice([], None)
    may_take = row["may_take"] and row["taken"] < row["seats"]
    if may_take:
        names = Paging(NAMES, cursor)
        people = await branch_reading.nominees(visit.reader, visit.actor, names, *unit)
    said = await dictionaries.sections(visit.reader, TARGETS)
    return page.render(
        visit.request,
        "branch/open_order.html",
        sent.code,
        organization_id=organization_id,
        row=row,
        free=row["seats"] - row["taken"],
        may_take=may_take,
        people=people.items,
        next_page=page.next_page(visit.request, people.next_cursor),
        forms={key: Form(key) for key in (TAKE, POLL)} | {sent.key: sent},
        sent=sent,
        targets=said[TARGETS],
    )
