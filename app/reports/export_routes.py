"""Reports to take away: PDF at once, a workbook when the worker has made it."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from app.core.errors import NotFound, Unavailable
from app.core.paging import Page, Slice
from app.files.links import LinkInvalid
from app.http.deps import ActorDep, PagingDep, ReportReadDep, SessionDep, needs, report_reader
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.models.export import Export
from app.permissions import Permission
from app.reports import export_reading, exports, printed, printing
from app.reports.export_schemas import ExportLinkOut, ExportOut
from app.reports.exports import NotReady
from app.reports.printed import NotIssued, TooLong

router = Room(prefix="/api/v1", tags=["reports"], route_class=KeyedRoute)
# a PDF is not remembered under a key
paper = Room(prefix="/api/v1", tags=["reports"])

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _file(kind: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}}}


@paper.post(
    "/reports/{report_id}/pdf",
    summary="下载反馈单或汇总单（PDF）",
    response_class=Response,
    responses=answers(NotFound, NotIssued, TooLong) | _file(PDF),
    openapi_extra=needs(Permission.REPORT_READ),
)
async def print_report(request: Request, actor: ActorDep, report_id: UUID) -> Response:
    """The report as I may read it, with the code by which anybody verifies it."""
    state = request.app.state
    found = await printed.printable(report_reader(state), actor, report_id)
    pdf = await asyncio.to_thread(printing.report, *found, state.settings.public_url)
    async with state.sessions.begin() as session:
        await printed.note(session, actor, found.row, pdf)
    headers = {
        "Content-Disposition": f'attachment; filename="{found.row["number"]}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type=PDF, headers=headers)


@router.post(
    "/reports/{report_id}/exports",
    status_code=201,
    summary="导出汇总单（Excel）",
    response_model=ExportOut,
    responses=answers(NotFound),
    openapi_extra=needs(Permission.REPORT_READ),
)
async def ask_export(session: SessionDep, actor: ActorDep, report_id: UUID) -> Export:
    """A workbook of the summary, as I may read it, is made within a minute or so."""
    return await exports.ask(session, actor, report_id)


@router.get("/me/exports", summary="我的导出文件", response_model=Page[ExportOut])
async def list_exports(
    reader: ReportReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """What I asked for, newest first."""
    return await export_reading.page(reader, actor, paging)


@router.get(
    "/exports/{export_id}",
    summary="导出进度",
    response_model=ExportOut,
    responses=answers(NotFound),
    openapi_extra=needs(Permission.EXPORT_OWN),
)
async def get_export(reader: ReportReadDep, actor: ActorDep, export_id: UUID) -> dict[str, Any]:
    """How far it is."""
    return await export_reading.show(reader, actor, export_id)


@router.post(
    "/exports/{export_id}/link",
    summary="取得导出文件下载链接",
    response_model=ExportLinkOut,
    responses=answers(NotFound, NotReady),
    openapi_extra=needs(Permission.EXPORT_OWN),
)
async def link_export(session: SessionDep, actor: ActorDep, export_id: UUID) -> dict[str, Any]:
    """A link for me, good for some minutes; that I fetched it is noted."""
    return await exports.link(session, actor, export_id)


@router.get(
    "/export-files/{token}",
    summary="下载导出文件",
    response_class=Response,
    responses=answers(LinkInvalid, NotFound, Unavailable) | _file(XLSX),
)
async def open_export(reader: ReportReadDep, token: str) -> Response:
    """The workbook behind a link; the link itself is the permission."""
    headers = {
        "Content-Disposition": 'attachment; filename="report.xlsx"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(await export_reading.content(reader, token), media_type=XLSX, headers=headers)
