"""Claims (认领) on wishes: one lives at a time, which the database holds; delivered, or given up.

Source: domain.md §3.4.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import AppError, Conflict, Invalid, NotFound
from app.models.member import Registration, RegistrationStatus
from app.models.wish import Wish, WishClaim, WishStatus
from app.organizations import units
from app.permissions import Actor, Permission, grants, require
from app.wishes import service
from app.wishes.lifecycle import PUBLIC, WishAction
from app.wishes.schemas import DeliverIn, WishClaimIn
from app.wishes.service import OwnWish

P, A = Permission, WishAction


class WishTaken(Conflict):
    """Somebody else was first: a wish has one living claim."""

    code, title = "wish_taken", "该心愿已被认领"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_wish_claims_live": WishTaken}


async def claim(session: AsyncSession, actor: Actor, wish_id: UUID, body: WishClaimIn) -> Wish:
    """The actor, or the unit for which he speaks, fulfils the wish within the tenant's time.

    Raises:
        NotFound: no wish of a public board.
        Forbidden: neither a registered member of its community nor speaking for a unit there.
        OwnWish, WishTaken, NotOfCommunity: see there.
        Invalid: no unit that takes; none named by who is no member himself.
    """
    row = (
        await session.execute(
            select(Wish, grants(P.WISH_CLAIM))
            .where(Wish.id == wish_id, Wish.status.in_(PUBLIC))
            .with_for_update(of=Wish),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, P.WISH_CLAIM)
    wish: Wish = row.Wish
    if wish.requester_id == actor.person_id:
        raise OwnWish
    if wish.status is not WishStatus.OPEN:
        raise WishTaken
    made = WishClaim(wish_id=wish.id, person_id=actor.person_id)
    if body.organization_id is None:
        made.registration_id = await _registration(session, actor, wish)
    else:
        unit = await units.get(session, actor, wish.community_id, body.organization_id)
        made.organization_id = unit.id
    session.add(made)
    await session.flush()
    await service.moved(session, actor, wish, A.CLAIM, row.grants, claim=made)
    return wish


async def cancel(session: AsyncSession, actor: Actor, wish_id: UUID, reason: str | None) -> Wish:
    """The claimer gives it up, and the wish is open again. Errors as every step."""
    wish, granted = await service.get(session, actor, wish_id, P.WISH_SERVE)
    found = await service.claim_of(session, wish)
    await service.moved(session, actor, wish, A.CANCEL, granted, claim=found, reason=reason)
    return wish


async def revoke(session: AsyncSession, actor: Actor, wish_id: UUID, reason: str) -> Wish:
    """The community takes the claim back before anything is delivered; the wish is open again.

    Raises:
        NotFound, Forbidden, BadTransition, OwnWish: as every decision.
    """
    wish, granted = await service.get_others(session, actor, wish_id)
    found = await service.claim_of(session, wish)
    await service.moved(session, actor, wish, A.REVOKE, granted, claim=found, reason=reason)
    return wish


async def deliver(session: AsyncSession, actor: Actor, wish_id: UUID, body: DeliverIn) -> Wish:
    """It has been handed over or done, and the beneficiary is asked.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        OwnWish: the beneficiary speaks for the unit that claimed it.
    """
    wish, granted = await service.get(session, actor, wish_id, P.WISH_SERVE)
    if wish.requester_id == actor.person_id:
        raise OwnWish
    found = await service.claim_of(session, wish)
    await service.moved(session, actor, wish, A.DELIVER, granted, claim=found)
    found.delivered_at, found.delivered_by_id = clock.now(), actor.person_id
    found.evidence, found.declared_minutes = body.evidence, body.minutes
    found.answer = found.answer_reason = None  # to an earlier delivery; the history has it
    await session.flush()
    return wish


async def _registration(session: AsyncSession, actor: Actor, wish: Wish) -> UUID:
    """Under which the actor claims; it does not end meanwhile."""
    found = await session.scalar(
        select(Registration.id)
        .where(
            Registration.person_id == actor.person_id,
            Registration.community_id == wish.community_id,
            Registration.status == RegistrationStatus.ACTIVE,
        )
        .with_for_update(key_share=True)
    )
    if found is None:
        raise Invalid.field("/organization_id", "unit_required", "请选择以哪个支部的名义认领")
    return found
