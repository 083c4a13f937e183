"""文件导入: divisions, a community's workbook, a list of employers: sent, previewed, applied whole."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile

from app import labels
from app.console import forms, page
from app.console.forms import Form, Nothing
from app.console.oversight import organizations
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.errors import Invalid, TooLarge
from app.http.deps import needs
from app.http.room import Room
from app.models.organization import ImportKind, ImportStatus
from app.organizations import applying, community_export, desk, divisions, employers, imports
from app.organizations import community as communities
from app.organizations.import_routes import MOST_SHOWN, MOST_WORKBOOK_BYTES, XLSX
from app.organizations.import_schemas import ApplyIn, DivisionStep, ImportOut, RowStep
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

MOST_DIVISIONS_BYTES = 4 * 1024 * 1024
KINDS = labels.of(ImportKind)
STATUSES = labels.of(ImportStatus)
STEPS = {step: labels.of(RowStep)[step] for step in (RowStep.ADDED, RowStep.CHANGED)}
SHEETS = {
    "buildings": "小区楼栋",
    "organizations": "党组织与小组",
    "appointments": "任职",
    "employers": "单位",
}
CHANGES = labels.of(DivisionStep)
COUNTS = {
    "rows": "文件中的行",
    "refused": "未通过",
    "added": "新增",
    "changed": "有变化",
    "renamed": "更名",
    "moved": "变更上级",
    "unchanged": "无变化",
    "vanished": "文件中已没有",
    "in_use": "其中仍在使用",
    "grids_added": "新增网格",
    "compounds_added": "新增小区",
    "buildings_added": "新增楼栋",
    "organizations_added": "新增组织",
    "organizations_changed": "有变化的组织",
    "appointments_made": "新任职",
    "appointments_changed": "有变化的任职",
    "appointments_ended": "结束任职",
}
ROWS: dict[str, list[Any]] = {
    "taken": [],
    "refused": [],
    "told": [],
    "unread": [],
    "changes": [],
    "vanished": [],
}


@router.get("/organizations/{organization_id}/imports", openapi_extra=needs(P.COMMUNITY_IMPORT))
async def show_imports(visit: VisitDep, organization_id: UUID) -> Response:
    """Which files may be sent here, and how far those are that were sent."""
    return await _show(visit, organization_id, Form(), P.COMMUNITY_IMPORT)


@router.post(
    "/organizations/{organization_id}/imports/community",
    openapi_extra=needs(P.COMMUNITY_IMPORT),
    max_body_size=MOST_WORKBOOK_BYTES,
)
async def preview_one_community(visit: VisitDep, organization_id: UUID) -> Response:
    """What a workbook would change in a community or a subdistrict; nothing is changed yet."""
    return await _preview_rows(visit, organization_id, "community", communities.WORKBOOK)


@router.post(
    "/organizations/{organization_id}/imports/employers",
    openapi_extra=needs(P.EMPLOYERS_IMPORT),
    max_body_size=MOST_WORKBOOK_BYTES,
)
async def preview_some_employers(visit: VisitDep, organization_id: UUID) -> Response:
    """What a list of employers would change; nothing is changed yet."""
    return await _preview_rows(visit, organization_id, "employers", employers.LIST)


@router.post(
    "/organizations/{organization_id}/imports/divisions",
    openapi_extra=needs(P.TENANT_RUN),
    max_body_size=MOST_DIVISIONS_BYTES + 64 * 1024,
)
async def preview_some_divisions(visit: VisitDep, organization_id: UUID) -> Response:
    """What a division file would change below its one root; nothing is changed yet."""
    async with visit.request.form(max_fields=forms.MOST_FIELDS) as sent:  # closes the file

        async def use(session: AsyncSession, _: Nothing) -> Any:
            file = _file(sent)
            if (file.size or 0) > MOST_DIVISIONS_BYTES:
                raise TooLarge
            digest = hashlib.sha256(await file.read()).hexdigest()
            await file.seek(0)
            return await divisions.preview(session, visit.actor, file.file, file_digest=digest)

        form = await forms.submit(visit, Nothing, use, key="divisions")
    if form.is_refused:
        lines = [words for name, words in form.errors.items() if name != "file"]
        if lines:
            form.errors = {"file": "请按下列各行改正后重新上传"}
        return await _show(visit, organization_id, form, P.TENANT_RUN, lines)
    row, plan = form.result
    return _render(visit, _figures(row), Form(), changes=plan.changes, vanished=plan.vanished)


@router.post("/organizations/{organization_id}/workbook", openapi_extra=needs(P.COMMUNITY_IMPORT))
async def download_workbook(visit: VisitDep, organization_id: UUID) -> Response:
    """The workbook as it stands, names and phones in clear; that it was taken is noted."""

    async def use(session: AsyncSession, _: Nothing) -> Any:
        return await community_export.export(session, visit.actor, organization_id)

    form = await forms.submit(visit, Nothing, use, key="workbook")
    if form.is_refused:
        return await _show(visit, organization_id, form, P.COMMUNITY_IMPORT)
    disposition = 'attachment; filename="community.xlsx"'
    return Response(form.result, media_type=XLSX, headers={"Content-Disposition": disposition})


@router.get("/tree-imports/{import_id}", openapi_extra=needs(P.IMPORT_APPLY))
async def show_one_import(visit: VisitDep, import_id: UUID) -> Response:
    """The figures of a file that was sent, and what was refused; which rows are new is said once."""
    return await _show_one(visit, import_id, Form())


@router.post("/tree-imports/{import_id}/apply", openapi_extra=needs(P.IMPORT_APPLY))
async def apply_one_import(visit: VisitDep, import_id: UUID) -> Response:
    """The previewed file is in the tree, whole."""

    async def use(session: AsyncSession, body: ApplyIn) -> Any:
        closes = body.close_vanished
        return await applying.apply(session, visit.actor, import_id, close_vanished=closes)

    form = await forms.submit(visit, ApplyIn, use)
    if form.is_refused:
        return await _show_one(visit, import_id, form)
    return page.go(f"/console/tree-imports/{import_id}", "import_applied")


async def _show_one(visit: Visit, import_id: UUID, form: Form) -> Response:
    row = await imports.show(visit.reader, visit.actor, import_id)
    told = await imports.refusals(visit.reader, visit.actor, import_id)
    return _render(visit, row, form, told=told)


async def _preview_rows(visit: Visit, organization_id: UUID, key: str, kind: str) -> Response:
    async with visit.request.form(max_fields=forms.MOST_FIELDS) as sent:  # closes the file

        async def use(session: AsyncSession, _: Nothing) -> Any:
            """Read before the session's first statement begins its transaction."""
            file = _file(sent)
            name = file.filename or ""
            hands = session, visit.reader, visit.actor
            return await applying.preview(*hands, organization_id, file.file, name, form=kind)

        form = await forms.submit(visit, Nothing, use, key=key)
    if form.is_refused:
        return await _show(visit, organization_id, form, applying.NEEDED[kind])
    found, book = form.result
    return _render(
        visit,
        _figures(found.row),
        Form(),
        taken=[(line, step) for line, step in found.taken if step in STEPS][:MOST_SHOWN],
        refused=found.errors[:MOST_SHOWN],
        unread=book.unread[:MOST_SHOWN],
    )


