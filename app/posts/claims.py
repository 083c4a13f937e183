"""Claims (认领): asked for, answered, given up, ended; a place is held while one serves.

Whoever decides is never the member himself. Locked in this order: the claim, then its post, whose
places are counted by one statement; so two approvals of the last place end with one.
Source: domain.md §3.3.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, workdays
from app.core.errors import AppError, Conflict, Invalid, NotFound
from app.deadlines import Deadline
from app.lifecycle import BadTransition
from app.members import qualifications
from app.models.member import Member, Registration, RegistrationStatus
from app.models.post import HOLDING, LIVING, Claim, ClaimStatus, ClaimStep, Post, PostStatus
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content
from app.policies import service as policies
from app.posts import service
from app.posts.events import ClaimMoved
from app.posts.lifecycle import CLAIM, CLAIMED, REMINDED, ClaimAction
from app.posts.schemas import ExitIn, PostClaimIn

P, B = Permission, ClaimAction
APPROVAL, ANSWER, MOST = (
    "posts.approval_workdays",
    "posts.exit_answer_workdays",
    "posts.max_live_claims",
)


class PostNotOpen(Conflict):
    """The post is not open for claims."""

    code, title = "post_not_open", "该岗位目前不能认领"


class PostFull(Conflict):
    """All places are held."""

    code, title = "post_full", "岗位人数已满"


class NotRegisteredHere(Conflict):
    """Only a registered member of the community serves on its posts."""

    code, title = "not_registered_here", "须为本社区已报到的党员"


class AlreadyClaimed(Conflict):
    """One living claim of a person on a post."""

    code, title = "already_claimed", "您已认领该岗位"


class ClaimLimit(Conflict):
    """So many posts at a time, so that each is really served."""

    code, title = "claim_limit", "同时认领的岗位已达上限"


class SkillMissing(Conflict):
    """The post wants one of its skills. Source: domain.md §3.3."""

    code, title = "skill_missing", "该岗位需要相应特长，请先在报到信息中补充"


class QualificationMissing(Conflict):
    """What needs a licence is done by who has one that was looked at. Source: domain.md §3.3."""

    code, title = "qualification_missing", "该岗位需要经核验且在有效期内的资质"


class OwnClaim(Conflict):
    """Nobody decides about his own service."""

    code, title = "own_claim", "本人的岗位事项，须由他人办理"


class AlreadyKept(Conflict):
    """A wish to leave is refused once at most: nobody is trapped by a post."""

    code, title = "already_kept", "已挽留过一次，不能再次拒绝退出"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_claims_living": AlreadyClaimed}


async def claim(session: AsyncSession, actor: Actor, post_id: UUID, body: PostClaimIn) -> Claim:
    """The actor has asked for a place; the community answers.

    Raises:
        NotFound: no such post for the actor.
        PostNotOpen, PostFull, NotRegisteredHere, SkillMissing, QualificationMissing, ClaimLimit,
            AlreadyClaimed: see there.
        Invalid: without the pledge that the post wants.
    """
    post = await session.scalar(
        select(Post)
        .where(Post.id == post_id, may(P.POST_READ))
        .with_for_update(read=True, of=Post),  # nobody closes it meanwhile
        actor.binds(),
    )
    if post is None:
        raise NotFound
    if post.status is not PostStatus.OPEN:
        raise PostNotOpen
    if post.taken >= post.headcount:
        raise PostFull
    registration = await _fitting(session, actor, post)
    if post.needs_pledge and not body.pledge:
        raise Invalid.field("/pledge", "pledge_required", "请先阅读并同意保密承诺")
    said = await policies.values(session, post.community_id, MOST, APPROVAL)
    living = select(func.count()).where(
        Claim.person_id == actor.person_id, Claim.status.in_(LIVING)
    )
    if (await session.scalar(living) or 0) >= said[MOST]:
        raise ClaimLimit
    row = Claim(
        post_id=post.id,
        community_id=post.community_id,
        person_id=actor.person_id,
        registration_id=registration.id,
        pledged_at=clock.now() if body.pledge else None,
        remind_at=workdays.after(clock.now(), said[APPROVAL]),
    )
    session.add(row)
    await session.flush()
    _tell(session, actor, row, CLAIMED, None)
    await session.flush()
    return row


async def approve(session: AsyncSession, actor: Actor, claim_id: UUID) -> Claim:
    """The member serves until the end of the term, and holds one place.

    Raises:
        NotFound, Forbidden, BadTransition: as every step; also when the post is closed.
        OwnClaim, PostFull, NotRegisteredHere, QualificationMissing, NotInsured: see there.
    """
    row, post, granted = await get_others(session, actor, claim_id)
    left = CLAIM.move(row, B.APPROVE, granted)
    service.check_insured(post)
    registration = await session.get_one(Registration, row.registration_id)
    if registration.status is not RegistrationStatus.ACTIVE:
        raise NotRegisteredHere
    if not await qualifications.has_one(session, registration.member_id, post.qualifications):
        raise QualificationMissing
    place = await session.scalar(
        update(Post)
        .where(Post.id == post.id, Post.status != PostStatus.CLOSED, Post.taken < Post.headcount)
        .values(taken=Post.taken + 1)
        .returning(Post.id)
    )
    if place is None:
        raise BadTransition if post.status is PostStatus.CLOSED else PostFull
    row.started_on = clock.today()
    row.term_ends_on = clock.months_after(row.started_on, post.term_months)
    await _moved(session, actor, row, B.APPROVE, left)
    row.due_at = clock.day_after(row.term_ends_on)
    await session.flush()
    return row


async def reject(session: AsyncSession, actor: Actor, claim_id: UUID, reason: str) -> Claim:
    """The member does not get the place, and is told why. Errors as every step; OwnClaim."""
    return await _decide(session, actor, claim_id, B.REJECT, reason)


async def withdraw(session: AsyncSession, actor: Actor, claim_id: UUID) -> Claim:
    """The member does not want the place any more. Errors as every step."""
    row, _, granted = await get(session, actor, claim_id)
    left = CLAIM.move(row, B.WITHDRAW, granted)
    await _moved(session, actor, row, B.WITHDRAW, left)
    return row


async def ask_exit(session: AsyncSession, actor: Actor, claim_id: UUID, body: ExitIn) -> Claim:
    """The member wants to leave; a community that is silent lets him go after the policy's time.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        Invalid: an unknown reason.
    """
    row, _, granted = await get(session, actor, claim_id)
    require(granted, P.CLAIM_OWN)
    await content.require(session, "claim_exit_reasons", body.reason_code, pointer="/reason_code")
    reason = body.reason_text or body.reason_code
    left = CLAIM.move(row, B.ASK_EXIT, granted, reason=reason)
    days = await policies.value(session, row.community_id, ANSWER)
    await _moved(session, actor, row, B.ASK_EXIT, left, reason)
    row.due_at = workdays.after(clock.now(), days)
    await session.flush()
    return row


async def let_go(
    session: AsyncSession, actor: Actor, claim_id: UUID, handover: str | None
) -> Claim:
    """The member has left; what is handed over stands in the history. Errors as for `reject`."""
    return await _decide(session, actor, claim_id, B.LET_GO, handover)


async def keep(session: AsyncSession, actor: Actor, claim_id: UUID, reason: str) -> Claim:
    """The member is asked to stay on, once.

    Raises:
        NotFound, Forbidden, BadTransition, OwnClaim: as every decision.
        AlreadyKept: see there.
    """
    row, _, granted = await get_others(session, actor, claim_id)
    left = CLAIM.move(row, B.KEEP, granted, reason=reason)
    if row.was_kept:
        raise AlreadyKept
    row.was_kept = True
    await _moved(session, actor, row, B.KEEP, left, reason)
    row.due_at = clock.day_after(row.term_ends_on) if row.term_ends_on else None
    await session.flush()
    return row


async def dismiss(session: AsyncSession, actor: Actor, claim_id: UUID, reason: str) -> Claim:
    """The member serves here no longer; nothing follows from it by itself. Errors as `reject`."""
    return await _decide(session, actor, claim_id, B.DISMISS, reason)


async def lapse(session: AsyncSession, row: Claim) -> None:
    """The term is over; or nobody has answered a wish to leave, and the member has left."""
    action = B.COMPLETE if row.status is ClaimStatus.SERVING else B.LET_GO
    left = CLAIM.advance(row, action)
    await _moved(session, Actor.system(), row, action, left)


async def remind(session: AsyncSession, row: Claim) -> None:
    """The community is reminded of a claim without an answer, again after as many workdays."""
    days = await policies.value(session, row.community_id, APPROVAL)
    row.remind_at = workdays.after(clock.now(), days)
    _tell(session, Actor.system(), row, REMINDED, row.status)


async def end(session: AsyncSession, rows: Sequence[Claim], reason: str) -> None:
    """These living claims, locked already, end with what they stood on."""
    for row in rows:
        left = CLAIM.advance(row, B.END, reason=reason)
        await _moved(session, Actor.system(), row, B.END, left, reason)


async def get(session: AsyncSession, actor: Actor, claim_id: UUID) -> tuple[Claim, Post, list[str]]:
    """The claim, locked, its post, and which of the claim's permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = (
        await session.execute(
            select(Claim, Post, grants(P.CLAIM_OWN, P.CLAIM_RUN))
            .join(Post, Post.id == Claim.post_id)
            .where(Claim.id == claim_id, may(P.CLAIM_READ))
            .with_for_update(of=Claim),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    return row.Claim, row.Post, row.grants


async def get_others(
    session: AsyncSession, actor: Actor, claim_id: UUID
) -> tuple[Claim, Post, list[str]]:
    """As `get`, for who decides about it.

    Raises:
        NotFound, Forbidden: as every step.
        OwnClaim: see there.
    """
    row, post, granted = await get(session, actor, claim_id)
    require(granted, P.CLAIM_RUN)
    if row.person_id == actor.person_id:
        raise OwnClaim
    return row, post, granted


async def _fitting(session: AsyncSession, actor: Actor, post: Post) -> Registration:
    """The actor's registration, locked, if he fits the post: his claims are made one by one."""
    found = (
        await session.execute(
            select(Registration, Member.skills)
            .join(Member, Member.id == Registration.member_id)
            .where(
                Registration.person_id == actor.person_id,
                Registration.community_id == post.community_id,
                Registration.status == RegistrationStatus.ACTIVE,
            )
            .with_for_update(of=Registration, key_share=True)
        )
    ).first()
    if found is None:
        raise NotRegisteredHere
    registration: Registration = found.Registration
    if post.skills and not set(post.skills) & {*registration.skills, *found.skills}:
        raise SkillMissing
    if not await qualifications.has_one(session, registration.member_id, post.qualifications):
        raise QualificationMissing
    return registration


async def _decide(
    session: AsyncSession, actor: Actor, claim_id: UUID, action: ClaimAction, reason: str | None
) -> Claim:
    row, _, granted = await get_others(session, actor, claim_id)
    left = CLAIM.move(row, action, granted, reason=reason)
    await _moved(session, actor, row, action, left, reason)
    return row


async def _moved(
    session: AsyncSession,
    actor: Actor,
    row: Claim,
    action: ClaimAction,
    left: ClaimStatus,
    reason: str | None = None,
) -> None:
    """What every step brings: its clocks stop, a place is free again, history and fact."""
    row.due_at = row.remind_at = None
    if row.status not in LIVING:
        row.ended_on = clock.today()
        if left in HOLDING:
            await session.execute(
                update(Post).where(Post.id == row.post_id).values(taken=Post.taken - 1)
            )
    _tell(session, actor, row, action, left, reason=reason)
    await session.flush()


def _tell(
    session: AsyncSession,
    actor: Actor,
    row: Claim,
    action: str,
    left: ClaimStatus | None,
    *,
    reason: str | None = None,
) -> None:
    session.add(
        ClaimStep(
            claim_id=row.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
            reason=reason,
        )
    )
    events.record(
        session,
        ClaimMoved(
            claim_id=row.id,
            post_id=row.post_id,
            person_id=row.person_id,
            action=action,
            status=row.status,
        ),
    )


DEADLINES = (Deadline(Claim, lapse), Deadline(Claim, remind, "remind_at"))
