"""The skills of this community, and the posts they suggest."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import RegistrationStatus
from app.models.post import PostStatus
from tests.factories.members import make_registration
from tests.factories.posts import make_post
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]


async def test_posts_are_proposed_from_what_members_here_can_do(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for skills in (["calligraphy", "music_dance"], ["calligraphy", "patrol"], ["tutoring"]):
        await make_registration(session, town.community, skills=skills)
    await make_registration(
        session, town.community, skills=["patrol"], status=RegistrationStatus.SUSPENDED
    )
    await make_registration(session, skills=["patrol"])  # of another community
    await make_post(session, town.community, category="culture_civility", status=PostStatus.PAUSED)
    await session.commit()
    path = f"/organizations/{town.community.id}/posts/proposed"
    shown = await desk.get(town.clerk, path)
    assert shown["items"] == [
        {
            "category": "culture_civility",
            "name": "文体文明岗",
            "skills": ["calligraphy", "music_dance"],
            "members": 2,
        },
        {"category": "safety_patrol", "name": "平安巡防岗", "skills": ["patrol"], "members": 1},
    ]
    await make_post(session, town.community, category="culture_civility")
    await session.commit()
    left = await desk.get(town.clerk, path)
    assert [one["category"] for one in left["items"]] == ["safety_patrol"]
    assert (await desk.get(town.member, path))["code"] == "forbidden"
