"""查看评价人: asked by one of the named roles with a reason, agreed to by another, looked at by the two."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.appraisals import opening_reading, openings, sheet_openings
from app.appraisals.opening_schemas import OpeningReasonIn
from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.core.schemas import In, Text
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.appraisal import AppraisalAnswer, OpeningSource
from app.models.appraisal import OpeningStatus as S
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
SOURCES = labels.of(OpeningSource)
ANSWERS = labels.of(AppraisalAnswer)


class SheetIn(In):
    """Of which sheet the raters are asked for, and why."""

    number: Annotated[str, Text(60)]
    reason: Annotated[str, Text(500)]


@router.get("/organizations/{organization_id}/rater-openings", openapi_extra=needs(P.RATERS_ASK))
async def list_opening_pages(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """What was asked about members below the place, the latest first; the form that asks."""
    return await _list(visit, organization_id, Form(), cursor)


@router.post("/organizations/{organization_id}/rater-openings", openapi_extra=needs(P.RATERS_ASK))
async def ask_for_one_opening(visit: VisitDep, organization_id: UUID) -> Response:
    """Another person of the named roles has to agree."""

    async def use(session: AsyncSession, body: SheetIn) -> Any:
        return await sheet_openings.ask(
            session, visit.actor, organization_id, body.number, body.reason
        )

    again = partial(_list, visit, organization_id)
    to = f"/console/organizations/{organization_id}/rater-openings"
    return await forms.step(visit, SheetIn, use, again, to, "opening_asked")


@router.get("/rater-openings/{opening_id}", openapi_extra=needs(P.RATERS_OPEN))
async def show_one_opening(visit: VisitDep, opening_id: UUID) -> Response:
    """The question and its reason, without the answer."""
    return await _show(visit, opening_id, Form())


@router.post("/rater-openings/{opening_id}/agree", openapi_extra=needs(P.RATERS_OPEN))
async def agree_to_one_opening(visit: VisitDep, opening_id: UUID) -> Response:
    """The raters are open to the two for a short time."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await openings.agree(session, visit.actor, opening_id)

    return await _move(visit, opening_id, "agree", forms.Nothing, use)


@router.post("/rater-openings/{opening_id}/refuse", openapi_extra=needs(P.RATERS_OPEN))
async def refuse_one_opening(visit: VisitDep, opening_id: UUID) -> Response:
    """It stays shut, and who asked is told why."""

    async def use(session: AsyncSession, body: OpeningReasonIn) -> Any:
        return await openings.refuse(session, visit.actor, opening_id, body.reason)

    return await _move(visit, opening_id, "refuse", OpeningReasonIn, use)


@router.post("/rater-openings/{opening_id}/look", openapi_extra=needs(P.RATERS_OPEN))
async def look_at_one_opening(visit: VisitDep, opening_id: UUID) -> Response:
    """Who rated, and what, on this one answer; noted with each rater, and each is told."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await openings.look(session, visit.actor, opening_id)

    return await _show(visit, opening_id, await forms.submit(visit, forms.Nothing, use, key="look"))


async def _move(
    visit: Visit,
    opening_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(_show, visit, opening_id), f"/console/rater-openings/{opening_id}"
    return await forms.step(visit, shape, use, again, to, f"opening_{key}", key=key)


async def _list(
    visit: Visit, organization_id: UUID, form: Form, cursor: str | None = None
) -> Response:
    found = await opening_reading.page(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id
    )
    return page.render(
        visit.request,
        "oversight/openings.html",
        form.code,
        here=f"/console/organizations/{organization_id}/rater-openings",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        form=form,
        statuses=STATUSES,
        sources=SOURCES,
    )


async def _show(visit: Visit, opening_id: UUID, form: Form) -> Response:
    row = await opening_reading.show(visit.reader, visit.actor, opening_id)
    return page.render(
        visit.request,
        "oversight/opening.html",
        form.code,
        row=row,
        raters=form.result if form.key == "look" else None,
        form=form,
        refuse=form if form.key == "refuse" else Form("refuse"),
        statuses=STATUSES,
        sources=SOURCES,
        answers=ANSWERS,
    )
