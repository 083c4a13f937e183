"""谁能来: what the members have answered, and who of those who can is asked to come."""

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
from app.http.deps import needs
from app.http.room import Room
from app.models.poll import PollChoice, PollStatus
from app.orders import poll_reading, polls
from app.orders.poll_schemas import PollNamesIn
from app.permissions import Permission as P
from app.rules.words import TAKERS

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

CHOICES = labels.of(PollChoice)
ANSWERS = 100  # on one page
NAME = "name"


@router.get("/polls/{poll_id}", openapi_extra=needs(P.POLL_READ))
async def show_poll(
    visit: VisitDep,
    poll_id: UUID,
    answer: PollChoice | page.Unused = "",
    cursor: page.Cursor = None,
) -> Response:
    """One poll; who asks reads the answers, and may tick who comes."""
    return await _show(visit, poll_id, Form(), answer or None, cursor)


@router.post("/polls/{poll_id}/names", openapi_extra=needs(P.POLL_RUN))
async def name_from_one_poll(visit: VisitDep, poll_id: UUID) -> Response:
    """Places are held for these who said yes, until each accepts or declines."""

    async def use(session: AsyncSession, body: PollNamesIn) -> Any:
        return await polls.name(session, visit.actor, poll_id, body.registration_ids)

    return await _step(visit, poll_id, NAME, PollNamesIn, use)


@router.post("/polls/{poll_id}/close", openapi_extra=needs(P.POLL_RUN))
async def close_one_poll(visit: VisitDep, poll_id: UUID) -> Response:
    """Nobody answers any more."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await polls.close(session, visit.actor, poll_id)

    return await _step(visit, poll_id, "close", forms.Nothing, use)


async def _step(
    visit: Visit,
    poll_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(_show, visit, poll_id), f"/console/polls/{poll_id}"
    return await forms.step(visit, shape, use, again, to, f"poll_{key}", key=key)


async def _show(
    visit: Visit,
    poll_id: UUID,
    sent: Form,
    answer: PollChoice | None = None,
    cursor: str | None = None,
) -> Response:
    row = await poll_reading.show(visit.reader, visit.actor, poll_id)
    rows: list[dict[str, Any]] = []
    following = None
    if row["can_run"]:
        found = await poll_reading.page_of_answers(
            visit.reader, visit.actor, Paging(ANSWERS, cursor), poll_id, answer
        )
        rows, following = list(found.items), found.next_cursor
    return page.render(
        visit.request,
        "branch/poll.html",
        sent.code,
        row=row,
        rows=rows,
        next_page=page.next_page(visit.request, following),
        answer=answer,
        choices=CHOICES,
        speaks=any(
            each.role in TAKERS and each.organization_id == row["organization_id"]
            for each in visit.held
        ),
        may_close=row["can_run"] and row["status"] is PollStatus.OPEN,
        form=sent if sent.key == NAME else Form(NAME),
        sent=sent,
        filter=Form("filter"),
    )
