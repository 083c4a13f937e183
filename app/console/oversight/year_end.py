"""年终: the year's reports of a district or city: what is still missing, begun at once, how far they are.

Looking at what is missing makes nothing and issues nothing. Organizations stand by their codes.
"""

from collections.abc import Mapping
from functools import partial
from typing import Literal
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.employer.reports import STATUSES
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.paging import Paging
from app.core.schemas import Day
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.report_run import ReportRun, RunKind
from app.permissions import Permission as P
from app.policies import standing
from app.reports import dry_run, office_reading, periods, run_reading, runs
from app.reports.office_reading import Receipt
from app.reports.periods import Period
from app.reports.schemas import PeriodIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

Of = Literal["community", "employer"]
SIDES: Mapping[Of, str] = {"community": "社区", "employer": "单位"}
RUNS = labels.of(RunKind)
RECEIPTS = {
    Receipt.WAITING: "未签收",
    Receipt.ACKNOWLEDGED: "已签收",
    Receipt.GONE: "已替代或作废",
}
CLOSES = "evaluation.year_ends_on"
FIELDS = {"period_from": "开始日期", "period_to": "结束日期"}


@router.get("/year-end/{organization_id}", openapi_extra=needs(P.SUMMARY_COMPILE))
async def show_year_end(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """How far the runs are, the latest first; the form that begins one; where to look before."""
    return await _show(visit, organization_id, Form(), cursor)


@router.post("/year-end/{organization_id}", openapi_extra=needs(P.SUMMARY_COMPILE))
async def begin_year_end(visit: VisitDep, organization_id: UUID) -> Response:
    """Drafts of every community, then summaries of every employer, one after the other; a second
    beginning continues the same."""

    async def use(session: AsyncSession, body: PeriodIn) -> ReportRun:
        period = periods.check_period(body.period_from, body.period_to)
        return await runs.start_year(session, visit.actor, organization_id, period)

    again = partial(_show, visit, organization_id)
    to = f"/console/year-end/{organization_id}"
    return await forms.step(visit, PeriodIn, use, again, to, "year_begun")


@router.get("/year-end/{organization_id}/gaps", openapi_extra=needs(P.SUMMARY_COMPILE))
async def list_year_gaps(
    visit: VisitDep,
    organization_id: UUID,
    of: Of = "community",
    period_from: Day | page.Unused = "",
    period_to: Day | page.Unused = "",
    cursor: page.Cursor = None,
) -> Response:
    """What each community or employer still lacks in a period, by code; a year that ends today, if no
    period is named."""
    last = period_to or clock.today()
    period = Period(period_from or periods.year_to(last).first, last)
    found = await dry_run.page(
        visit.report_reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id, of, period
    )
    return page.render(
        visit.request,
        "oversight/year_gaps.html",
        here=f"/console/year-end/{organization_id}",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        of=of,
        sides=SIDES,
        period=period,
        filter=Form("filter"),
    )


@router.get("/year-end/{organization_id}/summaries", openapi_extra=needs(P.SUMMARY_COMPILE))
async def list_sent_summaries(
    visit: VisitDep,
    organization_id: UUID,
    receipt: Receipt = Receipt.WAITING,
    cursor: page.Cursor = None,
) -> Response:
    """The summaries that this office has sent, the latest first: acknowledged or not yet."""
    found = await office_reading.page(
        visit.report_reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id, receipt
    )
    return page.render(
        visit.request,
        "oversight/sent_summaries.html",
        here=f"/console/year-end/{organization_id}",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        receipt=receipt,
        receipts=RECEIPTS,
        statuses=STATUSES,
        filter=Form("filter"),
    )


async def _show(
    visit: Visit, organization_id: UUID, form: Form, cursor: str | None = None
) -> Response:
    found = await run_reading.page(
        visit.report_reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id
    )
    (closes,) = await standing.everything(visit.reader, organization_id, CLOSES)
    year = periods.year_closed(closes["value"], clock.today())
    return page.render(
        visit.request,
        "oversight/year_end.html",
        form.code,
        here=f"/console/year-end/{organization_id}",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        is_underway=any(row["done"] < row["tasks"] for row in found.items),
        year=year,
        years={"正在进行的年度": _year_after(year), "上一年度": year},
        form=form,
        labels=FIELDS,
        sides=SIDES,
        kinds=RUNS,
    )


def _year_after(year: Period) -> Period:
    return periods.year_to(clock.months_after(year.last, 12))
