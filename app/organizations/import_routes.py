"""Files that build the tree: previewed first, then applied whole or not at all."""

import hashlib
import io
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response, UploadFile

from app.core.errors import Forbidden, NotFound, TooLarge, Unavailable
from app.core.sheets.limits import LIMITS, FileRefused
from app.http.deps import ActorDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.organization import Import
from app.organizations import applying, community_export, divisions, employers, imports
from app.organizations import community as communities
from app.organizations.community import NotAScope
from app.organizations.employers import NotAnArea
from app.organizations.import_schemas import (
    ApplyIn,
    DivisionPreview,
    ImportOut,
    RowsPreview,
)
from app.organizations.imports import ImportLapsed, RowsRefused, StateChanged
from app.organizations.workbooks import Read
from app.permissions import Actor, Permission

P = Permission

MOST_DIVISIONS_BYTES = 4 * 1024 * 1024

MOST_WORKBOOK_BYTES = LIMITS.size + 64 * 1024
MOST_SHOWN = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = Room(prefix="/api/v1/imports", tags=["imports"], route_class=KeyedRoute)
community = Room(prefix="/api/v1/organizations", tags=["imports"], route_class=KeyedRoute)


async def read_community(
    request: Request, actor: ActorDep, organization_id: UUID, file: UploadFile
) -> tuple[Read, str]:
    """The rows of a community's workbook and the file's digest, before the transaction begins."""
    return await _read(request, actor, organization_id, file, communities.WORKBOOK)


async def read_employers(
    request: Request, actor: ActorDep, organization_id: UUID, file: UploadFile
) -> tuple[Read, str]:
    """As `read_community`, of a list of employers."""
    return await _read(request, actor, organization_id, file, employers.LIST)


async def _read(
    request: Request,
    actor: Actor,
    organization_id: UUID,
    file: UploadFile,
    form: str,
) -> tuple[Read, str]:
    book = await applying.read(
        request.app.state.reader,
        actor,
        organization_id,
        file.file,
        file.filename or "",
        form=form,
    )
    digest = hashlib.sha256()
    file.file.seek(0)
    while chunk := file.file.read(1 << 20):
        digest.update(chunk)
    return book, digest.hexdigest()


CommunityFile = Annotated[tuple[Read, str], Depends(read_community)]
EmployersFile = Annotated[tuple[Read, str], Depends(read_employers)]


@router.post(
    "/divisions",
    status_code=201,
    summary="预览区划文件",
    response_model=DivisionPreview,
    responses=answers(Forbidden, TooLarge, FileRefused),
    openapi_extra=needs(P.TENANT_RUN),
    max_body_size=MOST_DIVISIONS_BYTES,
)
async def preview_divisions(
    session: SessionDep, actor: ActorDep, file: UploadFile
) -> dict[str, Any]:
    """What a CSV of `code,name,level,parent_code` would change below its one root; 24 hours."""
    content = await file.read()
    row, plan = await divisions.preview(
        session, actor, io.BytesIO(content), file_digest=hashlib.sha256(content).hexdigest()
    )
    return _previewed(row) | {"changes": plan.changes, "vanished": plan.vanished}


@router.get(
    "/{import_id}",
    summary="查看导入",
    response_model=ImportOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.IMPORT_APPLY),
)
async def get_import(reader: ReadDep, actor: ActorDep, import_id: UUID) -> dict[str, Any]:
    """The figures of a file that was previewed."""
    return await imports.show(reader, actor, import_id)


@router.post(
    "/{import_id}/apply",
    summary="应用已预览的文件",
    response_model=ImportOut,
    responses=answers(NotFound, Forbidden, BadTransition, ImportLapsed, RowsRefused, StateChanged),
    openapi_extra=needs(P.IMPORT_APPLY),
)
async def apply_import(
    session: SessionDep, actor: ActorDep, import_id: UUID, body: ApplyIn
) -> Import:
    """The file is applied, whole, if nothing has changed since its preview."""
    return await applying.apply(session, actor, import_id, close_vanished=body.close_vanished)


@community.post(
    "/{organization_id}/imports/community",
    status_code=201,
    summary="预览社区工作簿",
    response_model=RowsPreview,
    responses=answers(NotFound, Forbidden, TooLarge, FileRefused, NotAScope, Unavailable),
    openapi_extra=needs(P.COMMUNITY_IMPORT),
    max_body_size=MOST_WORKBOOK_BYTES,
)
async def preview_community(
    session: SessionDep, actor: ActorDep, organization_id: UUID, upload: CommunityFile
) -> dict[str, Any]:
    """What a workbook would change in a community or all communities of a subdistrict."""
    book, file_digest = upload
    found = await communities.preview(
        session, actor, organization_id, book, file_digest=file_digest
    )
    return _rows(found, book)


@community.post(
    "/{organization_id}/imports/employers",
    status_code=201,
    summary="预览单位名单",
    response_model=RowsPreview,
    responses=answers(NotFound, Forbidden, TooLarge, FileRefused, NotAnArea, Unavailable),
    openapi_extra=needs(P.EMPLOYERS_IMPORT),
    max_body_size=MOST_WORKBOOK_BYTES,
)
async def preview_employers(
    session: SessionDep, actor: ActorDep, organization_id: UUID, upload: EmployersFile
) -> dict[str, Any]:
    """What a list of employers would change below a city or district."""
    book, file_digest = upload
    found = await employers.preview(session, actor, organization_id, book, file_digest=file_digest)
    return _rows(found, book)


@community.get(
    "/{organization_id}/workbook",
    summary="导出社区工作簿",
    response_class=Response,
    responses=answers(NotFound, Forbidden, NotAScope)
    | {200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
    openapi_extra=needs(P.COMMUNITY_IMPORT),
)
async def export_community(session: SessionDep, actor: ActorDep, organization_id: UUID) -> Response:
    """The same workbook as it stands, for next year's changes; names and phones are in clear."""
    content = await community_export.export(session, actor, organization_id)
    disposition = 'attachment; filename="community.xlsx"'
    return Response(content, media_type=XLSX, headers={"Content-Disposition": disposition})


def _previewed(row: Import) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ImportOut.model_fields}


def _rows(found: communities.Preview | employers.Preview, book: Read) -> dict[str, Any]:
    taken = [
        {"sheet": line.sheet, "row": line.row, "step": step}
        for line, step in found.taken
        if step != "unchanged"
    ]
    refused = [
        {
            "sheet": error.form,
            "row": error.row,
            "column": error.column,
            "code": error.code,
            "message": error.message,
        }
        for error in found.errors
    ]
    return _previewed(found.row) | {
        "taken": taken[:MOST_SHOWN],
        "refused": refused[:MOST_SHOWN],
        "unread": book.unread[:MOST_SHOWN],
    }
