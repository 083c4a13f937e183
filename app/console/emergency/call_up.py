"""One call-up: the roll-call as it stands, its shifts, and each step that is open to the reader."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.emergency.call_ups import DUTIES, KINDS, LEVELS, REPLIES, STATUSES, as_field, names
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.paging import Paging
from app.emergency import approvals, board, desk, reading, service, shifts
from app.emergency.lifecycle import APPROVABLE
from app.emergency.lifecycle import CallUpAction as A
from app.emergency.schemas import CallUpReasonIn, ReviewIn
from app.emergency.shift_schemas import ShiftIn
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.emergency import CallUp, CallUpStatus
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

FORMS = ("approve", "withdraw", "stand_down", "review", "location", "shift")
USUAL = timedelta(hours=4)  # of a shift, where none stands to go by


@router.get("/call-ups/{call_up_id}", openapi_extra=needs(P.CALL_UP_READ))
async def show_call_up(visit: VisitDep, call_up_id: UUID, cursor: page.Cursor = None) -> Response:
    """One call-up with its roll-call, its shifts and the forms that are open to the reader."""
    return await _show(visit, call_up_id, Form(), cursor)


@router.get("/call-ups/{call_up_id}/replies", openapi_extra=needs(P.CALL_UP_RUN))
async def list_reply_pages(
    visit: VisitDep,
    call_up_id: UUID,
    reply: Annotated[str, Query(max_length=40, pattern="^[a-z_]*$")] = "",
    cursor: page.Cursor = None,
) -> Response:
    """Everybody who was called, or who gave one answer, or who was not reached."""
    found = await reading.page_of_called(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), call_up_id, reply or None
    )
    said_by = await names(visit, REPLIES)
    return page.render(
        visit.request,
        "emergency/replies.html",
        call_up_id=call_up_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        reply=reply,
        answers={reading.NOT_REACHED: "未答复"} | said_by["replies"],
        filter=Form("filter"),
    )


@router.post("/call-ups/{call_up_id}/approve", openapi_extra=needs(P.CALL_UP_APPROVE))
async def approve_one_call_up(visit: VisitDep, call_up_id: UUID) -> Response:
    """One more answers for it; with enough of them the members are called."""

    async def use(session: AsyncSession, _: forms.Nothing) -> CallUp:
        return await approvals.approve(session, visit.actor, call_up_id)

    form = await forms.submit(visit, forms.Nothing, use, key="approve")
    if form.is_refused:
        return await _show(visit, call_up_id, form)
    is_called = form.result.status is CallUpStatus.ACTIVE
    said = "call_up_active" if is_called else "call_up_approve"
    return page.go(f"/console/call-ups/{call_up_id}", said)


@router.post("/call-ups/{call_up_id}/withdraw", openapi_extra=needs(P.CALL_UP_RUN))
async def withdraw_one_call_up(visit: VisitDep, call_up_id: UUID) -> Response:
    """The draft comes to nothing; nobody was called."""

    async def use(session: AsyncSession, body: CallUpReasonIn) -> Any:
        return await service.withdraw(session, visit.actor, call_up_id, body.reason)

    return await _step(visit, call_up_id, "withdraw", CallUpReasonIn, use)


@router.post("/call-ups/{call_up_id}/stand-down", openapi_extra=needs(P.CALL_UP_RUN))
async def stand_one_call_up_down(visit: VisitDep, call_up_id: UUID) -> Response:
    """It is over: who has not begun need not come, and minutes may still be entered."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await service.stand_down(session, visit.actor, call_up_id)

    return await _step(visit, call_up_id, "stand_down", forms.Nothing, use)


@router.post("/call-ups/{call_up_id}/review", openapi_extra=needs(P.CALL_UP_RUN))
async def review_one_call_up(visit: VisitDep, call_up_id: UUID) -> Response:
    """What was learned is written down, and the call-up is closed."""

    async def use(session: AsyncSession, body: ReviewIn) -> Any:
        return await service.review(session, visit.actor, call_up_id, body.text)

    return await _step(visit, call_up_id, "review", ReviewIn, use)


@router.post("/call-ups/{call_up_id}/location", openapi_extra=needs(P.CALL_UP_LOCATE))
async def require_one_location(visit: VisitDep, call_up_id: UUID) -> Response:
    """The district requires the location of who comes, this once; they are shown why."""

    async def use(session: AsyncSession, body: CallUpReasonIn) -> Any:
        return await service.require_location(session, visit.actor, call_up_id, body.reason)

    return await _step(visit, call_up_id, "location", CallUpReasonIn, use)


@router.post("/call-ups/{call_up_id}/shifts", openapi_extra=needs(P.CALL_UP_RUN))
async def add_one_shift(visit: VisitDep, call_up_id: UUID) -> Response:
    """It goes on: one more shift, open as soon as members are called."""

    async def use(session: AsyncSession, body: ShiftIn) -> Any:
        return await shifts.add(session, visit.actor, call_up_id, body)

    return await _step(visit, call_up_id, "shift", ShiftIn, use)


async def _step(
    visit: Visit,
    call_up_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again, to = partial(_show, visit, call_up_id), f"/console/call-ups/{call_up_id}"
    return await forms.step(visit, shape, use, again, to, f"call_up_{key}", key=key)


async def _show(
    visit: Visit, call_up_id: UUID, refused: Form, cursor: str | None = None
) -> Response:
    found = await board.show(visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), call_up_id)
    row, granted = found.call_up, found.call_up["grants"]
    said_by = await names(visit, KINDS, LEVELS, DUTIES, REPLIES)
    is_whole = row["targets"] == [row["organization_id"]]
    areas = [] if is_whole else await desk.areas(visit.reader, row["organization_id"])
    last = found.shifts.items[-1] if found.shifts.items else None
    begins = last["ends_at"] if last else row["gather_at"]
    return page.render(
        visit.request,
        "emergency/call_up.html",
        refused.code,
        row=row,
        is_whole=is_whole,
        areas=[each["name"] for each in areas if each["id"] in row["targets"]],
        answers=found.answers,
        groups=[*said_by["replies"].items(), (None, "未答复")],
        called=sum(count for count, _ in found.answers.values()),
        most=board.NAMES,
        shifts=found.shifts.items,
        next_page=page.next_page(visit.request, found.shifts.next_cursor),
        refused=refused,
        forms={key: Form(key) for key in FORMS} | {refused.key: refused},
        statuses=STATUSES,
        said_by=said_by,
        now=clock.now(),
        is_live=row["status"] == CallUpStatus.ACTIVE,
        may_run=P.CALL_UP_RUN in granted,
        may_call=P.CALL_UP_PHONE in granted and row["status"] == CallUpStatus.ACTIVE,
        may_locate=P.CALL_UP_LOCATE in granted
        and row["is_emergency"]
        and row["status"] in APPROVABLE
        and row["location_reason"] is None,
        may_extend=P.CALL_UP_RUN in granted and row["status"] in APPROVABLE,
        may_withdraw=A.WITHDRAW in row["open_to"],
        may_stand_down=A.STAND_DOWN in row["open_to"],
        may_review=A.REVIEW in row["open_to"],
        duties=list(said_by["duties"].items()),
        usual={
            "duty": last["duty"] if last else "",
            "seats": last["seats"] if last else "",
            "starts_at": as_field(begins),
            "ends_at": as_field(begins + (last["ends_at"] - last["starts_at"] if last else USUAL)),
        },
    )
