"""Claims on wishes (认领): made, given up, delivered; the answer, and the end (销号)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.core.schemas import Text
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.wish import Wish
from app.needs.acceptance import OwnWork
from app.organizations.units import NotOfCommunity
from app.permissions import Permission as P
from app.wishes import answers as wish_answers
from app.wishes import claims, contact, reading
from app.wishes.claims import WishTaken
from app.wishes.contact import WishContactClosed
from app.wishes.schemas import (
    DeliverIn,
    WishAnswerForIn,
    WishAnswerIn,
    WishCancelIn,
    WishClaimIn,
    WishClaimLine,
    WishCloseIn,
    WishContactOut,
    WishMovedOut,
    WishReasonIn,
)
from app.wishes.service import OwnWish

router = Room(prefix="/api/v1", tags=["wishes"], route_class=KeyedRoute)

SEEN = answers(NotFound, Forbidden)
MOVED = answers(NotFound, Forbidden, BadTransition)
DECIDED = answers(NotFound, Forbidden, BadTransition, OwnWish)
JUDGED = answers(NotFound, Forbidden, OwnWork, BadTransition, OwnWish)


@router.get(
    "/organizations/{organization_id}/wish-claims",
    summary="支部认领的微心愿",
    response_model=Page[WishClaimLine],
    responses=SEEN,
    openapi_extra=needs(P.BRANCH_TAKE),
)
async def list_unit_wish_claims(
    reader: ReadDep, actor: ActorDep, paging: PagingDep, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """What a branch, group or employer has claimed, the latest first."""
    return await reading.page_of_unit(reader, actor, paging, organization_id)


@router.get("/me/wish-claims", summary="我认领的微心愿", response_model=Page[WishClaimLine])
async def list_my_wish_claims(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """My claims with their wishes, the latest first."""
    return await reading.page_of_claims(reader, actor, paging)


@router.get(
    "/wishes/{wish_id}/contact",
    summary="查看受益人联系方式",
    response_model=WishContactOut,
    responses=answers(NotFound, Forbidden, WishContactClosed),
    openapi_extra=needs(P.WISH_SERVE, P.WISH_RUN),
)
async def get_wish_contact(
    session: SessionDep,
    actor: ActorDep,
    wish_id: UUID,
    reason: Annotated[
        Annotated[str, Text(200)] | None,
        Query(description="Needed by the community's staff; the claimer needs none."),
    ] = None,
) -> dict[str, Any]:
    """Name, phone and door for the living claimer, in his time; logged, the beneficiary sees it."""
    return await contact.show(session, actor, wish_id, reason)


@router.post(
    "/wishes/{wish_id}/claim",
    summary="认领微心愿",
    response_model=WishMovedOut,
    responses=answers(NotFound, Forbidden, NotOfCommunity, OwnWish, WishTaken),
    openapi_extra=needs(P.WISH_CLAIM),
)
async def claim_wish(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishClaimIn
) -> Wish:
    """I fulfil it, or the unit for which I speak does; of two at once, one has it."""
    return await claims.claim(session, actor, wish_id, body)


@router.post(
    "/wishes/{wish_id}/cancel",
    summary="放弃认领",
    response_model=WishMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.WISH_SERVE),
)
async def cancel_wish_claim(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishCancelIn
) -> Wish:
    """I cannot fulfil it after all; it is open again."""
    return await claims.cancel(session, actor, wish_id, body.reason)


@router.post(
    "/wishes/{wish_id}/revoke",
    summary="收回认领",
    response_model=WishMovedOut,
    responses=DECIDED,
    openapi_extra=needs(P.WISH_RUN),
)
async def revoke_wish_claim(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishReasonIn
) -> Wish:
    """The claim is taken back before anything is delivered; the wish is open again."""
    return await claims.revoke(session, actor, wish_id, body.reason)


@router.post(
    "/wishes/{wish_id}/deliver",
    summary="心愿已送达",
    response_model=WishMovedOut,
    responses=answers(NotFound, Forbidden, BadTransition, OwnWish),
    openapi_extra=needs(P.WISH_SERVE),
)
async def deliver_wish(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: DeliverIn
) -> Wish:
    """It has been handed over or done, and the beneficiary is asked."""
    return await claims.deliver(session, actor, wish_id, body)


@router.post(
    "/wishes/{wish_id}/answer",
    summary="确认心愿结果",
    response_model=WishMovedOut,
    responses=MOVED,
    openapi_extra=needs(P.WISH_OWN),
)
async def answer_wish(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishAnswerIn
) -> Wish:
    """Whether it came true: yes, partly, or no, and then the community decides."""
    return await wish_answers.answer(session, actor, wish_id, body)


@router.post(
    "/wishes/{wish_id}/answer-for",
    summary="代为确认心愿结果",
    response_model=WishMovedOut,
    responses=answers(NotFound, Forbidden, OwnWork, BadTransition),
    openapi_extra=needs(P.WISH_ANSWER_FOR),
)
async def answer_wish_for(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishAnswerForIn
) -> Wish:
    """The answer of somebody without a phone, by somebody who neither claimed nor organised it."""
    return await wish_answers.answer_for(session, actor, wish_id, body)


@router.post(
    "/wishes/{wish_id}/settle",
    summary="社区认定心愿实现",
    response_model=WishMovedOut,
    responses=JUDGED,
    openapi_extra=needs(P.WISH_RUN),
)
async def settle_wish(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishReasonIn
) -> Wish:
    """The beneficiary was silent or not content; the community has looked, and it has come true."""
    return await wish_answers.settle(session, actor, wish_id, body.reason)


@router.post(
    "/wishes/{wish_id}/send-back",
    summary="请认领人继续完成",
    response_model=WishMovedOut,
    responses=JUDGED,
    openapi_extra=needs(P.WISH_RUN),
)
async def send_wish_back(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishReasonIn
) -> Wish:
    """It has not come true yet; the claimer has his time again."""
    return await wish_answers.send_back(session, actor, wish_id, body.reason)


@router.post(
    "/wishes/{wish_id}/close",
    summary="微心愿销号",
    response_model=WishMovedOut,
    responses=JUDGED,
    openapi_extra=needs(P.WISH_RUN),
)
async def close_wish(
    session: SessionDep, actor: ActorDep, wish_id: UUID, body: WishCloseIn
) -> Wish:
    """It is done with; what a member did for it stands in his records."""
    return await wish_answers.close(session, actor, wish_id, body.minutes)
