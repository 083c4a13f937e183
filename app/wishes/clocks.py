"""What time does to a wish: a claim expires, silence is decided about, nothing is kept for ever."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.deadlines import Deadline
from app.models.wish import Wish, WishClaim, WishStatus
from app.needs import service as needs
from app.needs.leaving import ERASED
from app.permissions import Actor
from app.wishes import service
from app.wishes.lifecycle import REMINDED, WAITING, WishAction


async def lapse(session: AsyncSession, wish: Wish) -> None:
    """The claimer's time is over and the wish open again; or nobody has confirmed a delivery, and
    the community decides."""
    is_claimed = wish.status is WishStatus.CLAIMED
    action = WishAction.EXPIRE if is_claimed else WishAction.SILENCE
    claim = await service.claim_of(session, wish)
    await service.moved(session, Actor.system(), wish, action, None, claim=claim)


async def remind(session: AsyncSession, wish: Wish) -> None:
    """Whose turn it is is told: the community, again after as many workdays; or, once, the claimer
    on the day before his time is over."""
    claim = None
    if wish.status in WAITING:
        wish.remind_at = await needs.first_answer(session, wish.community_id)
    else:
        claim = await service.claim_of(session, wish)
    service.tell(session, Actor.system(), wish, REMINDED, wish.status, claim=claim)


async def erase(session: AsyncSession, wish: Wish) -> None:
    """Nothing that names the beneficiary, or is in his own words, is kept.

    The hash of the phone stays: once a year remains once a year. Source: domain.md §5.8.
    """
    wish.words = ERASED
    wish.contact_name = wish.contact_phone = wish.door = None
    await session.execute(
        update(WishClaim).where(WishClaim.wish_id == wish.id).values(evidence=None)
    )


DEADLINES = (
    Deadline(Wish, lapse),
    Deadline(Wish, remind, "remind_at"),
    Deadline(Wish, erase, "erase_at"),
)
