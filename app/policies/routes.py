"""Dictionaries and policies: what the tenant calls things, and the thresholds it works by."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Path, Response

from app.core.errors import Forbidden, NotFound, Stale
from app.http.deps import ActorDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.models.organization import ContentItem
from app.permissions import Permission
from app.policies import dictionaries, service
from app.policies.dictionaries import SetByOrganization
from app.policies.schemas import (
    ContentChange,
    ContentEntry,
    Dictionaries,
    PolicyExplained,
    PolicyIn,
    PolicyOut,
)
from app.policies.service import PolicyAbove, PolicyLocked

P = Permission
Code = Annotated[str, Path(max_length=80, pattern="^[^\x00]*$")]

router = Room(tags=["policies"], route_class=KeyedRoute)


@router.get(
    "/api/v1/dictionaries",
    summary="全部字典",
    response_model=Dictionaries,
    responses={304: {"description": "Unchanged since `If-None-Match`."}},
)
async def get_dictionaries(
    reader: ReadDep, if_none_match: Annotated[str | None, Header(max_length=400)] = None
) -> Response:
    """All of the tenant's content by section; public. Ask again with the ETag you have."""
    found = await dictionaries.whole(reader)
    headers = {"ETag": found.tag, "Cache-Control": "no-cache"}
    if if_none_match is not None and found.tag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(found.body, media_type="application/json", headers=headers)


@router.patch(
    "/api/v1/dictionaries/{section}/{code}",
    summary="修改字典条目",
    response_model=ContentEntry,
    responses=answers(NotFound, Forbidden, Stale, SetByOrganization),
    openapi_extra=needs(P.TENANT_RUN),
)
async def change_dictionary_entry(
    session: SessionDep, actor: ActorDep, section: Code, code: Code, body: ContentChange
) -> ContentItem:
    """The entry as this tenant has it from now on; its code stays."""
    return await dictionaries.change(session, actor, section, code, body)


@router.get(
    "/api/v1/organizations/{organization_id}/policies/{key}",
    summary="查看政策参数及其来源",
    response_model=PolicyExplained,
    responses=answers(NotFound),
)
async def get_policy(
    reader: ReadDep, actor: ActorDep, organization_id: UUID, key: Code
) -> dict[str, Any]:
    """Which value holds here today, who set it and why; for anybody who is signed in."""
    return await service.show(reader, organization_id, key)


@router.post(
    "/api/v1/organizations/{organization_id}/policies",
    status_code=201,
    summary="设定政策参数",
    response_model=PolicyOut,
    responses=answers(NotFound, Forbidden, PolicyAbove, PolicyLocked),
    openapi_extra=needs(P.ORGANIZATION_POLICY),
)
async def set_policy(
    session: SessionDep, actor: ActorDep, organization_id: UUID, body: PolicyIn
) -> dict[str, Any]:
    """A value from a day on; it never changes what held before."""
    row = await service.set_value(session, actor, organization_id, body)
    return {name: getattr(row, name) for name in PolicyOut.model_fields} | row.value
