"""The yearly evaluation's cycle: planned, read, changed; and what a member says of his own year."""

from typing import Any
from uuid import UUID

from app.appraisals import cycle_reading, cycles, self_reports
from app.appraisals.cycles import CyclePlanned, NotIssuer
from app.appraisals.scene import AppraisalClosed
from app.appraisals.schemas import (
    CycleBrief,
    CycleChange,
    CycleIn,
    CycleOut,
    SelfReportIn,
    SelfReportOut,
)
from app.core.errors import Forbidden, NotFound, Stale
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.evaluation import EvaluationCycle
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["appraisals"], route_class=KeyedRoute)


@router.get(
    "/organizations/{organization_id}/evaluation-cycles",
    summary="年度评价安排",
    response_model=Page[CycleBrief],
    responses=answers(NotFound),
)
async def list_evaluation_cycles(
    reader: ReadDep, _: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """The years that concern an organization, the latest first."""
    return await cycle_reading.page(reader, paging, organization_id)


@router.post(
    "/organizations/{organization_id}/evaluation-cycles",
    status_code=201,
    summary="安排年度评价",
    response_model=CycleBrief,
    responses=answers(NotFound, Forbidden, NotIssuer, CyclePlanned),
    openapi_extra=needs(P.EVALUATION_PLAN),
)
async def plan_evaluation_cycle(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: CycleIn
) -> EvaluationCycle:
    """A year with all its days, as the policies propose them; from then on the clock moves it."""
    return await cycles.plan(session, actor, organization_id, body)


@router.get(
    "/evaluation-cycles/{cycle_id}",
    summary="查看年度评价安排",
    response_model=CycleOut,
    responses=answers(NotFound),
)
async def get_evaluation_cycle(reader: ReadDep, _: ActorDep, cycle_id: UUID) -> dict[str, Any]:
    """The days of a year, and where it stands."""
    return await cycle_reading.show(reader, cycle_id)


@router.patch(
    "/evaluation-cycles/{cycle_id}",
    summary="调整年度评价日期",
    response_model=CycleBrief,
    responses=answers(NotFound, Forbidden, BadTransition, Stale),
    openapi_extra=needs(P.EVALUATION_PLAN),
)
async def change_evaluation_cycle(
    session: SessionDep, actor: ActorDep, cycle_id: UUID, body: CycleChange
) -> EvaluationCycle:
    """Other days, until it has begun; what follows from a changed one is laid out anew."""
    return await cycles.change(session, actor, cycle_id, body)


@router.get(
    "/evaluation-cycles/{cycle_id}/self-report",
    summary="我的自评",
    response_model=SelfReportOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.REGISTRATION_OWN),
)
async def get_self_report(reader: ReadDep, actor: ActorDep, cycle_id: UUID) -> dict[str, Any]:
    """What I have said of my year, and what the system proposes from the facts."""
    return await self_reports.show(reader, actor, cycle_id)


@router.put(
    "/evaluation-cycles/{cycle_id}/self-report",
    status_code=204,
    summary="填写自评",
    responses=answers(NotFound, AppraisalClosed),
    openapi_extra=needs(P.REGISTRATION_OWN),
)
async def say_self_report(
    session: SessionDep, actor: ActorDep, cycle_id: UUID, body: SelfReportIn
) -> None:
    """My own words about my year; optional, changed until the window ends."""
    await self_reports.say(session, actor, cycle_id, body)
