"""What a functional branch says of its members on their sheets."""

from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReportReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.report import Report
from app.permissions import Permission
from app.reports import branch_opinions, branch_reading
from app.reports.schemas import (
    BranchOpinionIn,
    BranchOpinionOut,
    BranchOpinionsIn,
    BranchSheetOut,
    OpinedManyOut,
)

router = Room(prefix="/api/v1", tags=["reports"], route_class=KeyedRoute)


@router.get(
    "/organizations/{functional_branch_id}/branch-sheets",
    summary="待支部提意见的反馈单",
    response_model=Page[BranchSheetOut],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(Permission.BRANCH_OPINE),
)
async def list_branch_sheets(
    reader: ReportReadDep, actor: ActorDep, paging: PagingDep, functional_branch_id: UUID
) -> Slice[dict[str, Any]]:
    """Sheets of the branch's members that the community has not signed yet."""
    return await branch_reading.page(reader, actor, paging, functional_branch_id)


@router.post(
    "/organizations/{functional_branch_id}/branch-opinions",
    summary="批量提出功能型党支部意见",
    response_model=OpinedManyOut,
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(Permission.BRANCH_OPINE),
)
async def choose_branch_opinions(
    session: SessionDep, actor: ActorDep, functional_branch_id: UUID, body: BranchOpinionsIn
) -> dict[str, Any]:
    """A sentence or none for each of these sheets, or the code of why it does not say it."""
    found = await branch_opinions.choose_many(session, actor, functional_branch_id, body)
    return {"items": [{"id": each, "code": code} for each, code in found.items()]}


@router.post(
    "/reports/{report_id}/branch-opinion",
    summary="提出功能型党支部意见",
    response_model=BranchOpinionOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(Permission.REPORT_OPINE),
)
async def choose_branch_opinion(
    session: SessionDep, actor: ActorDep, report_id: UUID, body: BranchOpinionIn
) -> Report:
    """One neutral sentence in the name of the branch, before the sheet is signed; or none."""
    return await branch_opinions.choose(session, actor, report_id, body.opinion)
