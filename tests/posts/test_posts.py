"""A post from the draft to its end: what its category demands, who sees it, what may change."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.organization import Policy
from app.models.person import Role
from app.models.post import ClaimStatus, Post, PostStatus, PostStep
from tests.factories.members import make_resident
from tests.factories.people import make_person, make_staff
from tests.factories.posts import make_claim, make_post
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]


def wanted(**fields: Any) -> dict[str, Any]:
    return {"category": "culture_civility", "title": "书法课堂", "headcount": 2} | fields


async def draft(desk: Desk, town: Town, **fields: Any) -> Any:
    return await desk.post(
        town.clerk, f"/organizations/{town.community.id}/posts", **wanted(**fields)
    )


async def show(desk: Desk, who: Any, post_id: Any) -> Any:
    return await desk.get(who, f"/posts/{post_id}")


def tomorrow() -> str:
    return (clock.today() + timedelta(days=1)).isoformat()


async def test_a_post_is_drafted_published_paused_resumed_and_closed(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = (await draft(desk, town)).json()
    unseen = await desk.get(town.member, f"/posts/{made['id']}")
    assert (made["status"], unseen["code"]) == ("draft", "not_found")
    states = []
    for action, body in (
        ("publish", {}),
        ("pause", {}),
        ("publish", {}),
        ("close", {"reason": "并岗"}),
    ):
        answer = await desk.post(town.clerk, f"/posts/{made['id']}/{action}", **body)
        states.append(answer.json()["status"])
    assert states == ["open", "paused", "open", "closed"]
    again = await desk.post(town.clerk, f"/posts/{made['id']}/publish")
    assert again.json()["code"] == "bad_transition"
    steps = await session.scalars(select(PostStep).order_by(PostStep.id))
    assert [(step.action, step.entered, step.reason) for step in steps] == [
        ("draft", "draft", None),
        ("publish", "open", None),
        ("pause", "paused", None),
        ("publish", "open", None),
        ("close", "closed", "并岗"),
    ]
    seen = await show(desk, town.clerk, made["id"])
    assert (seen["place"], seen["term_months"], seen["open_to"]) == ("社区党群服务中心", 12, [])


async def test_the_communitys_policy_says_the_usual_term(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    session.add(
        Policy(
            organization_id=town.community.id,
            key="posts.term_months",
            value={"value": 6},
            basis="社区党委会",
            effective_on=clock.today(),
            created_at=clock.now(),
        )
    )
    await session.commit()
    post = (await draft(desk, town, publish=True)).json()
    assert (await show(desk, town.clerk, post["id"]))["term_months"] == 6


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"category": "nothing"}, "/category", "unknown_code"),
        ({"category": "youth_care"}, "/category", "unknown_code"),  # switched off
        ({"kind": "wish"}, "/kind", "enum"),
        ({"skills": ["nothing"]}, "/skills/0", "unknown_code"),
        ({"qualifications": ["nothing"]}, "/qualifications/0", "unknown_code"),
        (
            {"category": "legal_aid", "qualifications": ["nurse"]},
            "/qualifications",
            "not_of_category",
        ),
        (
            {"category": "legal_aid", "qualifications": []},
            "/qualifications",
            "qualification_required",
        ),
        (
            {"skills": ["electrical"], "qualifications": []},
            "/qualifications",
            "qualification_required",
        ),
        ({"category": "elder_health", "headcount": 1}, "/headcount", "two_person"),
        ({"kind": "pairing", "headcount": 1}, "/headcount", "two_person"),
    ],
)
async def test_a_draft_is_refused_for_what_does_not_fit(
    desk: Desk, town: Town, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await draft(desk, town, **fields)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (422, pointer, code)


@pytest.mark.parametrize(
    ("fields", "qualifications", "pledge"),
    [
        ({}, [], False),
        ({"category": "legal_aid"}, ["lawyer", "legal_profession"], False),
        ({"category": "legal_aid", "qualifications": ["lawyer"]}, ["lawyer"], False),
        ({"skills": ["nursing", "haircut"]}, ["nurse"], False),
        ({"qualifications": ["teacher"]}, ["teacher"], False),
        ({"category": "hardship_support"}, [], True),
        ({"kind": "pairing"}, [], True),
        ({"kind": "team"}, [], False),
    ],
)
async def test_category_kind_and_skills_say_what_a_post_demands(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    fields: dict[str, Any],
    qualifications: list[str],
    pledge: bool,
) -> None:
    made = (await draft(desk, town, **fields)).json()
    post = await session.get_one(Post, made["id"])
    assert (post.qualifications, post.needs_pledge) == (qualifications, pledge)


async def test_a_risky_post_opens_only_with_insurance_and_keeps_it(desk: Desk, town: Town) -> None:
    refused = await draft(desk, town, category="safety_patrol", publish=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_insured")
    post = (
        await draft(desk, town, category="safety_patrol", publish=True, insured_until=tomorrow())
    ).json()
    path = f"/posts/{post['id']}"
    for until in (None, (clock.today() - timedelta(days=1)).isoformat()):
        taken = await desk.patch(town.clerk, path, version=post["version"], insured_until=until)
        assert taken.json()["code"] == "not_insured"
    chosen = (await draft(desk, town, is_risky=True)).json()
    answer = await desk.post(town.clerk, f"/posts/{chosen['id']}/publish")
    assert answer.json()["code"] == "not_insured"


async def test_what_changes_stands_in_the_history_and_stale_or_small_is_refused(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    post = await make_post(session, town.community, headcount=3)
    for _ in range(2):
        await make_claim(session, post, status=ClaimStatus.SERVING)
    await session.commit()
    path, version = f"/posts/{post.id}", post.version

    async def change(**fields: Any) -> Any:
        return (await desk.patch(town.clerk, path, **{"version": version} | fields)).json()

    assert (await change(version=version + 1, title="合唱队"))["code"] == "stale_version"
    assert (await change(headcount=1))["errors"][0]["code"] == "fewer_than_taken"
    assert (await change(title=None))["errors"][0]["pointer"] == "/title"
    made = await change(title="合唱队", headcount=3, description=None)
    assert made["version"] > version
    step = await session.scalar(select(PostStep).where(PostStep.action == "change"))
    assert step is not None
    assert step.reason == "title"
    paused = await make_post(session, town.community, status=PostStatus.PAUSED, needs_two=True)
    await session.commit()
    lonely = await desk.patch(town.clerk, f"/posts/{paused.id}", version=1, headcount=1)
    assert lonely.json()["errors"][0]["code"] == "two_person"
    same = await desk.patch(town.clerk, f"/posts/{paused.id}", version=1)
    assert same.status_code == 200
    await desk.post(town.clerk, f"/posts/{paused.id}/close", reason="并岗")
    late = await desk.patch(town.clerk, f"/posts/{paused.id}", version=2, title="合唱队")
    assert late.json()["code"] == "bad_transition"


async def test_only_staff_keep_posts_and_only_of_a_community(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    path = f"/organizations/{town.community.id}/posts"
    assert (await desk.post(town.member, path, **wanted())).status_code == 403
    nowhere = await desk.post(town.clerk, f"/organizations/{new_id()}/posts", **wanted())
    assert nowhere.status_code == 404
    post = await make_post(session, town.community)
    await session.commit()
    assert (await desk.post(town.member, f"/posts/{post.id}/pause")).status_code == 403
    assert (await desk.post(town.clerk, f"/posts/{new_id()}/pause")).status_code == 404


async def test_open_posts_are_for_registered_members_page_by_page(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    posts = [await make_post(session, town.community, title=f"岗位{n}") for n in range(3)]
    await make_post(session, town.community, status=PostStatus.PAUSED)
    await make_post(session)
    await make_claim(session, posts[0], town.registration)
    for _ in range(2):
        await make_claim(session, posts[1], status=ClaimStatus.SERVING)
    neighbour = await make_person(session)
    await make_resident(session, town.community, neighbour)
    await session.commit()
    path = f"/organizations/{town.community.id}/posts/open"
    first = await desk.get(town.member, f"{path}?limit=2")
    rest = await desk.get(town.member, f"{path}?limit=2&cursor={first['next_cursor']}")
    listed = first["items"] + rest["items"]
    assert [(one["title"], one["is_full"], one["my_claim"]) for one in listed] == [
        ("岗位2", False, None),
        ("岗位1", True, None),
        ("岗位0", False, "pending"),
    ]
    assert (await desk.get(neighbour, path))["code"] == "forbidden"
    nowhere = await desk.get(town.member, f"/organizations/{new_id()}/posts/open")
    assert nowhere["code"] == "not_found"
    assert (await desk.get(neighbour, f"/posts/{posts[0].id}"))["code"] == "not_found"


async def test_staff_see_what_waits_on_each_post(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    post = await make_post(session, town.community)
    await make_claim(session, post)
    await make_claim(session, post, status=ClaimStatus.EXIT_PENDING)
    await make_claim(session, post, status=ClaimStatus.SERVING)
    draft = await make_post(session, town.community, status=PostStatus.DRAFT)
    await session.commit()
    path = f"/organizations/{town.community.id}/posts"
    (line,) = (await desk.get(town.clerk, path))["items"]
    assert (line["id"], line["taken"], line["waiting"]) == (str(post.id), 2, 2)
    (line,) = (await desk.get(town.clerk, f"{path}?status=draft"))["items"]
    assert line["id"] == str(draft.id)
    above = await make_staff(session, Role.SUBDISTRICT_ADMIN, town.community)
    await session.commit()
    assert (await show(desk, above, post.id))["open_to"] == []
    assert (await show(desk, town.clerk, post.id))["open_to"] == ["pause", "close"]
