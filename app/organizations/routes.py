"""Organizations: the tree, readable without a login."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.errors import NotFound
from app.core.paging import Page, Slice
from app.http.deps import PagingDep, ReadDep
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.organizations import service
from app.organizations.schemas import OrganizationBrief, OrganizationOut

router = APIRouter(prefix="/api/v1/organizations", tags=["organizations"], route_class=KeyedRoute)


@router.get("", summary="下级组织列表", response_model=Page[OrganizationBrief])
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
