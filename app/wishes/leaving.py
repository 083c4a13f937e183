"""What becomes of wishes when their beneficiary no longer agrees or is gone, and of claims when the
member is not registered there any more."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.events import AccountClosed, ConsentWithdrawn, PhoneRevoked
from app.members.applications import CORE as MEMBERS
from app.members.events import RegistrationMoved
from app.models.member import Registration, RegistrationStatus
from app.models.wish import Wish, WishClaim, WishClaimStatus, WishStatus, WishStep
from app.needs.leaving import CLEARS, ERASED
from app.needs.submissions import CORE
from app.permissions import Actor
from app.wishes import service
from app.wishes.lifecycle import WISH, WishAction

REGISTRATION_OVER = "registration_ended"
DROPPABLE = WISH.steps[WishAction.DROP].sources


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Only what the purpose was for ends; with the residents' purpose, every wish; with the
    members', what the member said in his own words."""
    if event.purpose == MEMBERS:
        await _forget_words(session, event.person_id)
    elif event.purpose == CORE:
        await _leave(session, event.person_id)
    elif event.purpose in CLEARS:
        await _clear(session, event.person_id, **CLEARS[event.purpose])


async def on_phone_revoked(session: AsyncSession, fact_number: int, event: PhoneRevoked) -> None:
    """The phone may no longer be kept; the wish goes on without it."""
    await _clear(session, event.person_id, contact_phone=None, phone_hash=None, shares_phone=False)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """Nobody waits for the wishes of a closed account, and nothing that was said is kept."""
    await _leave(session, event.person_id)
    await _forget_words(session, event.person_id)


async def on_registration_moved(
    session: AsyncSession, fact_number: int, event: RegistrationMoved
) -> None:
    """Who is not registered here any more fulfils no wish here that he has not delivered.

    Who has only changed his employer goes on, under his new registration.
    """
    if event.status != RegistrationStatus.ENDED:
        return
    wishes = await session.scalars(
        select(Wish)
        .join(WishClaim, WishClaim.wish_id == Wish.id)
        .where(
            WishClaim.registration_id == event.registration_id,
            WishClaim.status == WishClaimStatus.ACTIVE,
            Wish.status == WishStatus.CLAIMED,
        )
        .order_by(Wish.id)
        .with_for_update(of=Wish)
    )
    for wish in wishes.all():
        claim = await service.claim_of(session, wish)
        next_id = await session.scalar(
            select(Registration.id).where(
                Registration.person_id == claim.person_id,
                Registration.community_id == wish.community_id,
                Registration.status == RegistrationStatus.ACTIVE,
            )
        )
        if next_id is not None:
            claim.registration_id = next_id
            await session.flush()
            continue
        await service.moved(
            session,
            Actor.system(),
            wish,
            WishAction.RELEASE,
            None,
            claim=claim,
            reason=REGISTRATION_OVER,
        )


async def _leave(session: AsyncSession, person_id: UUID) -> None:
    """Wishes of which nothing is delivered yet are withdrawn; of all of them, what happened stays."""
    wishes = await session.scalars(
        select(Wish)
        .where(Wish.requester_id == person_id, Wish.status.in_(DROPPABLE))
        .order_by(Wish.id)
        .with_for_update()
    )
    for wish in wishes.all():
        is_claimed = wish.status is WishStatus.CLAIMED
        claim = await service.claim_of(session, wish) if is_claimed else None
        await service.moved(session, Actor.system(), wish, WishAction.DROP, None, claim=claim)
    await _clear(
        session,
        person_id,
        words=ERASED,
        contact_name=None,
        contact_phone=None,
        phone_hash=None,
        door=None,
        shares_phone=False,
    )


async def _clear(session: AsyncSession, person_id: UUID, **values: Any) -> None:
    await session.execute(update(Wish).where(Wish.requester_id == person_id).values(**values))


async def _forget_words(session: AsyncSession, person_id: UUID) -> None:
    await session.execute(
        update(WishClaim).where(WishClaim.delivered_by_id == person_id).values(evidence=None)
    )
    await session.execute(
        update(WishStep)
        .where(WishStep.actor_id == person_id, WishStep.action == WishAction.CANCEL)
        .values(reason=None)
    )
