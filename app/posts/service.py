"""Posts: getting one for change, drafting it, the steps of its life with history and fact."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock
from app.core.errors import Conflict, Invalid, Stale
from app.lifecycle import BadTransition
from app.members import skills as member_skills
from app.models.post import Post, PostStatus, PostStep
from app.organizations.rights import require_in
from app.permissions import Actor, Permission
from app.policies import content
from app.policies import service as policies
from app.posts.events import PostMoved
from app.posts.lifecycle import CHANGED, DRAFTED, POST, PostAction
from app.posts.schemas import PostChange, PostIn
from app.rows import get_row

P, A = Permission, PostAction
CENTRE = "社区党群服务中心"
PLEDGED, RISKY, TWO = {"confidential", "in_home"}, "insurance", "two_person"


class NotInsured(Conflict):
    """Nobody serves on a risky post without accident insurance. Source: domain.md §3.3."""

    code, title = "not_insured", "有风险的岗位，须先办理意外保险并填写有效期"


async def get(session: AsyncSession, actor: Actor, post_id: UUID) -> tuple[Post, list[str]]:
    """The post, locked, for who runs it, and which of its permissions he has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: not of the community's staff.
    """
    return await get_row(session, actor, Post, post_id, seen=P.POST_READ, needed=(P.POST_RUN,))


async def draft(session: AsyncSession, actor: Actor, community_id: UUID, body: PostIn) -> Post:
    """A draft, or with `publish` an open post. What its category demands holds of it.

    Raises:
        NotFound, Forbidden: as for the community; what is no community has no posts.
        Invalid: an unknown category, skill or qualification, none where the category demands one,
            one place where two must serve.
        NotInsured: see there.
    """
    await require_in(session, actor, community_id, P.POST_KEEP, ("community",))
    kind = await content.require(session, "post_categories", body.category, pointer="/category")
    claimed = await content.require(session, "claim_kinds", body.kind, pointer="/kind")
    flags = {*kind.get("flags", ()), *claimed.get("flags", ())}
    post = Post(
        community_id=community_id,
        kind=body.kind,
        category=body.category,
        title=body.title,
        description=body.description,
        place=body.place or CENTRE,
        headcount=body.headcount,
        skills=body.skills,
        qualifications=await _qualifications(session, body, kind),
        is_risky=body.is_risky or RISKY in flags,
        insured_until=body.insured_until,
        needs_pledge=bool(PLEDGED & flags),
        needs_two=TWO in flags,
        term_months=body.term_months
        or await policies.value(session, community_id, "posts.term_months"),
        created_by_id=actor.person_id,
    )
    _check_two(post)
    session.add(post)
    await session.flush()
    _tell(session, actor, post, DRAFTED, None)
    if body.publish:
        await _move(session, actor, post, A.PUBLISH, [P.POST_RUN])
    await session.flush()
    return post


async def change(session: AsyncSession, actor: Actor, post_id: UUID, body: PostChange) -> Post:
    """The post is as the community says now.

    Raises:
        NotFound, Forbidden: as every step.
        Stale: somebody else has changed it.
        BadTransition: it is closed.
        Invalid: fewer places than are taken, or than must serve together.
        NotInsured: an open risky post would be without insurance.
    """
    post, _ = await get(session, actor, post_id)
    if post.version != body.version:
        raise Stale
    if post.status is PostStatus.CLOSED:
        raise BadTransition
    new = body.model_dump(exclude_unset=True, exclude={"version"})
    if new.get("headcount", post.headcount) < post.taken:
        raise Invalid.field("/headcount", "fewer_than_taken", "人数不能少于在岗人数")
    changed = [name for name, value in new.items() if getattr(post, name) != value]
    for name, value in new.items():
        setattr(post, name, value)
    _check_two(post)
    if post.status is PostStatus.OPEN:
        check_insured(post)
    _tell(session, actor, post, CHANGED, post.status, reason=",".join(changed) or None)
    await session.flush()
    return post


async def publish(session: AsyncSession, actor: Actor, post_id: UUID) -> Post:
    """The draft, or the post that paused, is open to members.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        NotInsured: see there.
    """
    return await _step(session, actor, post_id, A.PUBLISH)


async def pause(session: AsyncSession, actor: Actor, post_id: UUID) -> Post:
    """Nobody claims it for now; who serves goes on. Errors as every step."""
    return await _step(session, actor, post_id, A.PAUSE)


async def close(session: AsyncSession, actor: Actor, post_id: UUID, reason: str) -> Post:
    """The post is no more, and with it every living claim on it (`leaving.py`). Errors as above."""
    return await _step(session, actor, post_id, A.CLOSE, reason)


def check_insured(post: Post) -> None:
    """Nothing, or the post is risky and its insurance is missing or over.

    Raises:
        NotInsured.
    """
    if post.is_risky and (post.insured_until is None or post.insured_until < clock.today()):
        raise NotInsured


async def _step(
    session: AsyncSession, actor: Actor, post_id: UUID, action: PostAction, reason: str = ""
) -> Post:
    post, granted = await get(session, actor, post_id)
    await _move(session, actor, post, action, granted, reason)
    await session.flush()
    return post


async def _move(
    session: AsyncSession,
    actor: Actor,
    post: Post,
    action: PostAction,
    granted: Sequence[str],
    reason: str = "",
) -> None:
    left = POST.move(post, action, granted, reason=reason)
    if action is A.PUBLISH:
        check_insured(post)
        post.published_at = post.published_at or clock.now()
    _tell(session, actor, post, action, left, reason=reason or None)


def _tell(
    session: AsyncSession,
    actor: Actor,
    post: Post,
    action: str,
    left: PostStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step; the caller flushes."""
    session.add(
        PostStep(
            post_id=post.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=post.status,
            reason=reason,
        )
    )
    events.record(session, PostMoved(post_id=post.id, action=action, status=post.status))


async def _qualifications(session: AsyncSession, body: PostIn, kind: dict[str, Any]) -> list[str]:
    """Which of them are wanted: as said, but no other than the category demands.

    Where nothing is said: the category's, else those of the skills.
    """
    demanded = list(kind.get("qualification_required", ()))
    of_skills = await member_skills.needed_for(session, body.skills, pointer="/skills")
    if body.qualifications is None:
        return demanded or of_skills
    known = set(await content.section(session, "qualifications"))
    for place, code in enumerate(body.qualifications):
        if code not in known:
            raise Invalid.field(f"/qualifications/{place}", "unknown_code", "不在可选范围内")
    wanted = set(body.qualifications)
    if (demanded or of_skills) and not wanted:
        raise Invalid.field("/qualifications", "qualification_required", "该类岗位须有资质要求")
    if demanded and not wanted <= set(demanded):
        raise Invalid.field("/qualifications", "not_of_category", "不是该类岗位所需的资质")
    return body.qualifications


def _check_two(post: Post) -> None:
    if post.needs_two and post.headcount < 2:
        raise Invalid.field("/headcount", "two_person", "该类岗位须两人同行，人数不少于2")
