"""年度评价 of a district or city: a year planned with all its days, other days until it has begun.

From then on the clock takes each step on its day; nobody opens, closes or freezes by hand.
"""

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.appraisals import cycle_reading, cycles
from app.appraisals.schemas import CycleChange, CycleIn
from app.console import forms, page
from app.console.community.evaluation import STATUSES
from app.console.forms import Form
from app.console.oversight import organizations
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.evaluation import CycleStatus as S
from app.organizations import desk
from app.permissions import Permission as P
from app.reports.periods import year_to

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STEPS = labels.HISTORIES["CycleStepOut"]
FIELDS = {
    "year": "年度",
    "appraisal_from": "测评开始",
    "appraisal_days": "测评天数",
    "objection_workdays": "阅看和异议的工作日数",
    "issue_on": "向单位出具",
}


@router.get(
    "/organizations/{organization_id}/evaluation-cycles", openapi_extra=needs(P.EVALUATION_PLAN)
)
async def list_cycle_pages(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """The years that concern the place, the latest first; the form that plans one."""
    return await _list(visit, organization_id, Form(), cursor)


@router.post(
    "/organizations/{organization_id}/evaluation-cycles", openapi_extra=needs(P.EVALUATION_PLAN)
)
async def plan_one_cycle(visit: VisitDep, organization_id: UUID) -> Response:
    """A year with all its days, as the policies propose them."""

    async def use(session: AsyncSession, body: CycleIn) -> Any:
        return await cycles.plan(session, visit.actor, organization_id, body)

    form = await forms.submit(visit, CycleIn, use)
    if form.is_refused:
        return await _list(visit, organization_id, form)
    return page.go(f"/console/evaluation-cycles/{form.result.id}", "cycle_planned")


@router.get("/evaluation-cycles/{cycle_id}", openapi_extra=needs(P.EVALUATION_PLAN))
async def show_one_cycle(visit: VisitDep, cycle_id: UUID) -> Response:
    """The days of a year, what has happened, and the form for other days until it has begun."""
    return await _show(visit, cycle_id, Form())


@router.post("/evaluation-cycles/{cycle_id}", openapi_extra=needs(P.EVALUATION_PLAN))
async def change_one_cycle(visit: VisitDep, cycle_id: UUID) -> Response:
    """Other days; what follows from a changed one is laid out anew."""

    async def use(session: AsyncSession, body: CycleChange) -> Any:
        return await cycles.change(session, visit.actor, cycle_id, body)

    again, to = partial(_show, visit, cycle_id), f"/console/evaluation-cycles/{cycle_id}"
    return await forms.step(visit, CycleChange, use, again, to, "cycle_changed")


async def _list(
    visit: Visit, organization_id: UUID, form: Form, cursor: str | None = None
) -> Response:
    place = await desk.show(visit.reader, visit.actor, organization_id, P.EVALUATION_PLAN)
    found = await cycle_reading.page(visit.reader, Paging(PAGE_ROWS, cursor), organization_id)
    return page.render(
        visit.request,
        "oversight/cycles.html",
        form.code,
        place=place,
        way=organizations.way(visit, place),
        here=f"/console/organizations/{organization_id}/evaluation-cycles",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        form=form,
        labels=FIELDS,
        year=clock.today().year,
        statuses=STATUSES,
    )


async def _show(visit: Visit, cycle_id: UUID, form: Form) -> Response:
    row = await cycle_reading.show_to_office(visit.reader, visit.actor, cycle_id)
    place = f"/console/organizations/{row['organization_id']}"
    return page.render(
        visit.request,
        "oversight/cycle.html",
        form.code,
        row=row,
        years=f"{place}/evaluation-cycles",
        gaps=f"/console/year-end/{row['organization_id']}/gaps",
        period=year_to(row["facts_close_on"]),
        form=form,
        labels=FIELDS,
        may_change=row["status"] is S.PLANNED,
        statuses=STATUSES,
        steps=STEPS,
    )
