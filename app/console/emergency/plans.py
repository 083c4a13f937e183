"""预案: what a place has ready before it is needed, and the call-up made of it in one tap."""

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
from app.emergency import plan_reading, plans
from app.emergency.drafts import CALLS
from app.emergency.plan_schemas import PlanCallIn
from app.http.deps import needs
from app.http.room import Room
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)


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
