"""Residents: bound by themselves, entered by staff, listed for the community."""

from typing import Any
from uuid import UUID

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.identity.service import ConsentMissing, PhoneRequired
from app.models.member import Resident
from app.permissions import Permission as P
from app.residents import service
from app.residents.schemas import (
    ResidenceIn,
    ResidenceOut,
    ResidentIn,
    ResidentLine,
    ResidentOut,
)
from app.residents.service import BoundAlready

router = Room(prefix="/api/v1", tags=["residents"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)


@router.get("/me/residences", summary="我的住处", response_model=list[ResidenceOut])
async def list_my_residences(reader: ReadDep, actor: ActorDep) -> list[dict[str, Any]]:
    """Where I live."""
    return await service.mine(reader, actor)


@router.post(
    "/me/residences",
    status_code=201,
    summary="绑定居住社区",
    response_model=ResidentOut,
    responses=answers(ConsentMissing, PhoneRequired, BoundAlready),
)
async def bind_residence(session: SessionDep, actor: ActorDep, body: ResidenceIn) -> Resident:
    """I live here, and may ask for help here."""
    return await service.bind(session, actor, body)


@router.delete(
    "/me/residences/{resident_id}",
    status_code=204,
    summary="解除居住社区",
    responses=answers(NotFound),
)
async def end_residence(session: SessionDep, actor: ActorDep, resident_id: UUID) -> None:
    """I no longer live there."""
    await service.end(session, actor, resident_id)


@router.get(
    "/organizations/{community_id}/residents",
    summary="社区的居民",
    response_model=Page[ResidentLine],
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_READ),
)
async def list_residents(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, community_id: UUID
) -> Slice[dict[str, Any]]:
    """Residents of the community; names masked."""
    return await service.page(reader, actor, paging, community_id)


@router.post(
    "/organizations/{community_id}/residents",
    status_code=201,
    summary="登记没有手机的居民",
    response_model=ResidentOut,
    responses=SEEN,
    openapi_extra=needs(P.COMMUNITY_ENTER),
)
async def enter_resident(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: ResidentIn
) -> Resident:
    """Somebody without a phone, so that needs can be entered for him."""
    return await service.enter(session, actor, community_id, body)
