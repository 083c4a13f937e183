"""应急: where a place begins: what runs now, a call-up from a plan or by hand, and all that were."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.paging import Paging
from app.emergency import desk, drafts, plan_reading, reading
from app.emergency.schemas import CallUpIn
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.emergency import CallUpStatus as S
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
KINDS, LEVELS, DUTIES, REPLIES = (
    f"emergency.{each}" for each in ("kinds", "levels", "duties", "replies")
)
AREAS = {
    "grid": "网格",
    "functional_branch": "功能型党支部",
    "functional_group": "党小组",
    "community": "社区",
}
SOON = timedelta(hours=1)  # when people gather, unless another time is said


@router.get("/emergency/{organization_id}", openapi_extra=needs(P.COMMUNITY_CALL_UP))
async def show_emergency(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """What lives now, the plans to call up from, and the way to do so by hand."""
    place = await desk.place(visit.reader, visit.actor, organization_id)
    paging = Paging(PAGE_ROWS, cursor)
    live = await desk.page_of_live(visit.reader, visit.actor, paging, organization_id)
    plans = await plan_reading.page(
        visit.reader, visit.actor, Paging(PAGE_ROWS, None), organization_id
    )
    return page.render(
        visit.request,
        "emergency/start.html",
        place=place,
        rows=live.items,
        next_page=page.next_page(visit.request, live.next_cursor),
        plans=plans.items,
        statuses=STATUSES,
        said_by=await names(visit, KINDS, LEVELS),
    )


@router.get("/call-ups")
async def list_live_call_ups(visit: VisitDep, cursor: page.Cursor = None) -> Response:
    """For who has no such place: the call-ups that he approves, calls for or may take a shift of."""
    live = await desk.page_of_live(visit.reader, visit.actor, Paging(PAGE_ROWS, cursor))
    return page.render(
        visit.request,
        "emergency/live_list.html",
        rows=live.items,
        next_page=page.next_page(visit.request, live.next_cursor),
        statuses=STATUSES,
        said_by=await names(visit, KINDS, LEVELS),
    )


@router.get("/emergency/{organization_id}/call-ups", openapi_extra=needs(P.COMMUNITY_CALL_UP))
async def list_call_up_pages(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """The place's own call-ups, whatever became of them, the latest first."""
    found = await reading.page(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id
    )
    return page.render(
        visit.request,
        "emergency/list.html",
        organization_id=organization_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        statuses=STATUSES,
        said_by=await names(visit, KINDS, LEVELS),
    )


@router.get("/emergency/{organization_id}/call-ups/new", openapi_extra=needs(P.COMMUNITY_CALL_UP))
async def show_call_up_form(visit: VisitDep, organization_id: UUID) -> Response:
    """What a call-up says that is drafted by hand."""
    return await _form(visit, organization_id, Form())


@router.post("/emergency/{organization_id}/call-ups", openapi_extra=needs(P.COMMUNITY_CALL_UP))
async def draft_one_call_up(visit: VisitDep, organization_id: UUID) -> Response:
    """A draft; nobody is called before it is approved."""

    async def use(session: AsyncSession, body: CallUpIn) -> Any:
        return await drafts.draft(session, visit.actor, organization_id, body)

    form = await forms.submit(visit, CallUpIn, use)
    if form.is_refused:
        return await _form(visit, organization_id, form)
    return page.go(f"/console/call-ups/{form.result.id}", "call_up_draft")


async def names(visit: Visit, *sections: str) -> dict[str, dict[str, str]]:
    """The words of the codes of each section, in the order of the screen."""
    found = await dictionaries.sections(visit.reader, *sections)
    return {
        section.rpartition(".")[2]: {code: str(each["name"]) for code, each in entries.items()}
        for section, entries in found.items()
    }


def level_words(levels: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Each level with what it asks for, to choose from."""
    return [
        (
            code,
            f"{each['name']}（{each['approvals']}人批准后通知，{each['reply_minutes']}分钟内答复）",
        )
        for code, each in levels.items()
    ]


def as_field(moment: Any) -> str:
    """An instant as a field of local time has it."""
    return f"{moment.astimezone(clock.ZONE):%Y-%m-%dT%H:%M}"


async def _form(visit: Visit, organization_id: UUID, form: Form) -> Response:
    place = await desk.place(visit.reader, visit.actor, organization_id)
    said = await dictionaries.sections(visit.reader, KINDS, LEVELS)
    return page.render(
        visit.request,
        "emergency/call_up_form.html",
        form.code,
        place=place,
        form=form,
        kinds=[(code, each["name"]) for code, each in said[KINDS].items()],
        levels=level_words(said[LEVELS]),
        areas=await desk.areas(visit.reader, organization_id),
        area_kinds=AREAS,
        gather_at=as_field(clock.now() + SOON),
    )
