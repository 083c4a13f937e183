"""Reports: drafted and issued by communities, compiled for employers, read, acknowledged, answered."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from fastapi.responses import StreamingResponse

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.core.sorting import WorkSort
from app.evaluations.objections import ObjectedAlready
from app.evaluations.schemas import ObjectionMovedOut
from app.http.deps import ActorDep, PagingDep, ReportReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.objection import Objection
from app.models.report import Report, Statement
from app.permissions import Permission
from app.reports import periods, reading, service, sheets, statements, summaries, writing
from app.reports.consents import ReportRefused
from app.reports.issuers import NotSummaryIssuer
from app.reports.schemas import (
    DraftedOut,
    IssueIn,
    ObjectionIn,
    PeriodIn,
    ReportBrief,
    ReportOut,
    ReportReasonIn,
    StatementIn,
    StatementOut,
    UseIn,
)
from app.reports.service import UseClosed, UseNoted
from app.reports.statements import ObjectionClosed

router = Room(prefix="/api/v1", tags=["reports"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
MOVED = answers(NotFound, Forbidden, BadTransition)


@router.get("/me/reports", summary="我的反馈单", response_model=Page[ReportBrief])
async def list_my_reports(
    reader: ReportReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """My own sheets, newest first; drafts too, for I read them first."""
    return await reading.page_of_person(reader, actor, paging)


@router.get(
    "/organizations/{employer_id}/summaries",
    summary="单位收到的汇总单",
    response_model=Page[ReportBrief],
    responses=SEEN,
    openapi_extra=needs(Permission.EMPLOYER_REPORTS),
)
async def list_summaries(
    reader: ReportReadDep, actor: ActorDep, paging: PagingDep, employer_id: UUID
) -> Slice[dict[str, Any]]:
    """Summaries delivered to this employer, newest first."""
    return await reading.page_of_employer(reader, actor, paging, employer_id)


@router.get(
    "/organizations/{community_id}/sheets",
    summary="社区的反馈单",
    response_model=Page[ReportBrief],
    responses=SEEN,
    openapi_extra=needs(Permission.COMMUNITY_REPORT),
)
async def list_sheets(
    reader: ReportReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    sort: Annotated[
        Literal[WorkSort.AGE, WorkSort.KIND] | None,
        Query(description="age: the oldest first; kind: by their state; left out: newest first."),
    ] = None,
) -> Slice[dict[str, Any]]:
    """Sheets that this community drafts and issues, sorted for work."""
    return await reading.page_of_issuer(reader, actor, paging, community_id, sort)


@router.post(
    "/organizations/{community_id}/sheets",
    status_code=201,
    summary="生成反馈单草稿",
    response_model=DraftedOut,
    responses=SEEN,
    openapi_extra=needs(Permission.COMMUNITY_REPORT),
)
async def draft_sheets(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: PeriodIn
) -> dict[str, Any]:
    """A draft for every member of the community, computed from the records; each member reads his."""
    period = periods.check_period(body.period_from, body.period_to)
    drafts = await sheets.draft(session, actor, community_id, period)
    return {"report_ids": [draft.id for draft in drafts]}


@router.post(
    "/organizations/{employer_id}/summaries",
    status_code=201,
    summary="汇编单位汇总单",
    response_model=ReportBrief,
    responses=answers(NotFound, Forbidden, NotSummaryIssuer),
    openapi_extra=needs(Permission.SUMMARY_COMPILE),
)
async def compile_summary(
    session: SessionDep, actor: ActorDep, employer_id: UUID, body: PeriodIn
) -> Report:
    """The employer's summary of the period: frozen, numbered, delivered."""
    period = periods.check_period(body.period_from, body.period_to)
    return await summaries.compile_summary(session, actor, employer_id, period)


@router.get(
    "/reports/{report_id}",
    summary="查看反馈单或汇总单",
    response_model=ReportOut,
    responses=answers(NotFound),
    openapi_extra=needs(Permission.REPORT_READ),
)
async def get_report(reader: ReportReadDep, actor: ActorDep, report_id: UUID) -> StreamingResponse:
    """One report, as this reader may see it."""
    row, lines = await reading.show(reader, actor, report_id)
    return StreamingResponse(writing.in_parts(row, lines), media_type="application/json")


@router.post(
    "/reports/{report_id}/issue",
    summary="出具反馈单",
    response_model=ReportBrief,
    responses=answers(NotFound, Forbidden, BadTransition, ReportRefused),
    openapi_extra=needs(Permission.REPORT_SIGN),
)
async def issue_sheet(
    session: SessionDep, actor: ActorDep, report_id: UUID, body: IssueIn
) -> Report:
    """The sheet is frozen, numbered and signed in the name of the community."""
    return await sheets.issue(session, actor, report_id, body.opinion)


@router.post(
    "/reports/{report_id}/statements",
    status_code=201,
    summary="本人说明",
    response_model=StatementOut,
    responses=MOVED,
    openapi_extra=needs(Permission.REPORT_OWN),
)
async def state_on_report(
    session: SessionDep, actor: ActorDep, report_id: UUID, body: StatementIn
) -> Statement:
    """The member's own words stand beside his sheet."""
    return await statements.state(session, actor, report_id, body.words)


@router.post(
    "/reports/{report_id}/objections",
    status_code=201,
    summary="对反馈单提出异议",
    response_model=ObjectionMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, ObjectionClosed, ObjectedAlready),
    openapi_extra=needs(Permission.REPORT_OWN),
)
async def object_to_report(
    session: SessionDep, actor: ActorDep, report_id: UUID, body: ObjectionIn
) -> Objection:
    """What the member objects to is left out of his sheet until it is decided."""
    return await statements.object_to(session, actor, report_id, body)


@router.post(
    "/reports/{report_id}/read",
    status_code=204,
    summary="打开汇总单",
    responses=SEEN,
    openapi_extra=needs(Permission.REPORT_ACKNOWLEDGE),
)
async def read_report(session: SessionDep, actor: ActorDep, report_id: UUID) -> None:
    """The employer's secretary has opened the summary; noted once."""
    await service.mark_read(session, actor, report_id)


@router.post(
    "/reports/{report_id}/acknowledge",
    summary="签收汇总单",
    response_model=ReportBrief,
    responses=MOVED,
    openapi_extra=needs(Permission.REPORT_ACKNOWLEDGE),
)
async def acknowledge_report(session: SessionDep, actor: ActorDep, report_id: UUID) -> Report:
    """Received, once for the whole summary and all its sheets."""
    return await service.acknowledge(session, actor, report_id)


@router.post(
    "/reports/{report_id}/use",
    summary="填写结果运用",
    response_model=ReportBrief,
    responses=answers(NotFound, Forbidden, BadTransition, UseNoted, UseClosed),
    openapi_extra=needs(Permission.REPORT_ACKNOWLEDGE),
)
async def note_report_use(
    session: SessionDep, actor: ActorDep, report_id: UUID, body: UseIn
) -> Report:
    """What the employer made of it, ticked once for all its members, and a reply if it likes."""
    return await service.note_use(session, actor, report_id, body.uses, body.reply)


@router.post(
    "/reports/{report_id}/void",
    summary="作废反馈单或汇总单",
    response_model=ReportBrief,
    responses=MOVED,
    openapi_extra=needs(Permission.REPORT_SIGN),
)
async def void_report(
    session: SessionDep, actor: ActorDep, report_id: UUID, body: ReportReasonIn
) -> Report:
    """The report holds no longer; whoever verifies its code is told."""
    return await service.void(session, actor, report_id, body.reason)
