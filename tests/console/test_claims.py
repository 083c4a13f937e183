"""岗位 and 照片 in the console: who asks is answered where it stands in the list."""

import re

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.file import FileStatus
from app.models.organization import Organization
from app.models.person import Role
from app.models.post import ClaimStatus as S
from app.models.post import PostStatus
from tests.console.conftest import Visit
from tests.factories.files import make_file
from tests.factories.members import make_registration
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.factories.posts import make_claim, make_post


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, community))


async def test_who_asks_for_a_post_or_wants_to_leave_is_answered(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    post = await make_post(session, community, headcount=4)
    path = f"/console/communities/{community.id}/claims"
    assert "没有这个状态的认领" in (await browser.get(path)).text
    wanted, unwanted = await make_claim(session, post), await make_claim(session, post)
    going, asked = [await make_claim(session, post, status=S.EXIT_PENDING) for _ in range(2)]
    page = await browser.get(path)
    assert page.text.count("同意认领") == 2 and "请再留一段" not in page.text
    unsaid = await browser.post(f"{path}/{unwanted.id}/reject")
    assert unsaid.status_code == 422 and f'id="wrong-field-{unwanted.id}-reason"' in unsaid.text
    why = {"reason": "先照顾好家里"}
    steps = {
        wanted: ("approve", {}, S.SERVING),
        unwanted: ("reject", why, S.REJECTED),
        going: ("let-go", {"handover": "钥匙交值班岗"}, S.EXITED),
        asked: ("keep", why, S.SERVING),
    }
    for claim, (step, data, status) in steps.items():
        done = await browser.post(f"{path}/{claim.id}/{step}", data=data)
        assert done.status_code == 303, done.text
        assert 'role="status"' in (await browser.get(done.headers["location"])).text
        await session.refresh(claim)
        assert claim.status is status
    kept = await make_claim(session, post, status=S.EXIT_PENDING, was_kept=True)
    page = await browser.get(path, params={"status": "exit_pending"})
    assert "不能再挽留" in page.text and f"{path}/{kept.id}/keep" not in page.text


async def test_a_post_is_opened_paused_and_closed(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    path = f"/console/communities/{community.id}/posts"
    assert "没有这个状态的岗位" in (await browser.get(path)).text
    post = await make_post(session, community, status=PostStatus.DRAFT)
    one = f"/console/posts/{post.id}"
    assert f"{one}/pause" not in (await browser.get(one)).text
    for step, data in (("publish", {}), ("pause", {}), ("close", {"reason": "不再需要"})):
        if step == "pause":
            assert "0/2" in (await browser.get(path)).text
        if step == "close":
            assert "必填" in (await browser.post(f"{one}/close")).text
        done = await browser.post(f"{one}/{step}", data=data)
        assert done.headers["location"] == f"{one}?said=post_{step}", done.text
    await session.refresh(post)
    assert post.status is PostStatus.CLOSED


async def test_a_post_is_set_up_from_what_members_can_do_and_changed(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    await make_registration(session, community, skills=["gardening"])
    path = f"/console/communities/{community.id}/posts"
    entry = await browser.get(f"{path}/new")
    assert "环境卫生岗</a>，1名党员有相关特长" in entry.text
    assert "关爱青少年岗" not in entry.text  # not switched on
    chosen = await browser.get(f"{path}/new", params={"category": "environment"})
    assert '<option value="environment" selected>' in chosen.text and "绿地认养" in chosen.text
    typed = {"category": "environment", "title": "绿地照看", "headcount": "0"}
    refused = await browser.post(f"{path}/new", data=typed)
    assert refused.status_code == 422 and 'id="wrong-field-headcount"' in refused.text
    assert 'value="绿地照看"' in refused.text
    more = typed | {"headcount": "4", "skills": ["gardening"], "publish": "true"}
    done = await browser.post(f"{path}/new", data=more)
    one = await browser.get(done.headers["location"])
    assert "岗位已设立" in one.text and "0/4人" in one.text
    change = f"{done.headers['location'].partition('?')[0]}/change"
    form = (await browser.get(change)).text
    assert 'value="绿地照看"' in form
    (version,) = re.findall('name="version" value="([0-9]+)"', form)
    stale = await browser.post(change, data={"version": "9", "place": "东门"})
    assert stale.status_code == 409 and 'value="东门"' in stale.text
    changed = await browser.post(change, data={"version": version, "place": "东门绿地"})
    assert "东门绿地" in (await browser.get(changed.headers["location"])).text


async def test_who_serves_on_one_post(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    posts = [await make_post(session, community, headcount=4) for _ in range(2)]
    for post in posts:
        await make_claim(session, post, status=S.SERVING)
    path = f"/console/communities/{community.id}/claims?status=serving"
    assert (await browser.get(path)).text.count("<section") == 2
    of_one = await browser.get(f"{path}&post_id={posts[0].id}")
    assert of_one.text.count("<section") == 1 and f'value="{posts[0].id}"' in of_one.text


async def test_a_photo_that_was_held_back_is_shown_or_not(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    path = f"/console/communities/{community.id}/photos"
    assert "没有等待查看的照片" in (await browser.get(path)).text
    owner = await make_person(session)
    good, bad = [make_file(owner, community, status=FileStatus.HELD) for _ in range(2)]
    session.add_all([good, bad])
    await session.flush()
    assert (await browser.get(path)).text.count("<img ") == 2
    unsaid = await browser.post(f"{path}/{bad.id}/hide")
    assert (unsaid.status_code, "必填" in unsaid.text) == (422, True)
    hidden = await browser.post(f"{path}/{bad.id}/hide", data={"reason": "有他人面部"})
    shown = await browser.post(f"{path}/{good.id}/show")
    assert (hidden.status_code, shown.status_code) == (303, 303)
    for photo, status in ((good, FileStatus.SHOWN), (bad, FileStatus.HIDDEN)):
        await session.refresh(photo)
        assert photo.status is status
