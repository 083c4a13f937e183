"""Posts and claims for tests."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Registration
from app.models.organization import Organization
from app.models.post import HOLDING, Claim, ClaimStatus, Post, PostStatus
from tests.factories.members import make_registration
from tests.factories.organizations import make_community

SERVED = (*HOLDING, ClaimStatus.EXITED, ClaimStatus.DISMISSED, ClaimStatus.COMPLETED)


async def make_post(
    session: AsyncSession,
    community: Organization | None = None,
    *,
    status: PostStatus = PostStatus.OPEN,
    **columns: Any,
) -> Post:
    """A post of two places that asks for nothing; flushed."""
    community = community or await make_community(session)
    post = Post(
        **{
            "community_id": community.id,
            "category": "culture_civility",
            "title": "书法课堂",
            "place": "社区活动室",
            "headcount": 2,
            "term_months": 12,
            "status": status,
        }
        | columns
    )
    session.add(post)
    await session.flush()
    return post


async def make_claim(
    session: AsyncSession,
    post: Post | None = None,
    registration: Registration | None = None,
    *,
    status: ClaimStatus = ClaimStatus.PENDING,
    **columns: Any,
) -> Claim:
    """A claim of a registered member, counted on its post; one that was approved began today."""
    post = post or await make_post(session)
    if registration is None:
        community = await session.get_one(Organization, post.community_id)
        registration = await make_registration(session, community)
    started_on = clock.today() if status in SERVED else None
    term_ends_on = started_on and clock.months_after(started_on, post.term_months)
    claim = Claim(
        **{
            "post_id": post.id,
            "community_id": post.community_id,
            "person_id": registration.person_id,
            "registration_id": registration.id,
            "status": status,
            "started_on": started_on,
            "term_ends_on": term_ends_on,
            "due_at": term_ends_on and clock.day_after(term_ends_on),
        }
        | columns
    )
    session.add(claim)
    if status in HOLDING:
        post.taken += 1
    await session.flush()
    return claim
