"""Qualifications of members, as they were looked at."""

from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.http.deps import ActorDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.members import qualifications
from app.members.qualification_schemas import QualificationIn, QualificationOut, QualificationsOut
from app.models.member import Qualification
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["registrations"], route_class=KeyedRoute)


@router.get(
    "/registrations/{registration_id}/qualifications",
    summary="已核验的资质",
    response_model=QualificationsOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.REGISTRATION_READ),
)
async def list_qualifications(
    reader: ReadDep, actor: ActorDep, registration_id: UUID
) -> dict[str, list[dict[str, Any]]]:
    """What is kept of the member's licences and certificates."""
    return await qualifications.of_registration(reader, actor, registration_id)


@router.post(
    "/registrations/{registration_id}/qualifications",
    summary="核验资质",
    response_model=QualificationOut,
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.REGISTRATION_ACCEPT, P.REGISTRATION_CONFIRM),
)
async def verify_qualification(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: QualificationIn
) -> Qualification:
    """A licence was looked at, by the community or by the employer, as its kind says."""
    return await qualifications.verify(session, actor, registration_id, body)
