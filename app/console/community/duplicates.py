"""同类诉求: needs that may be one, side by side, each with the button that merges it."""

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.community.needs import KINDS, STATUSES
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.http.deps import needs
from app.http.room import Room
from app.needs import categories, merging, reading
from app.needs.lifecycle import UNDECIDED
from app.needs.schemas import MergeIn
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)


@router.get("/similar-needs/{need_id}", openapi_extra=needs(P.NEED_TRIAGE))
async def show_similar_needs(visit: VisitDep, need_id: UUID) -> Response:
    """The need, and open ones that read alike or are about the same matter."""
    return await _show(visit, need_id, Form())


@router.post("/needs/{need_id}/merge", openapi_extra=needs(P.NEED_TRIAGE))
async def merge_one_need(visit: VisitDep, need_id: UUID) -> Response:
    """The need goes on as part of the other one, and who waits for it waits for that one."""

    async def use(session: AsyncSession, body: MergeIn) -> Any:
        return await merging.merge(session, visit.actor, need_id, body.into_id)

    form = await forms.submit(visit, MergeIn, use)
    if form.is_refused:
        return await _show(visit, need_id, form)
    return page.go(f"/console/needs/{form.result.merged_into_id}", "need_merge")


async def _show(visit: Visit, need_id: UUID, form: Form) -> Response:
    async with visit.sessions.begin() as session:
        need, others = await reading.side_by_side(session, visit.actor, need_id)
    said = await dictionaries.sections(visit.reader, categories.SECTION, KINDS)
    return page.render(
        visit.request,
        "community/need_similar.html",
        form.code,
        need=need,
        others=others,
        form=form,
        may_merge=need.status in UNDECIDED,
        undecided=UNDECIDED,
        statuses=STATUSES,
        items=categories.items(said[categories.SECTION]),
        kinds=said[KINDS],
    )
