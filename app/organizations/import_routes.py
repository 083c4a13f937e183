"""Files that build the tree: previewed first, then applied whole or not at all."""

import hashlib
import io
from typing import Any
from uuid import UUID

from fastapi import APIRouter, UploadFile

from app.core.errors import Forbidden, NotFound, TooLarge
from app.http.deps import ActorDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.lifecycle import BadTransition
from app.models.organization import Import
from app.organizations import applying, divisions, imports
from app.core.sheets.limits import FileRefused
from app.organizations.import_schemas import ApplyIn, DivisionPreview, ImportOut
from app.organizations.imports import ImportLapsed, RowsRefused, StateChanged
from app.permissions import Permission

P = Permission

MOST_DIVISIONS_BYTES = 4 * 1024 * 1024

router = APIRouter(prefix="/api/v1/imports", tags=["imports"], route_class=KeyedRoute)


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
    responses=answers(
        NotFound, Forbidden, BadTransition, ImportLapsed, RowsRefused, StateChanged
    ),
    openapi_extra=needs(P.IMPORT_APPLY),
)
async def apply_import(
    session: SessionDep, actor: ActorDep, import_id: UUID, body: ApplyIn
) -> Import:
    """The file is applied, whole, if nothing has changed since its preview."""
    return await applying.apply(session, actor, import_id, close_vanished=body.close_vanished)


def _previewed(row: Import) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ImportOut.model_fields}
