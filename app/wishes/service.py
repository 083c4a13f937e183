"""Wishes: getting one for change, its steps with history and fact; what the community decides.

The wish is locked before everything that hangs on it; so a claim has no lock of its own.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock
from app.core.errors import Conflict, Invalid, Stale
from app.lifecycle import BadTransition
from app.models.wish import Wish, WishClaim, WishClaimStatus, WishStatus, WishStep
from app.needs import service as needs
from app.permissions import Actor, Permission
from app.policies import service as policies
from app.rows import get_row
from app.wishes import limits
from app.wishes.events import WishMoved
from app.wishes.lifecycle import (
    CHANGED,
    CLAIM,
    ENDS_CLAIM,
    WAITING,
    WISH,
    WishAction,
)
from app.wishes.schemas import WishChange, WishVerifyIn

P, A, S = Permission, WishAction, WishStatus
ANSWER_DAYS = "orders.acceptance_days"
DAY = timedelta(days=1)
EDITABLE = (S.VERIFIED, S.OPEN)


class OwnWish(Conflict):
    """Nobody verifies, fulfils or closes his own wish."""

    code, title = "own_wish", "本人的心愿，须由他人办理"


async def get(
    session: AsyncSession, actor: Actor, wish_id: UUID, *permissions: Permission
) -> tuple[Wish, list[str]]:
    """The wish, locked, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    return await get_row(
        session,
        actor,
        Wish,
        wish_id,
        seen=(P.WISH_READ, P.WISH_ANSWER_FOR),
        asked=(P.WISH_OWN, P.WISH_RUN, P.WISH_ANSWER_FOR, P.WISH_SERVE),
        needed=permissions,
    )


async def get_others(session: AsyncSession, actor: Actor, wish_id: UUID) -> tuple[Wish, list[str]]:
    """As `get`, for the staff of the community that decides about it.

    Raises:
        NotFound, Forbidden: as every step.
        OwnWish: see there.
    """
    wish, granted = await get(session, actor, wish_id, P.WISH_RUN)
    if wish.requester_id == actor.person_id:
        raise OwnWish
    return wish, granted


async def verify(session: AsyncSession, actor: Actor, wish_id: UUID, body: WishVerifyIn) -> Wish:
    """The wish is genuine, within the limits, and has its public text.

    Raises:
        NotFound, Forbidden, BadTransition, OwnWish: as every decision.
        WishLimit: the beneficiary has another this year.
        Invalid: no value, or too high a one; a minor without a guardian; a public text that names
            somebody.
    """
    wish, granted = await get_others(session, actor, wish_id)
    said = await limits.rules(session)
    value_yuan = wish.value_yuan if body.value_yuan is None else body.value_yuan
    if value_yuan is None:
        raise Invalid.field("/value_yuan", "value_required", "请填写估价")
    limits.check_value(said, wish.kind, value_yuan)
    limits.agree_for_minor(wish, body.is_for_minor, body.guardian_agrees)
    limits.check_title(wish, body.title)
    await limits.check_frequency(
        session,
        said,
        requester_id=wish.requester_id,
        resident_id=wish.resident_id,
        phone_hash=wish.phone_hash,
        wish_id=wish.id,
    )
    wish.title, wish.value_yuan = body.title, value_yuan
    await moved(session, actor, wish, A.VERIFY, granted)
    if body.publish:
        wish.published_at = clock.now()
        await moved(session, actor, wish, A.PUBLISH, granted)
    return wish


async def publish(session: AsyncSession, actor: Actor, wish_id: UUID) -> Wish:
    """The wish is on the public board, without its beneficiary. Errors as every decision."""
    wish, granted = await get_others(session, actor, wish_id)
    wish.published_at = clock.now()
    await moved(session, actor, wish, A.PUBLISH, granted)
    return wish


async def reject(session: AsyncSession, actor: Actor, wish_id: UUID, reason: str) -> Wish:
    """The wish is not taken up, and its beneficiary is told why. Errors as every decision."""
    return await _decide(session, actor, wish_id, A.REJECT, reason)


async def withdraw(session: AsyncSession, actor: Actor, wish_id: UUID) -> Wish:
    """The beneficiary does not want it any more; nobody has claimed it. Errors as every step."""
    wish, granted = await get(session, actor, wish_id)
    await moved(session, actor, wish, A.WITHDRAW, granted)
    return wish


