"""What a member says he can do and when: stated by himself, or for him at the counter."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core.errors import Forbidden, Stale
from app.lifecycle import BadTransition
from app.members import applications, service
from app.members.lifecycle import LIVING
from app.members.stated_schemas import StatedIn
from app.models.member import Registration
from app.permissions import Actor, Permission

P = Permission


async def state(
    session: AsyncSession, actor: Actor, registration_id: UUID, body: StatedIn
) -> Registration:
    """Skills and times are as they were said now; services are suggested by them from here on.

    Raises:
        NotFound: no such registration for the actor. Forbidden: neither his own nor his to accept.
        Stale: somebody else has changed it. BadTransition: it has ended.
        Invalid: an unknown skill or time.
    """
    row, granted = await service.get(
        session, actor, registration_id, P.REGISTRATION_OWN, P.REGISTRATION_ACCEPT
    )
    if not granted:
        raise Forbidden
    if row.status not in LIVING:
        raise BadTransition
    if row.version != body.version:
        raise Stale
    await applications.check_codes(session, body.skills, body.availability)
    row.skills, row.availability = body.skills, body.availability
    audit.operated(
        session,
        actor,
        "registration.stated",
        subject=("registration", row.id),
        organization_id=row.community_id,
    )
    await session.flush()
    return row
