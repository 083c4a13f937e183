"""Skills and free times of a member, as he states them."""

from uuid import UUID

from app.core.errors import Forbidden, NotFound, Stale
from app.http.deps import ActorDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.members import stated
from app.members.stated_schemas import StatedIn, StatedOut
from app.models.member import Registration
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["registrations"], route_class=KeyedRoute)


@router.put(
    "/registrations/{registration_id}/stated",
    summary="修改特长和可参加的时间",
    response_model=StatedOut,
    responses=answers(NotFound, Forbidden, BadTransition, Stale),
    openapi_extra=needs(P.REGISTRATION_OWN, P.REGISTRATION_ACCEPT),
)
async def state_skills_and_times(
    session: SessionDep, actor: ActorDep, registration_id: UUID, body: StatedIn
) -> Registration:
    """What the member can do and when, as a whole; what is left out is no longer said."""
    return await stated.state(session, actor, registration_id, body)
