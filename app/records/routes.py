"""Service records: a member's own, what he declares, and what the community decides."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound, Stale
from app.core.paging import Lines, Page, Slice
from app.core.sorting import WorkSort
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.hot import HotRoute
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.record import RecordStatus, ServiceRecord
from app.permissions import Permission as P
from app.records import deciding, declaring, reading
from app.records.deciding import CorrectionWaits, DisputeClosed, NoCorrection, SecondReviewer
from app.records.declaring import NotRegistered, ServedElsewhere
from app.records.schemas import (
    ApproveRecordIn,
    ConfirmCorrectionIn,
    CorrectIn,
    DeclareIn,
    RecordLine,
    RecordMovedOut,
    RecordOut,
    RecordReasonIn,
    TotalsOut,
)
from app.records.service import OwnRecord

hot = Room(prefix="/api/v1", tags=["records"], route_class=HotRoute)
router = Room(prefix="/api/v1", tags=["records"], route_class=KeyedRoute)

Order = Annotated[
    Literal[WorkSort.AGE, WorkSort.KIND] | None,
    Query(description="age: who waited longest first; kind: its category; left out: latest first."),
]
DECIDED = answers(NotFound, Forbidden, BadTransition, OwnRecord)


@hot.get("/me/records", summary="我的服务记录", response_model=Page[RecordOut])
async def list_my_records(reader: ReadDep, actor: ActorDep, paging: PagingDep) -> Lines:
    """My services, the latest first."""
    return await reading.page(reader, actor, paging)


@router.get("/me/records/totals", summary="我的服务合计", response_model=TotalsOut)
async def get_my_totals(reader: ReadDep, actor: ActorDep) -> dict[str, Any]:
    """My services together; work time stands apart."""
    return await reading.totals(reader, actor)


@router.post(
    "/me/records",
    status_code=201,
    summary="补录服务",
    response_model=RecordMovedOut,
    responses=answers(NotRegistered, ServedElsewhere),
)
async def declare_record(session: SessionDep, actor: ActorDep, body: DeclareIn) -> ServiceRecord:
    """I say what I did; it counts when somebody else of my community has approved it."""
    return await declaring.declare(session, actor, body)


@router.get(
    "/organizations/{community_id}/records",
    summary="社区的服务记录",
    response_model=Page[RecordLine],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.RECORD_KEEP),
)
async def list_records(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    status: Annotated[
        RecordStatus, Query(description="One state.")
    ] = RecordStatus.PENDING_APPROVAL,
    sort: Order = None,
) -> Slice[dict[str, Any]]:
    """The community's records in one state, sorted for work."""
    return await reading.page_of_community(reader, actor, paging, community_id, status, sort)


@router.get(
    "/organizations/{community_id}/records/corrections",
    summary="待复核的更正",
    response_model=Page[RecordLine],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.RECORD_KEEP),
)
async def list_corrections(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    sort: Order = None,
) -> Slice[dict[str, Any]]:
    """Records whose correction waits for a second person, sorted for work."""
    return await reading.page_of_community(reader, actor, paging, community_id, None, sort)


@router.post(
    "/records/{record_id}/approve",
    summary="同意补录",
    response_model=RecordMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, OwnRecord, ServedElsewhere),
    openapi_extra=needs(P.RECORD_CORRECT),
)
async def approve_record(
    session: SessionDep, actor: ActorDep, record_id: UUID, body: ApproveRecordIn
) -> ServiceRecord:
    """What was declared counts, with the minutes declared or fewer."""
    return await declaring.approve(session, actor, record_id, body.minutes)


@router.post(
    "/records/{record_id}/reject",
    summary="不同意补录",
    response_model=RecordMovedOut,
    responses=DECIDED,
    openapi_extra=needs(P.RECORD_CORRECT),
)
async def reject_record(
    session: SessionDep, actor: ActorDep, record_id: UUID, body: RecordReasonIn
) -> ServiceRecord:
    """What was declared does not count, and the member is told why."""
    return await declaring.reject(session, actor, record_id, body.reason)


@router.post(
    "/records/{record_id}/dispute",
    summary="不是我（提出异议）",
    response_model=RecordMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, DisputeClosed),
    openapi_extra=needs(P.RECORD_OWN),
)
async def dispute_record(
    session: SessionDep, actor: ActorDep, record_id: UUID, body: RecordReasonIn
) -> ServiceRecord:
    """The member says that it was not he, or not so."""
    return await deciding.dispute(session, actor, record_id, body.reason)


@router.post(
    "/records/{record_id}/uphold",
    summary="复核维持",
    response_model=RecordMovedOut,
    responses=DECIDED,
    openapi_extra=needs(P.RECORD_CORRECT),
)
async def uphold_record(
    session: SessionDep, actor: ActorDep, record_id: UUID, body: RecordReasonIn
) -> ServiceRecord:
    """The community has looked into it, and the record stands."""
    return await deciding.uphold(session, actor, record_id, body.reason)


@router.post(
    "/records/{record_id}/correct",
    summary="更正时长",
    response_model=RecordMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, OwnRecord, CorrectionWaits, Stale),
    openapi_extra=needs(P.RECORD_CORRECT),
)
async def correct_record(
    session: SessionDep, actor: ActorDep, record_id: UUID, body: CorrectIn
) -> ServiceRecord:
    """The record has the right minutes; many minutes wait for a second person."""
    return await deciding.correct(session, actor, record_id, body)


@router.post(
    "/records/{record_id}/correction/confirm",
    summary="复核同意更正",
    response_model=RecordMovedOut,
    responses=answers(
        NotFound, Forbidden, BadTransition, OwnRecord, NoCorrection, SecondReviewer, Stale
    ),
    openapi_extra=needs(P.RECORD_CORRECT),
)
async def confirm_correction(
    session: SessionDep, actor: ActorDep, record_id: UUID, body: ConfirmCorrectionIn
) -> ServiceRecord:
    """A second person agrees to the proposed minutes."""
    return await deciding.confirm_correction(session, actor, record_id, body.version)


@router.post(
    "/records/{record_id}/correction/decline",
    summary="复核不同意更正",
    response_model=RecordMovedOut,
    responses=answers(NotFound, Forbidden, OwnRecord, NoCorrection),
    openapi_extra=needs(P.RECORD_CORRECT),
)
async def decline_correction(
    session: SessionDep, actor: ActorDep, record_id: UUID, body: RecordReasonIn
) -> ServiceRecord:
    """The proposed minutes are off the table; the record stays as it is."""
    return await deciding.decline_correction(session, actor, record_id, body.reason)


@router.post(
    "/records/{record_id}/void",
    summary="作废记录",
    response_model=RecordMovedOut,
    responses=DECIDED,
    openapi_extra=needs(P.RECORD_CORRECT),
)
async def void_record(
    session: SessionDep, actor: ActorDep, record_id: UUID, body: RecordReasonIn
) -> ServiceRecord:
    """The record counts nowhere any more."""
    return await deciding.void(session, actor, record_id, body.reason)
