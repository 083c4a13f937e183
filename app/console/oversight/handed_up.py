"""下级提交的诉求: what communities could not solve, with all that was tried, and how it goes on."""

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.community.needs import GIVEN, KINDS, ROUTES, STATUSES
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.core.sorting import WorkSort
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.needs import categories, handed_up, reopening
from app.needs.lifecycle import NeedAction as A
from app.needs.schemas import NeedDecideIn
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

ACTIONS = labels.HISTORIES["NeedStepLine"]
DECIDE, CLOSE = A.DECIDE.value, A.CLOSE.value


@router.get(
    "/organizations/{organization_id}/handed-up-needs", openapi_extra=needs(P.COMMUNITY_DECIDE)
)
async def list_handed_up_pages(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """What waits below the organization for its decision, the oldest first."""
    found = await handed_up.page(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id, WorkSort.AGE
    )
    said = await dictionaries.sections(visit.reader, categories.SECTION, KINDS)
    return page.render(
        visit.request,
        "oversight/handed_up_needs.html",
        organization_id=organization_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        items=categories.items(said[categories.SECTION]),
        kinds=said[KINDS],
    )


@router.get(
    "/organizations/{organization_id}/handed-up-needs/{need_id}",
    openapi_extra=needs(P.NEED_DECIDE),
)
async def show_handed_up_need(visit: VisitDep, organization_id: UUID, need_id: UUID) -> Response:
    """One of them, with what was tried and both ways to go on."""
    return await _show(visit, organization_id, need_id, Form())


@router.post(
    "/organizations/{organization_id}/handed-up-needs/{need_id}/decide",
    openapi_extra=needs(P.NEED_DECIDE),
)
async def decide_one_need(visit: VisitDep, organization_id: UUID, need_id: UUID) -> Response:
    """The community takes it up again, with what the level above says."""
    return await _decide(visit, organization_id, need_id, DECIDE)


@router.post(
    "/organizations/{organization_id}/handed-up-needs/{need_id}/close",
    openapi_extra=needs(P.NEED_DECIDE),
)
async def close_one_need(visit: VisitDep, organization_id: UUID, need_id: UUID) -> Response:
    """It ends here, not solved; its resident reads why."""
    return await _decide(visit, organization_id, need_id, CLOSE)


async def _decide(visit: Visit, organization_id: UUID, need_id: UUID, key: str) -> Response:
    """By the form `key` of its page; on to the list, for a decided need is the community's again."""

    async def use(session: AsyncSession, body: NeedDecideIn) -> Any:
        said = body.model_copy(update={"closes": key == CLOSE})
        return await reopening.decide(session, visit.actor, need_id, said)

    again = partial(_show, visit, organization_id, need_id)
    to = f"/console/organizations/{organization_id}/handed-up-needs"
    return await forms.step(visit, NeedDecideIn, use, again, to, f"need_{key}", key=key)


async def _show(visit: Visit, organization_id: UUID, need_id: UUID, sent: Form) -> Response:
    row = await handed_up.show(visit.reader, visit.actor, need_id)
    said = await dictionaries.sections(visit.reader, categories.SECTION, KINDS)
    return page.render(
        visit.request,
        "oversight/handed_up_need.html",
        sent.code,
        organization_id=organization_id,
        row=row,
        may_decide=A.DECIDE in row["open_to"],
        forms={key: Form(key) for key in (DECIDE, CLOSE)} | {sent.key: sent},
        sent=sent,
        items=categories.items(said[categories.SECTION]),
        kinds=said[KINDS],
        actions=ACTIONS,
        statuses=STATUSES,
        routes=ROUTES,
        given=GIVEN,
    )
