"""预案: what a place has ready before it is needed, and the call-up made of it in one tap."""

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.emergency.call_ups import DUTIES, KINDS, LEVELS, level_words
from app.console.forms import Form
from app.console.menu import DESK
from app.console.menu import LEVELS as LEVEL_ROLES
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.emergency import desk, plan_reading, plans
from app.emergency.drafts import CALLS
from app.emergency.plan_schemas import PlanCallIn, PlanChange, PlanIn
from app.http.deps import needs
from app.http.room import Room
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

# Of each list that a plan has: how many rows more than there are can be filled in.
BLANK = {"meeting_points": 2, "posts": 2}
MOST_ROWS = 20


@router.get("/call-up-plans/{plan_id}", openapi_extra=needs(P.CALL_UP_PLAN_READ))
async def show_plan(visit: VisitDep, plan_id: UUID) -> Response:
    """One plan, and the call-up from it."""
    return await _show(visit, plan_id, Form("call"))


@router.post("/call-up-plans/{plan_id}/call-ups", openapi_extra=needs(P.CALL_UP_PLAN_READ))
async def draft_one_from_plan(visit: VisitDep, plan_id: UUID) -> Response:
    """A draft with all its shifts; nobody is called before it is approved."""

    async def use(session: AsyncSession, body: PlanCallIn) -> Any:
        return await plans.call_up(session, visit.actor, plan_id, body)

    form = await forms.submit(visit, PlanCallIn, use, key="call")
    if form.is_refused:
        return await _show(visit, plan_id, form)
    return page.go(f"/console/call-ups/{form.result.id}", "call_up_draft")


@router.get("/emergency/{organization_id}/plans/new", openapi_extra=needs(P.COMMUNITY_CALL_UP))
async def show_plan_form(visit: VisitDep, organization_id: UUID) -> Response:
    """What a place has ready before it is needed."""
    return await _new(visit, organization_id, Form())


@router.post("/emergency/{organization_id}/plans", openapi_extra=needs(P.COMMUNITY_CALL_UP))
async def keep_one_plan(visit: VisitDep, organization_id: UUID) -> Response:
    """A new plan."""

    async def use(session: AsyncSession, body: PlanIn) -> Any:
        return await plans.keep(session, visit.actor, organization_id, body)

    form = await forms.submit(visit, PlanIn, use)
    if form.is_refused:
        return await _new(visit, organization_id, form)
    return page.go(f"/console/call-up-plans/{form.result.id}", "call_up_plan_keep")


@router.get("/call-up-plans/{plan_id}/change", openapi_extra=needs(P.CALL_UP_PLAN_KEEP))
async def show_plan_change(visit: VisitDep, plan_id: UUID) -> Response:
    """The plan as it stands, to be changed."""
    return await _change(visit, plan_id, Form())


@router.post("/call-up-plans/{plan_id}/change", openapi_extra=needs(P.CALL_UP_PLAN_KEEP))
async def change_one_plan(visit: VisitDep, plan_id: UUID) -> Response:
    """It is otherwise from now on; call-ups made from it stay as they are. A phone that was emptied is
    taken away."""

    async def use(session: AsyncSession, body: PlanChange) -> Any:
        typed = await visit.request.form(max_fields=forms.MOST_FIELDS)
        if typed.get("contact_phone") == "":
            body = body.model_copy(update={"contact_phone": None})
        return await plans.change(session, visit.actor, plan_id, body)

    again, to = partial(_change, visit, plan_id), f"/console/call-up-plans/{plan_id}"
    return await forms.step(visit, PlanChange, use, again, to, "call_up_plan_change")


async def _new(visit: Visit, organization_id: UUID, form: Form) -> Response:
    place = await desk.place(visit.reader, visit.actor, organization_id)
    return await _form(visit, form, title=f"新建预案 · {place['name']}", place=place, row=None)


async def _change(visit: Visit, plan_id: UUID, form: Form) -> Response:
    row = await plan_reading.show_to_change(visit.reader, visit.actor, plan_id)
    return await _form(visit, form, title=f"修改预案 · {row['title']}", place=None, row=row)


async def _form(visit: Visit, form: Form, *, row: dict[str, Any] | None, **more: Any) -> Response:
    said = await dictionaries.sections(visit.reader, KINDS, LEVELS, DUTIES)
    stored = {} if row is None or form.values else row
    lists = {name: stored.get(name, []) for name in BLANK}
    return page.render(
        visit.request,
        "emergency/plan_form.html",
        form.code,
        form=form,
        row=row,
        kinds=[(code, each["name"]) for code, each in said[KINDS].items()],
        levels=level_words(said[LEVELS]),
        duties=[(code, each["name"]) for code, each in said[DUTIES].items()],
        lists=lists,
        rows={
            name: min(max(len(lists[name]), form.rows(name)) + blank, MOST_ROWS)
            for name, blank in BLANK.items()
        },
        **more,
    )


async def _show(visit: Visit, plan_id: UUID, form: Form) -> Response:
    row = await plan_reading.show(visit.reader, visit.actor, plan_id)
    said = await dictionaries.sections(visit.reader, KINDS, LEVELS, DUTIES)
    own = [each for each in visit.organizations(*DESK, *LEVEL_ROLES) if each.kind in CALLS]
    return page.render(
        visit.request,
        "emergency/plan.html",
        form.code,
        row=row,
        form=form,
        said_by={
            section.rpartition(".")[2]: {code: each["name"] for code, each in entries.items()}
            for section, entries in said.items()
        },
        levels=level_words(said[LEVELS]),
        callers=[(each.organization_id, each.name) for each in own],
        points=[
            (number, each["place"]) for number, each in enumerate(row["meeting_points"], start=1)
        ],
    )
