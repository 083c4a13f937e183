"""Micro-wishes (微心愿): wished for, verified, published without a name, taken down."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound, Stale
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.identity.service import ConsentMissing, PhoneRequired
from app.lifecycle import BadTransition
from app.models.wish import Wish, WishStatus
from app.needs.schemas import LookOut
from app.permissions import Permission as P
from app.wishes import contact, reading, service, submissions
from app.wishes.limits import WishLimit
from app.wishes.schemas import (
    OpenWish,
    WishChange,
    WishForIn,
    WishIn,
    WishLine,
    WishMovedOut,
    WishOut,
    WishReasonIn,
    WishSubmittedOut,
    WishVerifyIn,
)
from app.wishes.service import OwnWish
from app.wishes.submissions import WishReceived

router = Room(prefix="/api/v1", tags=["wishes"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
MOVED = answers(NotFound, Forbidden, BadTransition)
DECIDED = answers(NotFound, Forbidden, BadTransition, OwnWish)


def _received(received: WishReceived) -> dict[str, Any]:
    wish = received.wish
    shown = {name: getattr(wish, name) for name in WishMovedOut.model_fields}
    return shown | {"ask_templates": received.ask_templates}


@router.get(
    "/organizations/{community_id}/wishes/open",
    summary="待认领的微心愿",
    response_model=Page[OpenWish],
    responses=answers(NotFound),
)
async def list_open_wishes(
    reader: ReadDep, paging: PagingDep, community_id: UUID
) -> Slice[dict[str, Any]]:
    """Open wishes of a community, the latest first; public, nothing of the beneficiaries."""
    return await reading.page_of_open(reader, paging, community_id)


@router.get(
    "/organizations/{community_id}/wishes",
    summary="社区的微心愿",
    response_model=Page[WishLine],
    responses=SEEN,
    openapi_extra=needs(P.WISH_KEEP),
)
async def list_wishes(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    status: Annotated[WishStatus, Query(description="One state.")] = WishStatus.SUBMITTED,
) -> Slice[dict[str, Any]]:
    """The community's wishes in one state, the latest first."""
    return await reading.page_of_community(reader, actor, paging, community_id, status)


@router.post(
    "/organizations/{community_id}/wishes",
    status_code=201,
    summary="代录微心愿",
    response_model=WishSubmittedOut,
    responses=answers(NotFound, Forbidden, WishLimit),
    openapi_extra=needs(P.COMMUNITY_ENTER),
)
async def enter_wish(
    session: SessionDep, actor: ActorDep, community_id: UUID, body: WishForIn
) -> dict[str, Any]:
    """A wish that came by phone, visit or paper waits in the same list, marked as entered."""
    return _received(await submissions.enter(session, actor, community_id, body))


@router.get("/me/wishes", summary="我的微心愿", response_model=Page[WishLine])
async def list_my_wishes(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """What I wish for, the latest first."""
    return await reading.page_of_person(reader, actor, paging)


@router.post(
    "/wishes",
    status_code=201,
    summary="提出微心愿",
    response_model=WishSubmittedOut,
    responses=answers(ConsentMissing, PhoneRequired, WishLimit),
)
async def submit_wish(session: SessionDep, actor: ActorDep, body: WishIn) -> dict[str, Any]:
    """My wish waits for the community."""
    return _received(await submissions.submit(session, actor, body))


@router.get(
    "/wishes/{wish_id}",
    summary="查看微心愿",
    response_model=WishOut,
    responses=answers(NotFound),
    openapi_extra=needs(P.WISH_READ),
)
async def get_wish(reader: ReadDep, actor: ActorDep, wish_id: UUID) -> dict[str, Any]:
    """One wish, its beneficiary masked, and the steps that are open to the reader."""
    return await reading.show(reader, actor, wish_id)


@router.patch(
    "/wishes/{wish_id}",
    summary="修改微心愿",
    response_model=WishMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, Stale, OwnWish),
    openapi_extra=needs(P.WISH_RUN),
)
async def change_wish(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishChange
) -> Wish:
    """Public text and value change until it is claimed."""
    return await service.change(session, actor, wish_id, body)


@router.get(
    "/wishes/{wish_id}/looks",
    summary="谁看过我的联系方式",
    response_model=Page[LookOut],
    responses=answers(NotFound),
    openapi_extra=needs(P.WISH_OWN),
)
async def list_wish_looks(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, wish_id: UUID
) -> Slice[dict[str, Any]]:
    """Who looked at my contact for this wish, newest first; no names."""
    return await contact.looks(reader, actor, paging, wish_id)


@router.post(
    "/wishes/{wish_id}/verify",
    summary="核实微心愿",
    response_model=WishMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, OwnWish, WishLimit),
    openapi_extra=needs(P.WISH_RUN),
)
async def verify_wish(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishVerifyIn
) -> Wish:
    """It is genuine, within the limits, and has its public text; with `publish` it is open."""
    return await service.verify(session, actor, wish_id, body)


@router.post(
    "/wishes/{wish_id}/reject",
    summary="不采纳微心愿",
    response_model=WishMovedOut,
    responses=DECIDED,
    openapi_extra=needs(P.WISH_RUN),
)
async def reject_wish(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishReasonIn
) -> Wish:
    """It is not taken up, and the beneficiary is told why."""
    return await service.reject(session, actor, wish_id, body.reason)


@router.post(
    "/wishes/{wish_id}/publish",
    summary="公开征集微心愿",
    response_model=WishMovedOut,
    responses=DECIDED,
    openapi_extra=needs(P.WISH_RUN),
)
async def publish_wish(session: SessionDep, actor: ActorDep, wish_id: UUID) -> Wish:
    """It is on the public board, without its beneficiary."""
    return await service.publish(session, actor, wish_id)


@router.post(
    "/wishes/{wish_id}/withdraw",
    summary="撤回微心愿",
    response_model=WishMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.WISH_OWN),
)
async def withdraw_wish(session: SessionDep, actor: ActorDep, wish_id: UUID) -> Wish:
    """I do not want it any more; nobody has claimed it."""
    return await service.withdraw(session, actor, wish_id)


@router.post(
    "/wishes/{wish_id}/take-down",
    summary="下架微心愿",
    response_model=WishMovedOut,
    responses=DECIDED,
    openapi_extra=needs(P.WISH_RUN),
)
async def take_down_wish(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishReasonIn
) -> Wish:
    """It is on no board any more; nobody has claimed it."""
    return await service.take_down(session, actor, wish_id, body.reason)
