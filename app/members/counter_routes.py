"""线下报到: at the counter with the employer's certificate, or on paper only."""

from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.http.deps import ActorDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.members import counter
from app.members.schemas import CounterIn, PaperIn, RegistrationState
from app.members.service import AlreadyRegistered
from app.models.member import Registration
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["registrations"], route_class=KeyedRoute)


@router.post(
    "/organizations/{community_id}/registrations/counter",
    status_code=201,
    summary="线下报到（柜台录入）",
    response_model=RegistrationState,
    responses=answers(NotFound, Forbidden, AlreadyRegistered),
    openapi_extra=needs(P.COMMUNITY_REGISTER),
)
async def register_at_counter(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: CounterIn
) -> Registration:
    """Entered from the employer's certificate; the receipt is printed at once."""
    return await counter.register(session, actor, community_id, body)


@router.post(
    "/organizations/{community_id}/registrations/paper",
    status_code=201,
    summary="纸质报到",
    response_model=RegistrationState,
    responses=answers(NotFound, Forbidden, AlreadyRegistered),
    openapi_extra=needs(P.COMMUNITY_REGISTER),
)
async def register_on_paper(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: PaperIn
) -> Registration:
    """Name, employer and receipt number only; no phone and no address are kept."""
    return await counter.register_on_paper(session, actor, community_id, body)