def _file(sent: Any) -> UploadFile:
    file = sent.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid.field("/file", "missing", "请选择文件")
    return file


async def _show(
    visit: Visit, organization_id: UUID, form: Form, needed: P, lines: Sequence[str] = ()
) -> Response:
    place = await desk.show(visit.reader, visit.actor, organization_id, needed)
    return page.render(
        visit.request,
        "oversight/imports.html",
        form.code,
        place=place,
        way=organizations.way(visit, place),
        form=form,
        lines=lines,
        forms={key: form if form.key == key else Form(key) for key in _forms(place)},
        rows=await desk.imports(visit.reader, visit.actor, organization_id),
        kinds=KINDS,
        statuses=STATUSES,
    )


def _forms(place: dict[str, Any]) -> list[str]:
    """Which files may be sent at this place, by what its visitor may."""
    kind, granted = place["kind"], place["grants"]
    found = []
    if kind in communities.SCOPES:
        found.append("community")
    if kind in employers.SCOPES and P.EMPLOYERS_IMPORT in granted:
        found.append("employers")
    if kind == "city" and P.TENANT_RUN in granted:
        found.append("divisions")
    return found


def _figures(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ImportOut.model_fields}


def _render(visit: Visit, row: dict[str, Any], form: Form, **rows: Any) -> Response:
    is_whole = not row["counts"].get("refused")
    is_open = row["status"] is ImportStatus.PREVIEWED and row["kind"] is not ImportKind.ROSTER
    return page.render(
        visit.request,
        "oversight/import.html",
        form.code,
        row=row,
        form=form,
        kind=KINDS[row["kind"]],
        status=STATUSES[row["status"]],
        counts=[
            (said, row["counts"][name]) for name, said in COUNTS.items() if name in row["counts"]
        ],
        is_open=is_open,
        is_whole=is_whole,
        closable=row["counts"].get("vanished", 0) - row["counts"].get("in_use", 0),
        sheets=SHEETS,
        steps=STEPS,
        steps_of_divisions=CHANGES,
        **ROWS | rows,
    )