async def take_down(session: AsyncSession, actor: Actor, wish_id: UUID, reason: str) -> Wish:
    """The wish is on no board any more; nobody has claimed it. Errors as every decision."""
    return await _decide(session, actor, wish_id, A.TAKE_DOWN, reason)


async def change(session: AsyncSession, actor: Actor, wish_id: UUID, body: WishChange) -> Wish:
    """Its public text and value are as the community says now.

    Raises:
        NotFound, Forbidden, OwnWish: as every decision.
        Stale: somebody else has changed it.
        BadTransition: not verified yet, or claimed already.
        Invalid: too high a value; a public text that names somebody.
    """
    wish, _ = await get_others(session, actor, wish_id)
    if wish.version != body.version:
        raise Stale
    if wish.status not in EDITABLE:
        raise BadTransition
    new = body.model_dump(exclude_unset=True, exclude={"version"})
    limits.check_value(await limits.rules(session), wish.kind, new.get("value_yuan"))
    limits.check_title(wish, new.get("title", ""))
    changed = [name for name, value in new.items() if getattr(wish, name) != value]
    for name in changed:
        setattr(wish, name, new[name])
    tell(session, actor, wish, CHANGED, wish.status, reason=",".join(changed) or None)
    await session.flush()
    return wish


async def claim_of(
    session: AsyncSession, wish: Wish, status: WishClaimStatus = WishClaimStatus.ACTIVE
) -> WishClaim:
    """The claim that holds the wish, or has fulfilled it; it is locked with the wish.

    Raises:
        BadTransition: there is none.
    """
    found = await session.scalar(
        select(WishClaim).where(WishClaim.wish_id == wish.id, WishClaim.status == status)
    )
    if found is None:
        raise BadTransition
    return found


async def moved(
    session: AsyncSession,
    actor: Actor,
    wish: Wish,
    action: WishAction,
    granted: list[str] | None,
    *,
    claim: WishClaim | None = None,
    minutes: int | None = None,
    reason: str | None = None,
) -> None:
    """The wish took a step, and with it its claim: status, clocks, history, fact.

    `granted` None: the house itself takes it.
    """
    clocks = await _clocks(session, wish, WISH.steps[action].target)
    if granted is None:
        left = WISH.advance(wish, action, reason=reason)
    else:
        left = WISH.move(wish, action, granted, reason=reason)
    if claim is not None and action in ENDS_CLAIM:
        CLAIM.advance(claim, ENDS_CLAIM[action])
    wish.due_at, wish.remind_at, wish.erase_at = clocks
    tell(session, actor, wish, action, left, claim=claim, minutes=minutes, reason=reason)
    await session.flush()


def tell(
    session: AsyncSession,
    actor: Actor,
    wish: Wish,
    action: str,
    left: WishStatus | None,
    *,
    claim: WishClaim | None = None,
    minutes: int | None = None,
    reason: str | None = None,
) -> None:
    """History and fact of a step; the caller flushes."""
    session.add(
        WishStep(
            wish_id=wish.id,
            wish_claim_id=claim and claim.id,
            minutes=minutes,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=wish.status,
            reason=reason,
        )
    )
    events.record(
        session,
        WishMoved(
            wish_id=wish.id,
            wish_claim_id=claim and claim.id,
            requester_id=wish.requester_id,
            action=action,
            status=wish.status,
        ),
    )


class Clocks(NamedTuple):
    """The instants at which something is due of a wish, as its columns say."""

    due_at: datetime | None = None
    remind_at: datetime | None = None
    erase_at: datetime | None = None


async def _clocks(session: AsyncSession, wish: Wish, status: WishStatus) -> Clocks:
    """The clocks of a status that the wish enters now; those of the one it leaves stop."""
    now = clock.now()
    if status in WAITING:
        return Clocks(remind_at=await needs.first_answer(session, wish.community_id))
    if status is S.DELIVERED:
        days = await policies.value(session, wish.community_id, ANSWER_DAYS)
        return Clocks(due_at=now + timedelta(days=days))
    if status is S.OPEN:
        return Clocks()
    said = await limits.rules(session)
    if status is S.CLAIMED:
        due = now + timedelta(days=said["claim_days"])
        return Clocks(due_at=due, remind_at=max(due - DAY, now))
    return Clocks(erase_at=now + timedelta(days=said["mask_after_days"]))


async def _decide(
    session: AsyncSession, actor: Actor, wish_id: UUID, action: WishAction, reason: str
) -> Wish:
    wish, granted = await get_others(session, actor, wish_id)
    await moved(session, actor, wish, action, granted, reason=reason)
    return wish
