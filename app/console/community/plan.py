"""年度计划: what a community means to do in a year, month by month; one tap makes the draft of an order."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.community.needs import named
from app.console.community.orders import STATUSES
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.orders import plans
from app.orders.forms import MARKS, TEMPLATES
from app.orders.plan_schemas import PlanItemChange, PlanItemIn, PlanOrderIn
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

Year = Annotated[int | None, Query(ge=2020, le=2099)]
FORMS = ("order", "change")


@router.get("/communities/{community_id}/plan", openapi_extra=needs(P.COMMUNITY_ORDER))
async def show_year_plan(
    visit: VisitDep, community_id: UUID, year: Year = None, cursor: page.Cursor = None
) -> Response:
    """The plan of a year, this one unless another is asked for, with what became of each item."""
    return await _plan(visit, community_id, year or clock.today().year, cursor, Form())


@router.post("/communities/{community_id}/plan", openapi_extra=needs(P.COMMUNITY_ORDER))
async def add_one_plan_item(visit: VisitDep, community_id: UUID) -> Response:
    """The item stands in the plan."""

    async def use(session: AsyncSession, body: PlanItemIn) -> Any:
        return await plans.add(session, visit.actor, community_id, body)

    form = await forms.submit(visit, PlanItemIn, use, key="add")
    if form.is_refused:
        return await _plan(visit, community_id, clock.today().year, None, form)
    return page.go(_plan_of(community_id, form.result["month"]), "plan_add")


@router.get("/plan-items/{plan_item_id}", openapi_extra=needs(P.PLAN_RUN))
async def show_plan_item(visit: VisitDep, plan_item_id: UUID) -> Response:
    """One item, to be changed, taken out, or made an order of."""
    return await _item(visit, plan_item_id, Form())


@router.post("/plan-items/{plan_item_id}/change", openapi_extra=needs(P.PLAN_RUN))
async def change_one_plan_item(visit: VisitDep, plan_item_id: UUID) -> Response:
    """The item is as said now; an order that it has made stays as it is."""

    async def use(session: AsyncSession, body: PlanItemChange) -> Any:
        return await plans.change(session, visit.actor, plan_item_id, body)

    return await _step(visit, plan_item_id, "change", PlanItemChange, use)


@router.post("/plan-items/{plan_item_id}/remove", openapi_extra=needs(P.PLAN_RUN))
async def remove_one_plan_item(visit: VisitDep, plan_item_id: UUID) -> Response:
    """The item is no more; its order, if it has made one, stays."""
    row = await plans.show(visit.reader, visit.actor, plan_item_id)

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        await plans.remove(session, visit.actor, plan_item_id)

    await forms.submit(visit, forms.Nothing, use)
    return page.go(_plan_of(row["community_id"], row["month"]), "plan_remove")


@router.post("/plan-items/{plan_item_id}/order", openapi_extra=needs(P.PLAN_RUN))
async def draft_one_plan_order(visit: VisitDep, plan_item_id: UUID) -> Response:
    """The draft as the template says; without a time for the first Saturday morning ahead."""

    async def use(session: AsyncSession, body: PlanOrderIn) -> Any:
        return (await plans.draft(session, visit.actor, plan_item_id, body.starts_at)).id

    form = await forms.submit(visit, PlanOrderIn, use, key="order")
    if form.is_refused:
        return await _item(visit, plan_item_id, form)
    return page.go(f"/console/orders/{form.result}", "plan_order")


def _plan_of(community_id: UUID, month: str) -> str:
    """The page of the year that a month is of."""
    return f"/console/communities/{community_id}/plan?year={month[:4]}"


async def _step(
    visit: Visit,
    plan_item_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(_item, visit, plan_item_id), f"/console/plan-items/{plan_item_id}"
    return await forms.step(visit, shape, use, again, to, f"plan_{key}", key=key)


async def _plan(
    visit: Visit, community_id: UUID, year: int, cursor: str | None, form: Form
) -> Response:
    found = await plans.page(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), community_id, year
    )
    said = await dictionaries.sections(visit.reader, TEMPLATES, MARKS)
    today = clock.today()
    return page.render(
        visit.request,
        "community/plan.html",
        form.code,
        community_id=community_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        year=year,
        years=[(one, f"{one}年") for one in range(today.year + 1, today.year - 3, -1)],
        month=f"{today:%Y-%m}",
        templates=named(said[TEMPLATES]),
        marks=named(said[MARKS]),
        template_names=dict(named(said[TEMPLATES])),
        mark_names=dict(named(said[MARKS])),
        statuses=STATUSES,
        form=form if form.key else Form("add"),
        filter=Form("filter"),
    )


async def _item(visit: Visit, plan_item_id: UUID, refused: Form) -> Response:
    row = await plans.show(visit.reader, visit.actor, plan_item_id)
    said = await dictionaries.sections(visit.reader, TEMPLATES, MARKS)
    return page.render(
        visit.request,
        "community/plan_item.html",
        refused.code,
        row=row,
        plan=_plan_of(row["community_id"], row["month"]),
        forms={key: Form(key) for key in FORMS} | {refused.key: refused},
        refused=refused,
        templates=named(said[TEMPLATES]),
        marks=named(said[MARKS]),
        statuses=STATUSES,
    )
