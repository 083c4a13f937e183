"""名册: the employer's members with their registrations, and its file: sent, previewed, applied."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile

from app import labels
from app.console import forms, page
from app.console.community.registrations import STATUSES
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.errors import Invalid
from app.core.paging import Paging
from app.core.schemas import Flag, In
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.members import directory, lines, roster, standing
from app.members.roster_file import Roster
from app.members.roster_plan import Step
from app.members.roster_routes import MOST_BYTES, MOST_SHOWN
from app.members.roster_schemas import LeaveIn
from app.members.standing import Standing
from app.models.organization import ImportStatus
from app.organizations import imports
from app.permissions import Permission as P
from app.policies import dictionaries
from app.reports.paper import PARTY

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STANDINGS = labels.of(Standing)
STEPS = labels.of(Step)
COUNTS = {
    "rows": "文件中的行",
    "refused": "未通过",
    Step.ADDED.value: "新增",
    Step.CHANGED.value: "有变化",
    Step.NAME_CHANGED.value: "姓名有变化",
    Step.PHONE_CHANGED.value: "手机号有变化",
    Step.UNCHANGED.value: "无变化",
    "not_in_service": "不在职，不录入",
    "missing": "名册里有、文件里没有",
}
IMPORTS = labels.of(ImportStatus)
NOTICES, NOTICE = "consents.pledges", "employer_roster_notice"


class UploadIn(In):
    """What is said beside the file."""

    confirms_notice: Flag = False


@router.get("/employers/{employer_id}/roster", openapi_extra=needs(P.EMPLOYER_ROSTER))
async def list_roster_pages(
    visit: VisitDep,
    employer_id: UUID,
    stands: Annotated[Standing | page.Unused, Query(alias="standing")] = "",
    branch_id: UUID | page.Unused = "",
    cursor: page.Cursor = None,
) -> Response:
    """The members of the employer, or of a branch of it, each with what became of the registration;
    phones masked."""
    sought = lines.Sought(stands or None, branch_id or None)
    found = await lines.page(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), employer_id, sought
    )
    is_employer, branches = await directory.of_roster(visit.reader, employer_id)
    return page.render(
        visit.request,
        "employer/roster.html",
        employer_id=employer_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        sought=sought,
        is_narrowed=sought != lines.EVERYBODY,
        standings=STANDINGS,
        branches=branches,
        statuses=STATUSES,
        party=PARTY,
        may_upload=is_employer,
        filter=Form("filter"),
    )


@router.post("/members/{member_id}/claim-code", openapi_extra=needs(P.MEMBER_EDIT))
async def make_one_claim_code(visit: VisitDep, member_id: UUID) -> Response:
    """A code for somebody whose phone on the roster is wrong; on this one answer, and never again."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await lines.make_claim_code(session, visit.actor, member_id)

    form = await forms.submit(visit, forms.Nothing, use)
    return page.render(visit.request, "employer/claim_code.html", made=form.result)


@router.get("/employers/{employer_id}/roster/previews", openapi_extra=needs(P.EMPLOYER_ROSTER))
async def show_roster_upload(visit: VisitDep, employer_id: UUID) -> Response:
    """Where a file is chosen."""
    return await _show_upload(visit, employer_id, Form())


@router.post(
    "/employers/{employer_id}/roster/previews",
    openapi_extra=needs(P.EMPLOYER_ROSTER),
    max_body_size=MOST_BYTES,
)
async def preview_one_roster(visit: VisitDep, employer_id: UUID) -> Response:
    """What the file would change, row by row; nothing is changed yet."""
    async with visit.request.form(max_fields=forms.MOST_FIELDS) as sent:  # closes the file
        form = await forms.submit(
            visit,
            UploadIn,
            lambda session, body: _preview(session, visit, employer_id, sent.get("file"), body),
        )
    if form.is_refused:
        return await _show_upload(visit, employer_id, form)
    seen, found = form.result
    return _render_import(
        visit,
        {"id": seen.row.id, "organization_id": employer_id}
        | {name: getattr(seen.row, name) for name in ("kind", "status", "counts", "due_at")},
        Form(),
        taken=seen.steps[:MOST_SHOWN],
        idle=found.idle[:MOST_SHOWN],
        refused=found.errors[:MOST_SHOWN],
        unread=found.unread[:MOST_SHOWN],
    )


@router.get("/imports/{import_id}", openapi_extra=needs(P.IMPORT_APPLY))
async def show_import(visit: VisitDep, import_id: UUID) -> Response:
    """The figures of a file that was sent; which rows they are is said once, when it is sent."""
    return _render_import(visit, await imports.show(visit.reader, visit.actor, import_id), Form())


@router.post("/imports/{import_id}/roster", openapi_extra=needs(P.IMPORT_APPLY))
async def apply_one_roster(visit: VisitDep, import_id: UUID) -> Response:
    """The previewed file is the roster, whole."""

    async def use(session: AsyncSession, body: LeaveIn) -> Any:
        return await roster.apply(session, visit.actor, import_id, leave_missing=body.leave_missing)

    form = await forms.submit(visit, LeaveIn, use)
    if form.is_refused:
        row = await imports.show(visit.reader, visit.actor, import_id)
        return _render_import(visit, row, form)
    return page.go(f"/console/imports/{import_id}", "roster_applied")


async def _preview(
    session: AsyncSession, visit: Visit, employer_id: UUID, file: Any, body: UploadIn
) -> tuple[roster.Preview, Roster]:
    """Read before the session's first statement begins its transaction."""
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid.field("/file", "missing", "请选择文件")
    found = await roster.read(
        visit.reader,
        visit.actor,
        employer_id,
        file.file,
        file.filename,
        is_told=body.confirms_notice,
    )
    return await roster.preview(session, visit.actor, employer_id, found), found


async def _show_upload(visit: Visit, employer_id: UUID, form: Form) -> Response:
    """For whoever reads the roster."""
    await standing.place(visit.reader, visit.actor, employer_id)
    said = await dictionaries.sections(visit.reader, NOTICES)
    return page.render(
        visit.request,
        "employer/roster_upload.html",
        form.code,
        employer_id=employer_id,
        form=form,
        notice=said[NOTICES][NOTICE]["text"],
    )


def _render_import(visit: Visit, row: dict[str, Any], form: Form, **rows: Any) -> Response:
    is_whole = not row["counts"].get("refused")
    return page.render(
        visit.request,
        "employer/import.html",
        form.code,
        row=row,
        form=form,
        statuses=IMPORTS,
        counts=[(words, row["counts"].get(name, 0)) for name, words in COUNTS.items()],
        missing=row["counts"].get("missing", 0),
        may_apply=row["status"] is ImportStatus.PREVIEWED and row["kind"] == "roster" and is_whole,
        is_whole=is_whole,
        steps=STEPS,
        **{"taken": [], "idle": [], "refused": [], "unread": []} | rows,
    )
