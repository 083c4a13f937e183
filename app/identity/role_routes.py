"""Roles given by hand."""

from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.identity import roles
from app.identity.deps import ActorsDep
from app.identity.roles import OwnRole, RoleAbove, RoleHeld
from app.identity.schemas import RoleGivenOut, RoleIn, RoleOut
from app.models.person import RoleGrant
from app.permissions import Permission

P = Permission

router = Room(prefix="/api/v1", tags=["identity"], route_class=KeyedRoute)


@router.get(
    "/organizations/{organization_id}/roles",
    summary="组织中的角色",
    response_model=Page[RoleOut],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.ORGANIZATION_STAFF),
)
async def list_roles(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """Who holds which role in this very organization, now or in days to come."""
    return await roles.page(reader, actor, paging, organization_id)


@router.post(
    "/organizations/{organization_id}/roles",
    status_code=201,
    summary="授予角色",
    response_model=RoleGivenOut,
    responses=answers(NotFound, Forbidden, RoleAbove, OwnRole, RoleHeld),
    openapi_extra=needs(P.ORGANIZATION_STAFF),
)
async def give_role(
    session: SessionDep,
    actors: ActorsDep,
    actor: ActorDep,
    organization_id: UUID,
    body: RoleIn,
) -> RoleGrant:
    """A person has a role here and below, for stated days; nobody gives more than he has."""
    row = await roles.give(session, actor, organization_id, body)
    actors.forget(row.person_id)
    return row


@router.delete(
    "/roles/{role_id}",
    status_code=204,
    summary="收回角色",
    responses=answers(NotFound, RoleAbove),
    openapi_extra=needs(P.ORGANIZATION_STAFF),
)
async def end_role(session: SessionDep, actors: ActorsDep, actor: ActorDep, role_id: UUID) -> None:
    """The role is gone within seconds, whoever or whatever had given it."""
    row = await roles.end(session, actor, role_id)
    actors.forget(row.person_id)
