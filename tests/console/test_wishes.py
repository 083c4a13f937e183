"""微心愿 in the console: entered, checked, published, and led to its end or taken back."""

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.organization import Organization
from app.models.person import Role
from app.models.wish import Wish, WishStatus
from tests.console.conftest import Visit
from tests.factories.members import make_registration
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.factories.wishes import make_wish, make_wish_claim

S = WishStatus


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, community))


async def test_a_wish_from_the_phone_is_entered_checked_and_published(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    path = f"/console/communities/{community.id}/wishes"
    assert "没有等社区办理的微心愿" in (await browser.get(path)).text
    entry = await browser.get(f"{path}/new")
    assert "现金" not in entry.text and '<option value="phone" selected>' in entry.text
    wanted = {"words": "周婷婷想要一套绘本", "source": "phone", "contact_name": "周婷婷"}
    unsaid = await browser.post(f"{path}/new", data=wanted | {"is_for_minor": "true"})
    assert (unsaid.status_code, "须经监护人同意" in unsaid.text) == (422, True)
    done = await browser.post(f"{path}/new", data=wanted)
    wish = (await session.scalars(select(Wish))).one()
    one = f"/console/wishes/{wish.id}"
    assert done.headers["location"] == f"{one}?said=wish_enter"
    page = await browser.get(path)
    assert one in page.text and "周婷婷想要一套绘本" in page.text and "未填" in page.text
    page = await browser.get(one)
    assert "周**" in page.text and "核实时填写" in page.text and f"{one}/publish" not in page.text
    named = await browser.post(
        f"{one}/verify", data={"title": "给周婷婷的绘本", "value_yuan": "90"}
    )
    assert "公开内容不能出现姓名和电话" in named.text
    good = {"title": "绘本一套", "value_yuan": "90", "is_for_minor": "true"}
    done = await browser.post(f"{one}/verify", data=good | {"guardian_agrees": "true"})
    page = await browser.get(done.headers["location"])
    assert "已核实" in page.text and "未满18岁" in page.text and f"{one}/publish" in page.text
    version = (await session.get_one(Wish, wish.id, populate_existing=True)).version
    old = await browser.post(f"{one}/change", data={"version": "1", "title": "绘本"})
    assert old.status_code == 409
    await browser.post(f"{one}/change", data={"version": str(version), "title": "绘本五册"})
    await browser.post(f"{one}/publish")
    page = await browser.get(path, params={"status": "open"})
    assert "绘本五册" in page.text and "90元" in page.text
    assert "没有这个状态的微心愿" in (await browser.get(path, params={"status": "closed"})).text


async def test_what_is_done_with_a_wish_by_its_state(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    resident = await make_person(session, name="李梅")
    why = {"reason": "已上门查看"}
    steps = (
        (S.SUBMITTED, "reject", why, S.REJECTED),
        (S.OPEN, "take-down", why, S.WITHDRAWN),
        (S.CLAIMED, "revoke", why, S.OPEN),
        (S.UNDECIDED, "send-back", why, S.CLAIMED),
        (S.UNDECIDED, "settle", why, S.FULFILLED),
        (S.DELIVERED, "answer-for", {"answer": "solved", "way": "visit"}, S.FULFILLED),
    )
    for status, step, body, then in steps:
        wish = await make_wish(session, community, resident, status=status)
        if status in (S.CLAIMED, S.UNDECIDED, S.DELIVERED):
            await make_wish_claim(session, wish, await make_registration(session, community))
        one = f"/console/wishes/{wish.id}"
        page = await browser.get(one)
        assert f"{one}/{step}" in page.text
        unsaid = await browser.post(f"{one}/{step}")
        assert (unsaid.status_code, "必填" in unsaid.text) == (422, True)
        done = await browser.post(f"{one}/{step}", data=body)
        assert done.status_code == 303, done.text
        assert 'role="status"' in (await browser.get(done.headers["location"])).text
        await session.refresh(wish)
        assert wish.status is then
    page = await browser.get(one)
    assert "代录，" in page.text and "已解决" in page.text
    done = await browser.post(f"{one}/close", data={"minutes": "30"})
    page = await browser.get(done.headers["location"])
    assert "已销号" in page.text and "/contact" not in page.text


async def test_the_contact_is_shown_once_for_a_reason(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    wish = await make_wish(session, community, status=S.SUBMITTED, contact_phone="13800001234")
    one = f"/console/wishes/{wish.id}"
    assert "必填" in (await browser.post(f"{one}/contact")).text
    shown = await browser.post(f"{one}/contact", data={"reason": "核实心愿"})
    assert "13800001234" in shown.text and "3幢201室" in shown.text
    assert "13800001234" not in (await browser.get(one)).text


async def test_what_waits_is_the_list_that_the_inbox_leads_to(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    waiting = (S.SUBMITTED, S.VERIFIED, S.UNDECIDED, S.FULFILLED)
    for status in S:
        await make_wish(session, community, status=status)
    path = f"/console/communities/{community.id}/wishes"
    inbox = await browser.get("/console/")
    assert f'<a href="{path}">{len(waiting)}个微心愿等待处理</a>' in inbox.text
    assert (await browser.get(path)).text.count('data-label="编号"') == len(waiting)
