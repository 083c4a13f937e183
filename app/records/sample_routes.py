"""Random checks of records (抽查)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.record import RecordSample, SampleStatus
from app.permissions import Permission as P
from app.records import sample_reading, samples
from app.records.sample_schemas import AuditIn, DrawOut, SampleLine, SampleOut
from app.records.samples import OwnApproval

router = Room(prefix="/api/v1", tags=["records"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)


@router.get(
    "/organizations/{community_id}/record-draws",
    summary="记录抽查",
    response_model=Page[DrawOut],
    responses=SEEN,
    openapi_extra=needs(P.RECORD_DRAWN),
)
async def list_record_draws(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, community_id: UUID
) -> Slice[dict[str, Any]]:
    """The community's monthly draws, the latest first."""
    return await sample_reading.page_of_draws(reader, actor, paging, community_id)


@router.get(
    "/organizations/{community_id}/record-samples",
    summary="抽到的记录",
    response_model=Page[SampleLine],
    responses=SEEN,
    openapi_extra=needs(P.RECORD_DRAWN),
)
async def list_record_samples(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    status: Annotated[SampleStatus, Query(description="One state.")] = SampleStatus.WAITING,
) -> Slice[dict[str, Any]]:
    """What was drawn of the community's records, or of all below a place, in one state."""
    return await sample_reading.page_of_samples(reader, actor, paging, community_id, status)


@router.post(
    "/record-samples/{sample_id}/audit",
    summary="核对抽到的记录",
    response_model=SampleOut,
    responses=answers(NotFound, Forbidden, BadTransition, OwnApproval),
    openapi_extra=needs(P.SAMPLE_AUDIT),
)
async def audit_record_sample(
    session: SessionDep, actor: ActorDep, sample_id: UUID, body: AuditIn
) -> RecordSample:
    """What somebody found who did not approve it; what is wrong is held back and decided."""
    return await samples.audit(session, actor, sample_id, body.action, body.note)
