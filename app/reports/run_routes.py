"""The year's reports of a district or city at once, and what is missing before its day."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.core.schemas import Day
from app.http.deps import ActorDep, PagingDep, ReportReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.models.report_run import ReportRun
from app.permissions import Permission
from app.reports import dry_run, periods, run_reading, runs
from app.reports.issuers import NotSummaryIssuer
from app.reports.periods import Period
from app.reports.run_schemas import (
    CommunityMissingOut,
    EmployerMissingOut,
    RunLine,
    RunOut,
)
from app.reports.schemas import PeriodIn

router = Room(prefix="/api/v1/organizations", tags=["reports"], route_class=KeyedRoute)

DayQuery = Annotated[Day, Query(description="Local; it belongs to the period.")]
SEEN = answers(NotFound, Forbidden)


@router.post(
    "/{organization_id}/report-runs",
    status_code=201,
    summary="批量生成年度反馈",
    response_model=RunOut,
    responses=answers(NotFound, Forbidden, NotSummaryIssuer),
    openapi_extra=needs(Permission.SUMMARY_COMPILE),
)
async def issue_year(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: PeriodIn
) -> ReportRun:
    """Drafts of every community and summaries of every employer below are made, one after the other;
    a second call continues the same."""
    period = periods.check_period(body.period_from, body.period_to)
    return await runs.start_year(session, actor, organization_id, period)


@router.get(
    "/{organization_id}/report-runs",
    summary="批量生成进度",
    response_model=Page[RunLine],
    responses=SEEN,
    openapi_extra=needs(Permission.SUMMARY_COMPILE),
)
async def list_report_runs(
    reader: ReportReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """How far each is."""
    return await run_reading.page(reader, actor, paging, organization_id)


@router.get(
    "/{organization_id}/reports/dry-run",
    summary="年度反馈预演：社区",
    response_model=Page[CommunityMissingOut],
    responses=SEEN,
    openapi_extra=needs(Permission.SUMMARY_COMPILE),
)
async def rehearse_communities(
    reader: ReportReadDep,
    actor: ActorDep,
    paging: PagingDep,
    organization_id: UUID,
    period_from: DayQuery,
    period_to: DayQuery,
) -> Slice[dict[str, Any]]:
    """What each community below still lacks before the day, in the order of codes."""
    period = Period(period_from, period_to)
    return await dry_run.page(reader, actor, paging, organization_id, "community", period)


@router.get(
    "/{organization_id}/reports/dry-run/employers",
    summary="年度反馈预演：单位",
    response_model=Page[EmployerMissingOut],
    responses=SEEN,
    openapi_extra=needs(Permission.SUMMARY_COMPILE),
)
async def rehearse_employers(
    reader: ReportReadDep,
    actor: ActorDep,
    paging: PagingDep,
    organization_id: UUID,
    period_from: DayQuery,
    period_to: DayQuery,
) -> Slice[dict[str, Any]]:
    """As above, of each employer."""
    period = Period(period_from, period_to)
    return await dry_run.page(reader, actor, paging, organization_id, "employer", period)
