"""Organizations: the tree, readable without a login; changed by who runs a part of it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound, Stale
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.models.organization import Organization
from app.organizations import places, service
from app.organizations.schemas import (
    BuildingOut,
    ChildIn,
    CloseIn,
    CommunityFound,
    OrganizationBrief,
    OrganizationChange,
    OrganizationChanged,
    OrganizationOut,
)
from app.organizations.service import CodeTaken, DivisionFileOnly, NameTaken, OnlyOne, StillUsed
from app.permissions import Permission

P = Permission

router = Room(prefix="/api/v1/organizations", tags=["organizations"], route_class=KeyedRoute)
communities = Room(prefix="/api/v1/communities", tags=["organizations"])


@router.get(
    "",
    summary="下级组织列表",
    response_model=Page[OrganizationBrief],
    responses=answers(NotFound),
)
async def list_organizations(
    reader: ReadDep,
    paging: PagingDep,
    parent_id: Annotated[UUID, Query(description="Directly below this organization.")],
    kind: Annotated[str, Query(max_length=40, examples=["community"])],
    taking_part: Annotated[bool, Query(description="Only where members may register.")] = False,
) -> Slice[dict[str, Any]]:
    """The organizations of one kind below a parent, in their official order; public."""
    return await service.page(
        reader, paging, parent_id=parent_id, kind=kind, only_taking_part=taking_part
    )


@router.get(
    "/{organization_id}",
    summary="查看组织",
    response_model=OrganizationOut,
    responses=answers(NotFound),
)
async def get_organization(reader: ReadDep, organization_id: UUID) -> dict[str, Any]:
    """One organization; public."""
    return await service.show(reader, organization_id)


@router.get(
    "/{organization_id}/path",
    summary="组织的各级上级",
    response_model=list[OrganizationBrief],
    responses=answers(NotFound),
)
async def get_organization_path(reader: ReadDep, organization_id: UUID) -> list[dict[str, Any]]:
    """The organization and all above it, root first; public."""
    return await places.path(reader, organization_id)


@router.get(
    "/{organization_id}/buildings",
    summary="小区的楼栋",
    response_model=Page[BuildingOut],
    responses=answers(NotFound),
)
async def list_buildings(
    reader: ReadDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """The buildings of a compound with the grid of each, in the order of their numbers; public."""
    return await places.buildings(reader, paging, organization_id)


@communities.get(
    "",
    summary="按名称查找社区",
    response_model=Page[CommunityFound],
    responses=answers(NotFound),
)
async def list_communities(
    reader: ReadDep,
    paging: PagingDep,
    under: Annotated[UUID, Query(description="Anywhere below this organization, say the city.")],
    q: Annotated[
        str, Query(max_length=40, pattern="^[^\x00]*$", description="Part of the name.")
    ] = "",
) -> Slice[dict[str, Any]]:
    """The communities that take part, by name; public."""
    return await places.communities(reader, paging, under=under, words=q.strip())


@router.post(
    "/{organization_id}/children",
    status_code=201,
    summary="新建下级组织",
    response_model=OrganizationChanged,
    responses=answers(NotFound, Forbidden, NameTaken, CodeTaken, OnlyOne),
    openapi_extra=needs(P.ORGANIZATION_EDIT),
)
async def create_organization(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: ChildIn
) -> Organization:
    """A new organization below this one; which kind stands where is fixed."""
    return await service.create(session, actor, organization_id, body)


@router.patch(
    "/{organization_id}",
    summary="修改组织",
    response_model=OrganizationChanged,
    responses=answers(NotFound, Forbidden, Stale, NameTaken),
    openapi_extra=needs(P.ORGANIZATION_EDIT),
)
async def change_organization(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: OrganizationChange
) -> Organization:
    """The organization as edited; whether a community takes part is decided above it."""
    return await service.change(session, actor, organization_id, body)


@router.post(
    "/{organization_id}/close",
    summary="撤销组织",
    response_model=OrganizationChanged,
    responses=answers(NotFound, Forbidden, StillUsed, DivisionFileOnly),
    openapi_extra=needs(P.ORGANIZATION_EDIT),
)
async def close_organization(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: CloseIn
) -> Organization:
    """The organization ends today, and the posts held in it; nothing may live below it."""
    return await service.close(session, actor, organization_id, body.reason_code)
