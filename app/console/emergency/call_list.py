"""应急联系单: names and phones of whom the reader may call, on the screen and on paper.

Every look is logged. Who calls his own needs no reason (practice.md D); a list on paper is printed for
a purpose, which is kept with each look, and says at its foot who printed it and when (defaults.yaml
`printables.call_list`). Either is the answer to a form: it has no address to be opened again.
"""

import re
from functools import partial
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
FIELD = re.compile(r"reply/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


class CallListIn(In):
    """Whom a list names, and behind which row it goes on."""

    is_unreached: Flag = True
    cursor: Annotated[str, Text(400)] | None = None


class PrintIn(CallListIn):
    """What the list is for, on paper."""

    purpose: Annotated[str, Text(100)]


@router.get("/call-ups/{call_up_id}/call-list", openapi_extra=needs(P.CALL_UP_PHONE))
async def ask_for_call_list(visit: VisitDep, call_up_id: UUID) -> Response:
    """What the list is for is asked; nobody's phone is shown yet."""
    return await _ask(visit, call_up_id, Form())


@router.post("/call-ups/{call_up_id}/call-list", openapi_extra=needs(P.CALL_UP_PHONE))
async def open_call_list(visit: VisitDep, call_up_id: UUID) -> Response:
    """To call one after the other and note what each says; paper shows nothing of it."""
    return await _list(visit, call_up_id, CallListIn, "call")


@router.post("/call-ups/{call_up_id}/call-list/print", openapi_extra=needs(P.CALL_UP_PHONE))
async def print_call_list(visit: VisitDep, call_up_id: UUID) -> Response:
    """On paper, for a purpose."""
    return await _list(visit, call_up_id, PrintIn, "print")


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

    again, to = partial(_ask, visit, call_up_id), f"/console/call-ups/{call_up_id}/call-list"
    return await forms.step(visit, forms.Nothing, use, again, to, "call_up_replies")


async def _list(visit: Visit, call_up_id: UUID, shape: type[CallListIn], key: str) -> Response:
    async def use(session: AsyncSession, body: CallListIn) -> Any:
        return body, await replies.call_list(
            session,
            visit.actor,
            Paging(ROWS, body.cursor),
            call_up_id,
            is_unreached=body.is_unreached,
            purpose=body.purpose if isinstance(body, PrintIn) else None,
        )

    form = await forms.submit(visit, shape, use, key=key)
    if form.is_refused:
        return await _ask(visit, call_up_id, form)
    asked, found = form.result
    said_by = await names(visit, REPLIES)
    return page.render(
        visit.request,
        f"emergency/call_list_{key}.html",
        row=await replies.to_call(visit.reader, visit.actor, call_up_id),
        rows=found.items,
        next_cursor=found.next_cursor,
        asked=asked,
        answers=said_by["replies"],
        printed_at=f"{clock.now().astimezone(clock.ZONE):%Y-%m-%d %H:%M}",
    )


async def _ask(visit: Visit, call_up_id: UUID, refused: Form) -> Response:
    return page.render(
        visit.request,
        "emergency/call_list.html",
        refused.code,
        row=await replies.to_call(visit.reader, visit.actor, call_up_id),
        refused=refused,
        forms={key: Form(key) for key in ("call", "print")} | {refused.key: refused},
    )
