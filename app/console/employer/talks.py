"""约谈提醒: for the employer's secretary alone: agreed upon, held, no word of it written down."""

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
from app.evaluations import reading, talks
from app.evaluations.lifecycle import TalkAction as A
from app.evaluations.schemas import HoldIn, ScheduleIn
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.talk import TalkStatus as S
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
TRIGGERS, KINDS, OUTCOMES = "talk.triggers", "talk.kinds", "talk.outcomes"


@router.get("/employers/{employer_id}/talks", openapi_extra=needs(P.EMPLOYER_TALKS))
async def list_talk_pages(
    visit: VisitDep,
    employer_id: UUID,
    cursor: page.Cursor = None,
) -> Response:
    """With the employer's members, the latest first."""
    await reading.allowed(visit.reader, visit.actor, employer_id, P.EMPLOYER_TALKS)
    found = await reading.page(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), "talks", employer_id
    )
    return page.render(
        visit.request,
        "employer/talks.html",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        statuses=STATUSES,
    )


@router.get("/talks/{talk_id}", openapi_extra=needs(P.TALK_READ))
async def show_one_talk(visit: VisitDep, talk_id: UUID) -> Response:
    """One talk, with the forms that are open to the reader."""
    return await _show(visit, talk_id, Form())


@router.post("/talks/{talk_id}/schedule", openapi_extra=needs(P.TALK_HOLD))
async def schedule_one_talk(visit: VisitDep, talk_id: UUID) -> Response:
    """The member knows when, and that it is no sanction."""

    async def use(session: AsyncSession, body: ScheduleIn) -> Any:
        return await talks.schedule(session, visit.actor, talk_id, body.meets_at, body.kind)

    return await _move(visit, talk_id, "schedule", ScheduleIn, use)


@router.post("/talks/{talk_id}/hold", openapi_extra=needs(P.TALK_HOLD))
async def hold_one_talk(visit: VisitDep, talk_id: UUID) -> Response:
    """It was held, with one of four outcomes; no text."""

    async def use(session: AsyncSession, body: HoldIn) -> Any:
        return await talks.hold(session, visit.actor, talk_id, body.outcome)

    return await _move(visit, talk_id, "hold", HoldIn, use)


async def _move(
    visit: Visit,
    talk_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again = partial(_show, visit, talk_id)
    to = f"/console/talks/{talk_id}"
    return await forms.step(visit, shape, use, again, to, f"talk_{key}", key=key)


async def _show(visit: Visit, talk_id: UUID, refused: Form) -> Response:
    row = await reading.show_talk(visit.reader, visit.actor, talk_id)
    said = await dictionaries.sections(visit.reader, TRIGGERS, KINDS, OUTCOMES)
    names = {
        section: {code: entry["name"] for code, entry in entries.items()}
        for section, entries in said.items()
    }
    return page.render(
        visit.request,
        "employer/talk.html",
        refused.code,
        row=row,
        refused=refused,
        forms={key: Form(key) for key in (A.SCHEDULE, A.HOLD)} | {refused.key: refused},
        statuses=STATUSES,
        triggers=names[TRIGGERS],
        kinds=names[KINDS],
        outcomes=names[OUTCOMES],
    )
