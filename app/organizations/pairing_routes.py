"""Pairings: an employer registers with a community (组织报到)."""

from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition, ReasonRequired
from app.organizations import pairings
from app.organizations.pairing_schemas import PairingIn, PairingMoveIn, PairingOut
from app.organizations.pairings import AlreadyPaired, PairingAction
from app.permissions import Permission

P = Permission

router = Room(prefix="/api/v1/pairings", tags=["organizations"], route_class=KeyedRoute)
of_organization = Room(prefix="/api/v1/organizations", tags=["organizations"])


@of_organization.get(
    "/{organization_id}/pairings",
    summary="结对列表",
    response_model=Page[PairingOut],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.PAIRING_LIST),
)
async def list_pairings(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """The pairings of a community, or of an employer, newest first; for its staff."""
    return await pairings.page(reader, actor, paging, organization_id)


@router.post(
    "",
    status_code=201,
    summary="提出结对",
    response_model=PairingOut,
    responses=answers(Forbidden, AlreadyPaired),
    openapi_extra=needs(P.PAIRING_PROPOSE),
)
async def propose_pairing(session: SessionDep, actor: ActorDep, body: PairingIn) -> dict[str, Any]:
    """A pairing that waits for the other side's secretary."""
    return await pairings.propose(session, actor, body)


@router.post(
    "/{pairing_id}/{action}",
    summary="办理结对",
    response_model=PairingOut,
    responses=answers(NotFound, Forbidden, BadTransition, ReasonRequired),
    openapi_extra=needs(P.PAIRING_CONFIRM, P.PAIRING_END),
)
async def move_pairing(
    session: SessionDep,
    actor: ActorDep,
    pairing_id: UUID,
    action: PairingAction,
    body: PairingMoveIn,
) -> dict[str, Any]:
    """Confirm it for the other side, which gives the receipt, or end it with a reason."""
    return await pairings.move(session, actor, pairing_id, action, reason=body.reason)
