"""汇总、研判、小结: days, weeks and months as they were frozen; a month is sent in one tap."""

from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.statistic import Rhythm
from app.permissions import Permission as P
from app.statistics import printed_record, roll_up_reading, sending

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

RHYTHMS = labels.of(Rhythm)
# What a day or a month counts, in the order of the page.
FIGURES = {
    "new": "新收诉求（件）",
    "settled": "办结诉求（件）",
    "solved": "居民确认办成（件）",
    "published": "发布服务（次）",
    "done": "完成服务（次）",
    "unmet": "无人接单（次）",
    "due": "今天到期（件）",
    "services": "参加服务（人次）",
    "served": "参加服务的党员（人）",
    "joined": "新报到（人）",
}


@router.get("/organizations/{organization_id}/roll-ups", openapi_extra=needs(P.STATISTICS_READ))
async def list_roll_up_pages(
    visit: VisitDep,
    organization_id: UUID,
    rhythm: Rhythm = Rhythm.MONTH,
    cursor: page.Cursor = None,
) -> Response:
    """Days, weeks or months of an organization, the latest first."""
    found = await roll_up_reading.page(
        visit.report_reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id, rhythm
    )
    return page.render(
        visit.request,
        "community/roll_ups.html",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        rhythm=rhythm,
        rhythms=RHYTHMS,
        filter=Form("filter"),
    )


@router.get("/roll-ups/{roll_up_id}", openapi_extra=needs(P.ROLL_UP_READ))
async def show_roll_up(visit: VisitDep, roll_up_id: UUID) -> Response:
    """One of them: a week as its record is printed, a day or a month with its figures."""
    return await _show(visit, roll_up_id, Form())


@router.post("/roll-ups/{roll_up_id}/send", openapi_extra=needs(P.ROLL_UP_SEND))
async def send_one_roll_up(visit: VisitDep, roll_up_id: UUID) -> Response:
    """The text of a month goes to members and residents, once."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await sending.send(session, visit.actor, roll_up_id)

    again, to = partial(_show, visit, roll_up_id), f"/console/roll-ups/{roll_up_id}"
    return await forms.step(visit, forms.Nothing, use, again, to, "roll_up_send")


async def _show(visit: Visit, roll_up_id: UUID, form: Form) -> Response:
    row = await roll_up_reading.get(visit.report_reader, visit.actor, roll_up_id)
    if row["rhythm"] is Rhythm.WEEK:
        record = await printed_record.show(visit.report_reader, visit.actor, roll_up_id)
        return page.render(visit.request, "community/triage_record.html", row=row, record=record)
    figures = [
        (name, row["content"][key]) for key, name in FIGURES.items() if key in row["content"]
    ]
    return page.render(
        visit.request,
        "community/roll_up.html",
        form.code,
        row=row,
        form=form,
        figures=figures,
        volunteer_minutes=row["content"].get("volunteer_minutes"),
        rhythms=RHYTHMS,
    )
