"""到场和时长: the list on paper, who came, and the minutes; everybody in one form.

Of each seat one field: `seat/ID` says whether he came (`came`, `missed`, or the code of an excuse),
`minutes/ID` his minutes where they differ from the service's own.
"""

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page, seats
from app.console.community.orders import SEATS, STATUSES
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.seats import CAME, MISSED
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.http.deps import needs
from app.http.room import Room
from app.models.order import OrderStatus, SeatStatus
from app.orders import attendance, desk
from app.orders.lifecycle import LIVE, PRESENT, RUNNING
from app.orders.lifecycle import OrderAction as A
from app.orders.schemas import AbsentIn, AttendanceIn, CompleteIn, MinutesIn
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

EXCUSES = "absence_excuses"
# Who came or was to come.
SHOWN = LIVE | {SeatStatus.NO_SHOW, SeatStatus.EXCUSED}


@router.get("/orders/{order_id}/sheet", openapi_extra=needs(P.ORDER_ATTEND))
async def show_sheet(visit: VisitDep, order_id: UUID) -> Response:
    """Who comes, on paper, to be ticked by hand."""
    row = await desk.sheet(visit.reader, visit.actor, order_id)
    coming = [seat for seat in row["seats_held"] if seat["status"] in LIVE]
    return page.render(visit.request, "community/order_sheet.html", row=row, coming=coming)


@router.get("/orders/{order_id}/attendance", openapi_extra=needs(P.ORDER_ATTEND))
async def show_attendance(visit: VisitDep, order_id: UUID) -> Response:
    """Who came, then the minutes, as far as the reader may enter them."""
    return await _show(visit, order_id, Form())


@router.post("/orders/{order_id}/attendance", openapi_extra=needs(P.ORDER_ATTEND))
async def enter_attendance(visit: VisitDep, order_id: UUID) -> Response:
    """Who came and who did not, all at once."""

    async def use(session: AsyncSession, body: AttendanceIn) -> Any:
        present, absent, _ = await _typed(visit)
        said = body.model_copy(update={"present": present, "absent": absent})
        return await attendance.attend(session, visit.actor, order_id, said)

    form = await forms.submit(visit, AttendanceIn, use)
    if form.is_refused:
        return await _show(visit, order_id, form)
    return page.go(f"/console/orders/{order_id}/attendance", "order_attendance")


@router.post("/orders/{order_id}/complete", openapi_extra=needs(P.ORDER_RUN))
async def complete_one_order(visit: VisitDep, order_id: UUID) -> Response:
    """The minutes of all are confirmed; who came may be said in the same form."""

    async def use(session: AsyncSession, body: CompleteIn) -> Any:
        present, absent, exceptions = await _typed(visit)
        said = body.model_copy(
            update={"present": present, "absent": absent, "exceptions": exceptions}
        )
        return await attendance.complete(session, visit.actor, order_id, said)

    form = await forms.submit(visit, CompleteIn, use)
    if form.is_refused:
        return await _show(visit, order_id, form)
    was_served = form.result.status is not OrderStatus.EXPIRED
    done = "order_complete" if was_served else "order_unserved"
    return page.go(f"/console/orders/{order_id}", done)


async def _typed(visit: Visit) -> tuple[list[UUID], list[AbsentIn], list[MinutesIn]]:
    """Who came, who did not, and whose minutes differ; a field left empty says nothing.

    Raises:
        Invalid: minutes that a day has not.
    """
    typed = await seats.typed(visit)
    came = [seat_id for seat_id, word in typed.words.items() if word == CAME]
    missed = [
        AbsentIn(seat_id=seat_id, reason_code=None if word == MISSED else word)
        for seat_id, word in typed.words.items()
        if word != CAME
    ]
    return came, missed, [MinutesIn(seat_id=one, minutes=own) for one, own in typed.minutes.items()]


async def _show(visit: Visit, order_id: UUID, form: Form) -> Response:
    row = await desk.sheet(visit.reader, visit.actor, order_id)
    excuses = (await dictionaries.sections(visit.reader, EXCUSES))[EXCUSES]
    held = row["seats_held"]
    to_enter = [seat for seat in held if seat["status"] == SeatStatus.TAKEN]
    now = clock.now()
    is_running = row["status"] in RUNNING and row["starts_at"] <= now
    return page.render(
        visit.request,
        "community/order_attendance.html",
        form.code,
        row=row,
        form=form,
        to_enter=[seat for seat in to_enter if seat["id"] != row["my_seat_id"]],
        is_own_left=any(seat["id"] == row["my_seat_id"] for seat in to_enter),
        present=[seat for seat in held if seat["status"] in PRESENT],
        held=[seat for seat in held if seat["status"] in SHOWN],
        came=[(CAME, "到场"), (MISSED, "未到，原因不明")]
        + [(code, f"未到：{entry['name']}") for code, entry in excuses.items()],
        usual=int((row["ends_at"] - row["starts_at"]).total_seconds() // 60),
        may_enter=is_running and bool(to_enter),
        may_complete=is_running and A.COMPLETE in row["open_to"],
        is_over=row["ends_at"] <= now,
        is_before=row["status"] in RUNNING and row["starts_at"] > now,
        seats=SEATS,
        statuses=STATUSES,
    )
