"""Who is told of a claim on a post."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Member, Registration
from app.models.person import Role
from app.models.post import Claim, ClaimStep, Post, PostStep
from app.notifications import service
from app.posts.events import ClaimMoved
from app.posts.leaving import POST_CLOSED
from app.posts.lifecycle import CLAIMED, REMINDED, ClaimAction, PostAction

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
A = ClaimAction
# action → message: to the member, to the community
FOR_MEMBER = {
    A.APPROVE: "claim_approved",
    A.REJECT: "claim_rejected",
    A.LET_GO: "exit_done",
    A.KEEP: "exit_kept",
    A.DISMISS: "claim_dismissed",
    A.COMPLETE: "claim_completed",
    A.END: "claim_ended",
}
FOR_STAFF = {CLAIMED: "claim_waiting", REMINDED: "claim_waiting", A.ASK_EXIT: "exit_waiting"}
REGISTRATION = "报到已结束"


async def on_claim_moved(session: AsyncSession, fact: int, event: ClaimMoved) -> None:
    """The community learns that somebody waits, the member what became of it and why.

    Of a protected member the secretary is told alone.
    """
    subject = ("claim", event.claim_id)
    row = await _read(session, event.claim_id)
    words = {"post": row.title, "reason": await _why(session, row.Claim, event.action)}
    if event.action in FOR_STAFF:
        roles = STAFF[:1] if row.is_protected else STAFF
        people = await service.holders(session, row.Claim.community_id, *roles)
        message, due = FOR_STAFF[event.action], row.Claim.due_at
        await service.tell(session, fact, message, people, subject, due=due, **words)
    elif event.action in FOR_MEMBER:
        message = FOR_MEMBER[ClaimAction(event.action)]
        await service.tell(session, fact, message, [event.person_id], subject, **words)


async def _read(session: AsyncSession, claim_id: UUID) -> Any:
    found = await session.execute(
        select(Claim, Post.title, Member.is_protected)
        .join(Post, Post.id == Claim.post_id)
        .join(Registration, Registration.id == Claim.registration_id)
        .join(Member, Member.id == Registration.member_id)
        .where(Claim.id == claim_id)
    )
    return found.one()


async def _why(session: AsyncSession, row: Claim, action: str) -> str | None:
    """The reason in words; where the post was closed, why it was."""
    reason = await session.scalar(
        select(ClaimStep.reason)
        .where(ClaimStep.claim_id == row.id, ClaimStep.action == action)
        .order_by(ClaimStep.id.desc())
        .limit(1)
    )
    if action != A.END:
        return reason
    if reason != POST_CLOSED:
        return REGISTRATION
    return await session.scalar(
        select(PostStep.reason)
        .where(PostStep.post_id == row.post_id, PostStep.action == PostAction.CLOSE)
        .limit(1)
    )
