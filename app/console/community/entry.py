"""代录: a need that came by phone, over the counter or from 12345, entered in twenty seconds."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.community.needs import KINDS, SOURCES, named
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.http.deps import needs
from app.http.room import Room
from app.needs import categories, submissions
from app.needs.schemas import NeedForIn
from app.permissions import Permission as P
from app.policies import dictionaries
from app.residents import places

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

PHONE = "phone"
OWN_ENTRY = ("mini_program",)  # sources and kinds that no staff enters here


@router.get("/communities/{community_id}/needs/new", openapi_extra=needs(P.COMMUNITY_ENTER))
async def show_need_entry(
    visit: VisitDep,
    community_id: UUID,
    source: Annotated[str, Query(max_length=40)] = PHONE,
) -> Response:
    """The form: one line is enough; by which way the last one came stays chosen."""
    return await _show(visit, community_id, source, Form())


@router.post("/communities/{community_id}/needs/new", openapi_extra=needs(P.COMMUNITY_ENTER))
async def enter_one_need(visit: VisitDep, community_id: UUID) -> Response:
    """It is in the community's box, marked as entered on behalf."""

    async def use(session: AsyncSession, body: NeedForIn) -> Any:
        return await submissions.enter(session, visit.actor, community_id, body)

    form = await forms.submit(visit, NeedForIn, use)
    if form.is_refused:
        return await _show(visit, community_id, PHONE, form)
    return page.go(f"/console/needs/{form.result.need.id}", "need_enter")


async def _show(visit: Visit, community_id: UUID, source: str, form: Form) -> Response:
    buildings = await places.buildings(visit.reader, visit.actor, community_id)
    said = await dictionaries.sections(visit.reader, categories.SECTION, SOURCES, KINDS)
    return page.render(
        visit.request,
        "community/need_entry.html",
        form.code,
        community_id=community_id,
        form=form,
        source=source,
        sources=[each for each in named(said[SOURCES]) if each[0] not in OWN_ENTRY],
        kinds=[(code, each["name"]) for code, each in said[KINDS].items() if not each.get("entry")],
        buildings=[
            (row["id"], " · ".join(filter(None, (row["name"], row["compound_name"]))))
            for row in buildings
        ],
    )
