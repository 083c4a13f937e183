"""Whether a wish has come true: the beneficiary says so, or somebody for him; else the community
decides, and closes it (销号).

Who claimed or delivered it says nothing here. Source: practice.md R10, R19; domain.md §3.4.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Invalid
from app.models.member import Registration
from app.models.wish import Wish, WishClaim, WishClaimStatus, WishStep
from app.needs.acceptance import OwnWork
from app.needs.schemas import Answer, NeedAnswerIn
from app.permissions import Actor, Permission
from app.policies import content
from app.records import service as records
from app.wishes import service
from app.wishes.lifecycle import HANDLING, WishAction
from app.wishes.schemas import WishAnswerForIn

P, A = Permission, WishAction
CATEGORY, NAME, PLACE = "micro_wish", "微心愿", "本社区"


async def answer(session: AsyncSession, actor: Actor, wish_id: UUID, body: NeedAnswerIn) -> Wish:
    """The beneficiary has said whether it came true: fulfilled, or the community decides.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        Invalid: a reason is missing or unknown.
    """
    wish, _ = await service.get(session, actor, wish_id, P.WISH_OWN)
    await _answered(session, actor, wish, body)
    return wish


async def answer_for(
    session: AsyncSession, actor: Actor, wish_id: UUID, body: WishAnswerForIn
) -> Wish:
    """As `answer`, entered for somebody without a phone, and marked so.

    Raises:
        OwnWork: the actor claimed, delivered or organised it.
    """
    wish, granted = await service.get(session, actor, wish_id, P.WISH_ANSWER_FOR)
    await content.require(session, "on_behalf.ways", body.way, pointer="/way")
    organised = await session.scalar(
        select(WishStep.id)
        .where(
            WishStep.wish_id == wish.id,
            WishStep.action.in_(HANDLING),
            WishStep.actor_id == actor.person_id,
        )
        .limit(1)
    )
    if organised is not None or P.WISH_SERVE in granted:
        raise OwnWork
    claim = await _answered(session, actor, wish, body)
    claim.on_behalf_way = body.way
    await session.flush()
    return wish


async def settle(session: AsyncSession, actor: Actor, wish_id: UUID, reason: str) -> Wish:
    """The community has looked into it, and the wish has come true.

    Raises:
        NotFound, Forbidden, BadTransition, OwnWish: as every decision.
        OwnWork: the actor claimed or delivered it.
    """
    return await _decide(session, actor, wish_id, A.SETTLE, reason)


async def send_back(session: AsyncSession, actor: Actor, wish_id: UUID, reason: str) -> Wish:
    """It has not come true yet: the claimer has the tenant's time again. Errors as for `settle`."""
    return await _decide(session, actor, wish_id, A.SEND_BACK, reason)


async def close(session: AsyncSession, actor: Actor, wish_id: UUID, minutes: int | None) -> Wish:
    """The wish is done with; what a member did for it stands in his records.

    A unit's claim leaves no record of a person.

    Raises:
        NotFound, Forbidden, BadTransition, OwnWish: as every decision.
        OwnWork: the actor claimed or delivered it.
        Invalid: more minutes than a day may have.
    """
    wish, granted = await service.get_others(session, actor, wish_id)
    claim, registration = await _fulfilled(session, wish)
    _check_others(actor, claim)
    if registration is None:
        await service.moved(session, actor, wish, A.CLOSE, granted, claim=claim)
        return wish
    served = (claim.declared_minutes if minutes is None else minutes) or 0
    await service.moved(session, actor, wish, A.CLOSE, granted, claim=claim, minutes=served)
    await _record(session, actor, wish, claim, registration, served)
    return wish


async def _answered(
    session: AsyncSession, actor: Actor, wish: Wish, body: NeedAnswerIn
) -> WishClaim:
    claim = await service.claim_of(session, wish)
    action = A.DENY if body.answer is Answer.UNSOLVED else A.CONFIRM
    if body.answer is not Answer.SOLVED:
        if body.reason_code is None:
            raise Invalid.field("/reason_code", "reason_required", "请说明原因")
        await content.require(
            session, "acceptance.reasons_if_not_solved", body.reason_code, pointer="/reason_code"
        )
    _check_others(actor, claim)
    await service.moved(session, actor, wish, action, None, claim=claim, reason=body.reason_code)
    claim.answer, claim.answer_reason = body.answer, body.reason_code
    claim.answered_at, claim.answered_by_id = clock.now(), actor.person_id
    await session.flush()
    return claim


async def _decide(
    session: AsyncSession, actor: Actor, wish_id: UUID, action: WishAction, reason: str
) -> Wish:
    wish, granted = await service.get_others(session, actor, wish_id)
    claim = await service.claim_of(session, wish)
    if P.WISH_SERVE in granted:
        raise OwnWork
    _check_others(actor, claim)
    await service.moved(session, actor, wish, action, granted, claim=claim, reason=reason)
    return wish


def _check_others(actor: Actor, claim: WishClaim) -> None:
    if actor.person_id in (claim.person_id, claim.delivered_by_id):
        raise OwnWork


async def _fulfilled(session: AsyncSession, wish: Wish) -> tuple[WishClaim, Registration | None]:
    """The claim that fulfilled the wish, and the member's registration, locked: two services of one
    day are counted one after the other.

    Raises:
        BadTransition: nobody has fulfilled it.
    """
    status = WishClaimStatus.FULFILLED
    found = await session.execute(
        select(WishClaim, Registration)
        .join(Registration, Registration.id == WishClaim.registration_id)
        .where(WishClaim.wish_id == wish.id, WishClaim.status == status)
        .with_for_update(of=Registration, key_share=True)
    )
    row = found.first()
    if row is not None:
        return row.WishClaim, row.Registration
    return await service.claim_of(session, wish, status), None


async def _record(
    session: AsyncSession,
    actor: Actor,
    wish: Wish,
    claim: WishClaim,
    registration: Registration,
    minutes: int,
) -> None:
    """The member's record of the day of the delivery, approved by who closes the wish."""
    done = records.Service(
        source=("wish", claim.id),
        community_id=wish.community_id,
        category=CATEGORY,
        title=wish.title or NAME,
        place=PLACE,
        served_on=clock.local_day(claim.delivered_at or clock.now()),
    )
    await records.add(session, actor, [records.form(registration, done, minutes)])
