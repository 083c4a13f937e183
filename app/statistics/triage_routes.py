"""日汇总、周研判、月总结."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, ReportReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.models.statistic import Rhythm, RollUp
from app.permissions import Permission as P
from app.statistics import printed_record, roll_up_reading, sending, triage
from app.statistics.schemas import PrintedRecord, RollUpBrief, RollUpOut, TriageIn, TriageOut
from app.statistics.sending import AlreadySent
from app.statistics.triage import FrozenAlready

router = Room(prefix="/api/v1", tags=["statistics"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)


@router.get(
    "/organizations/{organization_id}/triage",
    summary="本周研判清单",
    response_model=TriageOut,
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_TRIAGE),
)
async def get_triage(reader: ReadDep, actor: ActorDep, organization_id: UUID) -> dict[str, Any]:
    """What waits this week, what was decided, who may be ticked: the page the meeting works on."""
    return await triage.page(reader, actor, organization_id)


@router.post(
    "/organizations/{organization_id}/triage/record",
    status_code=201,
    summary="留存本周研判",
    response_model=RollUpOut,
    responses=answers(NotFound, Forbidden, FrozenAlready),
    openapi_extra=needs(P.COMMUNITY_TRIAGE),
)
async def freeze_triage(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: TriageIn
) -> dict[str, Any]:
    """The page as it stands is this week's record: what was decided, who was present; once a week."""
    return await triage.freeze(session, actor, organization_id, body)


@router.get(
    "/organizations/{organization_id}/roll-ups",
    summary="日汇总、周研判、月总结",
    response_model=Page[RollUpBrief],
    responses=SEEN,
    openapi_extra=needs(P.STATISTICS_READ),
)
async def list_roll_ups(
    reader: ReportReadDep,
    actor: ActorDep,
    paging: PagingDep,
    organization_id: UUID,
    rhythm: Annotated[Rhythm, Query(description="One of the three.")] = Rhythm.DAY,
) -> Slice[dict[str, Any]]:
    """Days, weeks or months as they were frozen, the latest first."""
    return await roll_up_reading.page(reader, actor, paging, organization_id, rhythm)


@router.get(
    "/roll-ups/{roll_up_id}",
    summary="汇总、研判或小结的内容",
    response_model=RollUpOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.ROLL_UP_READ),
)
async def get_roll_up(reader: ReportReadDep, actor: ActorDep, roll_up_id: UUID) -> dict[str, Any]:
    """One of them with all it holds."""
    return await roll_up_reading.get(reader, actor, roll_up_id)


@router.get(
    "/roll-ups/{roll_up_id}/printed",
    summary="打印周研判记录",
    response_model=PrintedRecord,
    responses=answers(NotFound),
    openapi_extra=needs(P.ROLL_UP_READ),
)
async def print_triage(reader: ReportReadDep, actor: ActorDep, roll_up_id: UUID) -> dict[str, Any]:
    """A week's record in words, to be printed: who was present, what was decided, what waits."""
    return await printed_record.show(reader, actor, roll_up_id)


@router.post(
    "/roll-ups/{roll_up_id}/send",
    summary="把月小结发给党员和居民",
    response_model=RollUpBrief,
    responses=answers(NotFound, Forbidden, AlreadySent),
    openapi_extra=needs(P.ROLL_UP_SEND),
)
async def send_roll_up(session: SessionDep, actor: ActorDep, roll_up_id: UUID) -> RollUp:
    """The text of a month, without names, into the inbox of members and residents; once."""
    return await sending.send(session, actor, roll_up_id)
