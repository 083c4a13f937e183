"""Who is told of a wish: its beneficiary, who has claimed it, and the community on its turn."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Member, Registration
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.wish import Wish, WishClaim, WishStatus, WishStep
from app.notifications import service
from app.rules.words import TAKERS
from app.wishes.events import WishMoved
from app.wishes.leaving import REGISTRATION_OVER
from app.wishes.lifecycle import REMINDED, SUBMITTED, WishAction
from app.wishes.reading import PROTECTED

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
A = WishAction
AGAIN = "wish_open_again"
# action → message: to the beneficiary, to the claimer, to the community
FOR_RESIDENT: Mapping[str, str] = {
    SUBMITTED: "wish_received",
    A.REJECT: "wish_rejected",
    A.PUBLISH: "wish_published",
    A.CLAIM: "wish_claimed",
    A.CANCEL: AGAIN,
    A.REVOKE: AGAIN,
    A.EXPIRE: AGAIN,
    A.RELEASE: AGAIN,
    A.DELIVER: "wish_done_confirm",
    A.SEND_BACK: "wish_in_hand_again",
    A.SETTLE: "wish_settled",
    A.CLOSE: "wish_closed",
    A.TAKE_DOWN: "wish_taken_down",
}
FOR_CLAIMER: Mapping[str, str] = {
    A.CLAIM: "wish_claim_made",
    A.REVOKE: "wish_claim_over",
    A.EXPIRE: "wish_claim_over",
    A.RELEASE: "wish_claim_over",
    A.DROP: "wish_claim_over",
    A.CONFIRM: "wish_came_true",
    A.SETTLE: "wish_came_true",
    A.SEND_BACK: "wish_sent_back",
    REMINDED: "wish_due",
}
FOR_STAFF: Mapping[str, str] = {
    SUBMITTED: "wish_waiting",
    REMINDED: "wish_waiting",
    A.CANCEL: "wish_unclaimed",
    A.EXPIRE: "wish_unclaimed",
    A.RELEASE: "wish_unclaimed",
    A.DENY: "wish_undecided",
    A.SILENCE: "wish_undecided",
    A.CONFIRM: "wish_to_close",
    A.WITHDRAW: "wish_withdrawn",
    A.DROP: "wish_withdrawn",
}
# Why a claim is over, where nobody has said so himself.
REASONS: Mapping[str, str] = {A.EXPIRE: "认领期已满", A.DROP: "居民已撤回心愿"}
REGISTRATION = "报到已结束"


async def on_wish_moved(session: AsyncSession, fact: int, event: WishMoved) -> None:
    """The beneficiary learns what becomes of the wish, the claimer of his claim, the community when
    it is its turn or the wish is without a claim again."""
    wish = await session.get_one(Wish, event.wish_id)
    claim = await session.get(WishClaim, event.wish_claim_id) if event.wish_claim_id else None
    subject = ("wish", wish.id)
    words = {
        "wish": wish.title or wish.number,
        "due": wish.due_at,
        "reason": await _why(session, wish.id, event.action),
        "who": await _who(session, claim) if claim else None,
    }
    if event.action in FOR_RESIDENT:
        message, resident = FOR_RESIDENT[event.action], [event.requester_id]
        await service.tell(session, fact, message, resident, subject, **words)
    if claim and event.action in FOR_CLAIMER:
        people, theirs = await _claimers(session, claim), ("wish_claim", claim.id)
        await service.tell(session, fact, FOR_CLAIMER[event.action], people, theirs, **words)
    if event.action in FOR_STAFF and event.status != WishStatus.CLAIMED:
        staff = await service.holders(session, wish.community_id, *STAFF)
        words["wish"] = wish.number
        await service.tell(session, fact, FOR_STAFF[event.action], staff, subject, **words)


async def _claimers(session: AsyncSession, claim: WishClaim) -> set[UUID]:
    """The member; of a unit's claim, who made it and who speaks for the unit today."""
    if claim.organization_id is None:
        return {claim.person_id}
    return {claim.person_id} | await service.holders(session, claim.organization_id, *TAKERS)


async def _who(session: AsyncSession, claim: WishClaim) -> str:
    """A unit by its name, a member by the surname; a protected one not even so."""
    if claim.organization_id is not None:
        return (await session.get_one(Organization, claim.organization_id)).name
    found = await session.execute(
        select(Person.name, Member.is_protected)
        .select_from(Person)
        .join(Registration, Registration.id == claim.registration_id)
        .join(Member, Member.id == Registration.member_id)
        .where(Person.id == claim.person_id)
    )
    name, is_protected = found.one()
    return PROTECTED if is_protected else f"{(name or '—')[:1]}同志"


async def _why(session: AsyncSession, wish_id: UUID, action: str) -> str | None:
    """What was said with the last such step, in words."""
    if action in REASONS:
        return REASONS[action]
    reason = await session.scalar(
        select(WishStep.reason)
        .where(WishStep.wish_id == wish_id, WishStep.action == action)
        .order_by(WishStep.id.desc())
        .limit(1)
    )
    return REGISTRATION if reason == REGISTRATION_OVER else reason
