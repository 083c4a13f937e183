"""应急联系单: names and phones of whom the reader may call, on the screen and on paper.

What for is asked first, and kept with every look; who printed it and when stands at the foot. The
list is an answer to a form: it has no address that could be opened again without saying what for.
Source: defaults.yaml `printables.call_list`.
"""

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.emergency.call_ups import REPLIES, names
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.errors import Invalid
from app.core.paging import Paging
from app.core.schemas import Flag, In, Text
from app.emergency import replies
from app.emergency.schemas import CallUpReplyIn
from app.http.deps import needs
from app.http.room import Room
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

ROWS = 60  # of one list
USUAL = "电话通知集结"
FIELD = re.compile(r"reply/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class CallListIn(In):
    """What a list is for, whom it names, and behind which row it goes on."""

    purpose: Annotated[str, Text(100)]
    is_unreached: Flag = True
    cursor: Annotated[str, Text(400)] | None = None


@router.get("/call-ups/{call_up_id}/call-list", openapi_extra=needs(P.CALL_UP_PHONE))
async def ask_for_call_list(visit: VisitDep, call_up_id: UUID) -> Response:
    """What the list is for is asked; nobody's phone is shown yet."""
    return await _ask(visit, call_up_id, Form())


@router.post("/call-ups/{call_up_id}/call-list", openapi_extra=needs(P.CALL_UP_PHONE))
async def open_call_list(visit: VisitDep, call_up_id: UUID) -> Response:
    """Names and phones in clear, on this one answer; each look is logged and shown to the member."""

    async def use(session: AsyncSession, body: CallListIn) -> Any:
        return body, await replies.call_list(
            session,
            visit.actor,
            Paging(ROWS, body.cursor),
            call_up_id,
            is_unreached=body.is_unreached,
            purpose=body.purpose,
        )

    form = await forms.submit(visit, CallListIn, use)
    if form.is_refused:
        return await _ask(visit, call_up_id, form)
    asked, found = form.result
    row = await replies.to_call(visit.reader, visit.actor, call_up_id)
    said_by = await names(visit, REPLIES)
    return page.render(
        visit.request,
        "emergency/call_list.html",
        row=row,
        rows=found.items,
        next_cursor=found.next_cursor,
        purpose=asked.purpose,
        is_unreached=asked.is_unreached,
        now=clock.now(),
        answers=said_by["replies"],
        form=Form("reply"),
    )


@router.post("/call-ups/{call_up_id}/replies", openapi_extra=needs(P.REPLY_GIVE))
async def note_many_replies(visit: VisitDep, call_up_id: UUID) -> Response:
    """What members have said on the phone is noted, each as somebody else's word; all or none."""

    async def use(session: AsyncSession, _: forms.Nothing) -> None:
        data = await visit.request.form(max_fields=forms.MOST_FIELDS)
        said = {
            UUID(field[1]): str(word)
            for name, word in data.items()
            if word and (field := FIELD.fullmatch(name))
        }
        if not said:
            raise Invalid.field("/reply", "none_chosen", "请先选择答复")
        for reply_id, word in said.items():
            body = CallUpReplyIn(reply=word[:40])
            await replies.give(session, visit.actor, reply_id, body)

    form = await forms.submit(visit, forms.Nothing, use)
    if form.is_refused:
        return await _ask(visit, call_up_id, form)
    return page.go(f"/console/call-ups/{call_up_id}/call-list", "call_up_replies")


async def _ask(visit: Visit, call_up_id: UUID, form: Form) -> Response:
    row = await replies.to_call(visit.reader, visit.actor, call_up_id)
    return page.render(
        visit.request, "emergency/call_list_form.html", form.code, row=row, form=form, usual=USUAL
    )
