"""Registrations as a desk has them before it: lists, and many of them at once."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.core.sorting import WorkSort
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.members import accepting, confirming, counter, work_lists
from app.members.schemas import (
    AcceptedManyOut,
    AcceptManyIn,
    ApplicationBrief,
    ConfirmedManyOut,
    ConfirmManyIn,
    MapBuildingsIn,
    MappedOut,
    RegistrationBrief,
)
from app.models.member import Registration, RegistrationStatus
from app.permissions import Permission as P

router = Room(prefix="/api/v1", tags=["registrations"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)


@router.get(
    "/organizations/{community_id}/registrations",
    summary="社区的报到名单",
    response_model=Page[RegistrationBrief],
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_READ),
)
async def list_registrations(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    status: Annotated[
        RegistrationStatus, Query(description="One state.")
    ] = RegistrationStatus.PENDING_COMMUNITY,
    receipt_number: Annotated[str | None, Query(max_length=60)] = None,
    grid_id: UUID | None = None,
    functional_group_id: UUID | None = None,
    skill: Annotated[
        str | None, Query(max_length=60, pattern="^[a-z_]*$", description="A code of `skills`.")
    ] = None,
    sort: Annotated[
        WorkSort, Query(description="age: who waited longest first; deadline; kind: its ground.")
    ] = WorkSort.AGE,
) -> Slice[dict[str, Any]]:
    """The community's registrations in one state, sorted for work; or one by its receipt."""
    return await work_lists.community_page(
        reader,
        actor,
        paging,
        community_id,
        status=status,
        receipt_number=receipt_number,
        sort=sort,
        sought=work_lists.Sought(grid_id, functional_group_id, skill),
    )


@router.get(
    "/organizations/{organization_id}/applications",
    summary="单位待确认的报到",
    response_model=Page[ApplicationBrief],
    responses=SEEN,
    openapi_extra=needs(P.EMPLOYER_ROSTER, P.EMPLOYER_CHECKS),
)
async def list_applications(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    organization_id: UUID,
    status: Annotated[
        RegistrationStatus, Query(description="One state.")
    ] = RegistrationStatus.PENDING_EMPLOYER,
    sort: Annotated[
        Literal[WorkSort.AGE, WorkSort.DEADLINE],
        Query(description="age: who waited longest first; deadline."),
    ] = WorkSort.AGE,
) -> Slice[dict[str, Any]]:
    """An employer's registrations in one state; of a district those on which employers were silent."""
    return await work_lists.employer_page(
        reader, actor, paging, organization_id, status=status, sort=sort
    )


@router.post(
    "/organizations/{organization_id}/applications/confirm",
    summary="批量确认报到",
    response_model=ConfirmedManyOut,
    responses=SEEN,
    openapi_extra=needs(P.EMPLOYER_ROSTER, P.EMPLOYER_CHECKS),
)
async def confirm_applications(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: ConfirmManyIn
) -> dict[str, Any]:
    """Each confirmed in the branch that its member has named, or the code of why it was not."""
    found = await confirming.confirm_many(session, actor, organization_id, body.ids)
    return {"items": [{"id": one, "code": found[one]} for one in body.ids]}


@router.post(
    "/organizations/{community_id}/registrations/accept",
    summary="批量接收报到",
    response_model=AcceptedManyOut,
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_REGISTER),
)
async def accept_registrations(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: AcceptManyIn
) -> dict[str, Any]:
    """Each accepted as its building suggests, or the code of why it was not."""
    found = await accepting.accept_many(session, actor, community_id, body.ids)
    return {"items": [_accepted(one, found[one]) for one in body.ids]}


def _accepted(registration_id: UUID, found: Registration | str) -> dict[str, Any]:
    names = ("certificate_number", "certificate_code", "receipt_number", "receipt_code")
    if isinstance(found, str):
        return {"id": registration_id, "code": found} | dict.fromkeys(names)
    return {"id": registration_id, "code": None} | {name: getattr(found, name) for name in names}


@router.post(
    "/organizations/{community_id}/registrations/buildings",
    summary="把手写楼栋对应到楼栋",
    response_model=MappedOut,
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_REGISTER),
)
async def map_buildings(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: MapBuildingsIn
) -> dict[str, int]:
    """Everybody who wrote this text lives in the building."""
    changed = await counter.map_buildings(
        session, actor, community_id, text=body.text, building_id=body.building_id
    )
    return {"changed": changed}
