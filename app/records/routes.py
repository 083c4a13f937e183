"""Service records: a member's own, and what the community corrects."""

from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.order import ServiceRecord
from app.permissions import Permission as P
from app.records import service
from app.records.schemas import CorrectIn, RecordMovedOut, RecordOut, RecordReasonIn, TotalsOut
from app.records.service import NeedsTwo, OwnRecord

router = Room(prefix="/api/v1", tags=["records"], route_class=KeyedRoute)

DECIDED = answers(NotFound, Forbidden, BadTransition, OwnRecord)


@router.get("/me/records", summary="我的服务记录", response_model=Page[RecordOut])
async def list_my_records(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """My services, the latest first."""
    return await service.page(reader, actor, paging)


@router.get("/me/records/totals", summary="我的服务合计", response_model=TotalsOut)
async def get_my_totals(reader: ReadDep, actor: ActorDep) -> dict[str, Any]:
    """My services together; work time stands apart."""
    return await service.totals(reader, actor)


@router.post(
    "/records/{record_id}/dispute",
    summary="不是我（提出异议）",
    response_model=RecordMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.RECORD_OWN),
)
async def dispute_record(
    session: SessionDep, actor: ActorDep, record_id: UUID, body: RecordReasonIn
) -> ServiceRecord:
    """The member says that it was not he, or not so."""
    return await service.dispute(session, actor, record_id, body.reason)


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
    return await service.uphold(session, actor, record_id, body.reason)


@router.post(
    "/records/{record_id}/correct",
    summary="更正时长",
    response_model=RecordMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, NeedsTwo, OwnRecord),
    openapi_extra=needs(P.RECORD_CORRECT),
)
async def correct_record(
    session: SessionDep, actor: ActorDep, record_id: UUID, body: CorrectIn
) -> ServiceRecord:
    """The record has the right minutes."""
    return await service.correct(session, actor, record_id, body.minutes, body.reason)


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
    return await service.void(session, actor, record_id, body.reason)
