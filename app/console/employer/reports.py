"""汇总单: what came to an employer, read on the screen, received once for all its members, what was
made of it, and taken away as PDF or workbook."""

from collections.abc import Awaitable, Callable
from functools import partial
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.members.placing import BRANCH_KINDS
from app.models.export import ExportStatus as E
from app.models.report import ReportKind, ReportStatus
from app.organizations import service as organizations
from app.permissions import Permission as P
from app.policies import dictionaries
from app.reports import export_reading, export_routes, exports, paper, reading, service
from app.reports.schemas import UseIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

KINDS = {
    ReportKind.MEMBER_SHEET: "反馈单",
    ReportKind.EMPLOYER_SUMMARY: "汇总单",
    ReportKind.BRIEF: "季度简报",
}
STATUSES = {
    ReportStatus.DRAFT: "草稿",
    ReportStatus.ISSUED: "已出具",
    ReportStatus.DELIVERED: "待签收",
    ReportStatus.ACKNOWLEDGED: "已签收",
    ReportStatus.SUPERSEDED: "已由新版替代",
    ReportStatus.VOID: "已作废",
}
EXPORTS = labels.of(E)
FORMS, USES = "report_forms", "use_made_options"
LINES = 40  # of a summary on one page
LATEST = Paging(PAGE_ROWS, None)


@router.get("/employers/{employer_id}/summaries", openapi_extra=needs(P.EMPLOYER_REPORTS))
async def list_summary_pages(
    visit: VisitDep,
    employer_id: UUID,
    cursor: page.Cursor = None,
) -> Response:
    """Summaries and briefs delivered to the employer, newest first; from a branch, its employer's."""
    found = await reading.page_of_employer(
        visit.report_reader, visit.actor, Paging(PAGE_ROWS, cursor), employer_id
    )
    place = await organizations.show(visit.reader, employer_id)
    if place["kind"] in BRANCH_KINDS:
        return page.go(f"/console/employers/{place['parent_id']}/summaries")
    return page.render(
        visit.request,
        "employer/summaries.html",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        kinds=KINDS,
        statuses=STATUSES,
    )


@router.get("/reports/{report_id}", openapi_extra=needs(P.REPORT_READ))
async def show_report(
    visit: VisitDep, report_id: UUID, start: Annotated[int, Query(ge=0, le=1_000_000)] = 0
) -> Response:
    """One report as this reader may see it; that its employer's secretary opened it is noted."""
    return await _show(visit, report_id, start=start)


@router.post("/reports/{report_id}/acknowledge", openapi_extra=needs(P.REPORT_ACKNOWLEDGE))
async def acknowledge_one_report(visit: VisitDep, report_id: UUID) -> Response:
    """Received, once for the summary and all its sheets."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await service.acknowledge(session, visit.actor, report_id)

    return await _move(visit, report_id, "acknowledge", forms.Nothing, use)


@router.post("/reports/{report_id}/use", openapi_extra=needs(P.REPORT_ACKNOWLEDGE))
async def note_one_report_s_use(visit: VisitDep, report_id: UUID) -> Response:
    """What the employer made of it, ticked once for all its members, and a reply if it likes."""

    async def use(session: AsyncSession, body: UseIn) -> Any:
        return await service.note_use(session, visit.actor, report_id, body.uses, body.reply)

    return await _move(visit, report_id, "use", UseIn, use)


@router.post("/reports/{report_id}/pdf", openapi_extra=needs(P.REPORT_READ))
async def print_one_report(visit: VisitDep, report_id: UUID) -> Response:
    """The same bytes as over the API, noted the same."""
    return await export_routes.print_report(visit.request, visit.actor, report_id)


@router.post("/reports/{report_id}/exports", openapi_extra=needs(P.REPORT_READ))
async def ask_one_export(visit: VisitDep, report_id: UUID) -> Response:
    """A workbook is made soon; on to the page that says how far it is."""

    async def use(session: AsyncSession, _: forms.Nothing) -> UUID:
        return (await exports.ask(session, visit.actor, report_id)).id

    form = await forms.submit(visit, forms.Nothing, use)
    return page.go(f"/console/exports/{form.result}")


@router.get("/exports/{export_id}", openapi_extra=needs(P.EXPORT_OWN))
async def show_export(visit: VisitDep, export_id: UUID) -> Response:
    """How far a workbook is; its address stays, so that the page can be loaded again."""
    return await _show_export(visit, export_id, Form())


@router.post("/exports/{export_id}/link", openapi_extra=needs(P.EXPORT_OWN))
async def fetch_export(visit: VisitDep, export_id: UUID) -> Response:
    """The workbook itself, by a link of some minutes; that it was fetched is noted."""

    async def use(session: AsyncSession, _: forms.Nothing) -> str:
        return str((await exports.link(session, visit.actor, export_id))["path"])

    form = await forms.submit(visit, forms.Nothing, use)
    if form.is_refused:
        return await _show_export(visit, export_id, form)
    return page.go(form.result)


async def _move(
    visit: Visit,
    report_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again = partial(_show, visit, report_id)
    to = f"/console/reports/{report_id}"
    return await forms.step(visit, shape, use, again, to, f"report_{key}", key=key)


async def _show(
    visit: Visit, report_id: UUID, refused: Form | None = None, start: int = 0
) -> Response:
    row, lines = await reading.open_report(visit.report_reader, visit.actor, report_id)
    found = list(islice(lines, start, start + LINES + 1))
    said = await dictionaries.sections(visit.reader, FORMS, USES)
    mine = await export_reading.page(visit.report_reader, visit.actor, LATEST)
    may_acknowledge = P.REPORT_ACKNOWLEDGE in row["grants"]
    if may_acknowledge and row["read_at"] is None and row["status"] is ReportStatus.DELIVERED:
        async with visit.sessions.begin() as session:
            await service.mark_read(session, visit.actor, report_id)
    report_form = said[FORMS][row["kind"]]
    use = refused if refused and refused.key == "use" else Form("use")
    return page.render(
        visit.request,
        "employer/report.html",
        refused.code if refused else 200,
        row=row,
        name=KINDS[row["kind"]],
        form=report_form,
        sections=list(paper.rows(report_form, row["content"])),
        columns=paper.columns(report_form, exports.sees_votes(row)),
        value=paper.value,
        lines=found[:LINES],
        start=start,
        has_more=len(found) > LINES,
        statuses=STATUSES,
        uses={code: entry["name"] for code, entry in said[USES].items()},
        export=next((each for each in mine.items if each["report_id"] == report_id), None),
        exports=EXPORTS,
        refused=refused or Form(),
        use=use,
        is_summary=row["kind"] is ReportKind.EMPLOYER_SUMMARY,
        may_acknowledge=may_acknowledge and row["status"] is ReportStatus.DELIVERED,
        may_use=may_acknowledge
        and row["status"] is ReportStatus.ACKNOWLEDGED
        and not row["uses_made"],
    )


async def _show_export(visit: Visit, export_id: UUID, form: Form) -> Response:
    row = await export_reading.show(visit.report_reader, visit.actor, export_id)
    return page.render(
        visit.request,
        "employer/export.html",
        form.code,
        row=row,
        form=form,
        statuses=EXPORTS,
        is_underway=row["status"] in (E.ASKED, E.MAKING),
        is_ready=row["status"] is E.READY,
    )
