"""反馈单: the sheets of a community, read as the member has read them, and signed, many at once."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
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
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.report import ReportKind
from app.models.report import ReportStatus as S
from app.permissions import Permission as P
from app.policies import dictionaries
from app.reports import paper, reading, service, sheets, signing_reading
from app.reports.lifecycle import ReportAction as A
from app.reports.schemas import IssueIn, ReportReasonIn, SignManyIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)


class Stage(StrEnum):
    """Before the signature of the community, and after it."""

    TO_SIGN = "to_sign"
    SIGNED = "signed"


STAGES = {Stage.TO_SIGN: "待签发", Stage.SIGNED: "已签发"}
EMPTY = {
    Stage.TO_SIGN: (
        "没有等待签发的反馈单。",
        "年度评价计票后自动生成草稿，党员本人先看；签发后随单位汇总单送达。",
    ),
    Stage.SIGNED: ("还没有签发过反馈单。", "在“待签发”里勾选后一次签发。"),
}
STATUSES = labels.of(S)
FORMS, OPINIONS, USES = "report_forms", "opinion_phrases.community", "use_made_options"


@router.get("/communities/{community_id}/sheets", openapi_extra=needs(P.COMMUNITY_REPORT))
async def list_sheet_pages(
    visit: VisitDep,
    community_id: UUID,
    stage: Stage = Stage.TO_SIGN,
    cursor: page.Cursor = None,
) -> Response:
    """Those that wait for a signature, the oldest first; or those that have one, the latest first."""
    return await _list(visit, community_id, Form(), stage, cursor)


@router.post("/communities/{community_id}/sheets/sign", openapi_extra=needs(P.COMMUNITY_REPORT))
async def sign_many_sheets(visit: VisitDep, community_id: UUID) -> Response:
    """Those that were ticked, each with what its facts propose; the page says what became of each."""

    async def use(session: AsyncSession, body: SignManyIn) -> Any:
        return await sheets.issue_many(session, visit.actor, community_id, body.ids)

    form = await forms.submit(visit, SignManyIn, use)
    if form.is_refused:
        return await _list(visit, community_id, form)
    return page.render(
        visit.request,
        "community/sheets_signed.html",
        community_id=community_id,
        signed=[each for each in form.result if each.number],
        refused=[each for each in form.result if not each.number],
    )


@router.get("/sheets/{report_id}", openapi_extra=needs(P.REPORT_READ))
async def show_member_sheet(visit: VisitDep, report_id: UUID) -> Response:
    """One sheet as its community reads it; for everybody else it is a report as all others."""
    return await _show(visit, report_id, Form())


@router.post("/sheets/{report_id}/sign", openapi_extra=needs(P.REPORT_SIGN))
async def sign_one_sheet(visit: VisitDep, report_id: UUID) -> Response:
    """Frozen and numbered, with the sentence that was chosen."""

    async def use(session: AsyncSession, body: IssueIn) -> Any:
        return await sheets.issue(session, visit.actor, report_id, body.opinion)

    return await _move(visit, report_id, "sign", IssueIn, use)


@router.post("/sheets/{report_id}/void", openapi_extra=needs(P.REPORT_SIGN))
async def void_one_sheet(visit: VisitDep, report_id: UUID) -> Response:
    """It holds no longer, and whoever verifies its code is told."""

    async def use(session: AsyncSession, body: ReportReasonIn) -> Any:
        return await service.void(session, visit.actor, report_id, body.reason)

    return await _move(visit, report_id, "void", ReportReasonIn, use)


async def _move(
    visit: Visit,
    report_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again = partial(_show, visit, report_id)
    to = f"/console/sheets/{report_id}"
    return await forms.step(visit, shape, use, again, to, f"sheet_{key}", key=key)


async def _list(
    visit: Visit,
    community_id: UUID,
    form: Form,
    stage: Stage = Stage.TO_SIGN,
    cursor: str | None = None,
) -> Response:
    found = await signing_reading.page(
        visit.report_reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        community_id,
        is_signed=stage is Stage.SIGNED,
    )
    here = f"/console/communities/{community_id}/sheets"
    after = page.next_page(visit.request, found.next_cursor)
    return page.render(
        visit.request,
        "community/sheets.html",
        form.code,
        here=here,
        rows=found.items,
        next_page=after and here + after,
        stage=stage,
        stages=STAGES,
        statuses=STATUSES,
        empty=EMPTY[stage],
        form=form,
        filter=Form("filter"),
    )


async def _show(visit: Visit, report_id: UUID, refused: Form) -> Response:
    row, _ = await reading.show(visit.report_reader, visit.actor, report_id)
    if row["kind"] is not ReportKind.MEMBER_SHEET or P.REPORT_SIGN not in row["grants"]:
        return page.go(f"/console/reports/{report_id}")
    said = await dictionaries.sections(visit.reader, FORMS, OPINIONS, USES)
    form = said[FORMS][row["kind"]]
    proposed = [each["code"] for each in row["content"]["opinions"].get("proposed", ())]
    rest = [code for code in said[OPINIONS] if code not in proposed]
    return page.render(
        visit.request,
        "community/sheet.html",
        refused.code,
        row=row,
        form=form,
        sections=list(paper.rows(form, row["content"])),
        opinions=[(code, said[OPINIONS][code]["text"]) for code in proposed + rest],
        proposed=proposed[0] if proposed else "",
        uses={code: entry["name"] for code, entry in said[USES].items()},
        statuses=STATUSES,
        refused=refused,
        forms={key: Form(key) for key in ("sign", "void")} | {refused.key: refused},
        may_sign=A.ISSUE in row["open_to"],
        may_void=A.VOID in row["open_to"],
    )
