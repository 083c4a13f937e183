"""异议: what a member objects to, answered by the community, decided by the subdistrict, and once more by
the district."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.evaluations import item_reading, objections, reading
from app.evaluations.schemas import EvaluationWordsIn, ObjectionDecisionIn
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.objection import ObjectionKind as K
from app.models.objection import ObjectionStatus as S
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

KINDS = labels.of(K)
STATUSES = labels.of(S)
ONE = "/objections/{objection_id}"


@router.get("/organizations/{organization_id}/objections", openapi_extra=needs(P.CONDUCT_LIST))
async def list_objection_pages(
    visit: VisitDep,
    organization_id: UUID,
    status: S | page.Unused = "",
    cursor: page.Cursor = None,
) -> Response:
    """Of the community, or of those below the place; the latest first."""
    await reading.allowed(visit.reader, visit.actor, organization_id, P.CONDUCT_LIST)
    found = await reading.page(
        visit.reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        "objections",
        organization_id,
        status or None,
    )
    return page.render(
        visit.request,
        "community/objections.html",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        kinds=KINDS,
        status=status,
        statuses=STATUSES,
        filter=Form("filter"),
    )


@router.get(ONE, openapi_extra=needs(P.OBJECTION_READ))
async def show_one_objection(visit: VisitDep, objection_id: UUID) -> Response:
    """One objection with what was said to it, and the form that is the reader's."""
    return await _show(visit, objection_id, Form())


@router.post(f"{ONE}/answer", openapi_extra=needs(P.OBJECTION_ANSWER))
async def answer_one_objection(visit: VisitDep, objection_id: UUID) -> Response:
    """The community has said what it has to say; the subdistrict decides."""

    async def use(session: AsyncSession, body: EvaluationWordsIn) -> Any:
        return await objections.answer(session, visit.actor, objection_id, body.words)

    return await _move(visit, objection_id, "answer", EvaluationWordsIn, use)


@router.post(f"{ONE}/decide", openapi_extra=needs(P.OBJECTION_DECIDE, P.OBJECTION_SETTLE))
async def decide_one_objection(visit: VisitDep, objection_id: UUID) -> Response:
    """The subdistrict, or after it the district, has decided, and says why."""

    async def use(session: AsyncSession, body: ObjectionDecisionIn) -> Any:
        return await objections.decide(
            session, visit.actor, objection_id, is_granted=body.is_granted, reason=body.reason
        )

    return await _move(visit, objection_id, "decide", ObjectionDecisionIn, use)


async def _move(
    visit: Visit,
    objection_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again = partial(_show, visit, objection_id)
    to = f"/console/objections/{objection_id}"
    return await forms.step(visit, shape, use, again, to, f"objection_{key}", key=key)


async def _show(visit: Visit, objection_id: UUID, refused: Form) -> Response:
    row = await item_reading.show_objection(visit.reader, visit.actor, objection_id)
    return page.render(
        visit.request,
        "community/objection.html",
        refused.code,
        row=row,
        is_listed=bool(LISTED & set(row["grants"])),
        kinds=KINDS,
        statuses=STATUSES,
        refused=refused,
        forms={key: Form(key) for key in ("answer", "decide")} | {refused.key: refused},
        reads_item=bool(ITEM_READERS & set(row["grants"])),
    )


LISTED = {P.OBJECTION_ANSWER, P.OBJECTION_DECIDE, P.OBJECTION_SETTLE}
ITEM_READERS = {P.OBJECTION_ANSWER, P.OBJECTION_DECIDE}
