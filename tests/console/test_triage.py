"""周研判: the meeting works on one page, and the page is its record."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import NeedKind, NeedStatus, Route
from app.models.order import Order, OrderStatus
from app.models.organization import Appointment, Organization
from app.models.person import Role
from app.models.statistic import Rhythm, RollUp
from tests.console.conftest import Visit
from tests.factories.needs import make_need
from tests.factories.orders import make_order
from tests.factories.organizations import make_community
from tests.factories.people import make_staff

Count = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, community))


async def test_the_meeting_works_from_needs_to_open_orders(
    session: AsyncSession, browser: AsyncClient, community: Organization, count_statements: Count
) -> None:
    phone = await make_need(session, community, suggested_category="phone_teaching")
    meal = await make_need(session, community, words="想订饭", category="meal_help")
    twin = await make_need(session, community, words="也想订饭", category="meal_help")
    policy = await make_need(session, community, words="高龄补贴", category="care_policy")
    wild = await make_need(session, community, words="树倒了", kind=NeedKind.SNAPSHOT_REPORT)
    hidden = await make_need(session, community, words="他来晚了", kind=NeedKind.ABOUT_MEMBER)
    path = f"/console/triage/{community.id}"
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 7 and len(page.content) <= 60_000
    assert "我要求助（4）" in page.text and "随手拍（1）" in page.text
    assert "想学用手机挂号" in page.text and "可能是教用手机" in page.text
    assert "建议直接答复" in page.text and hidden.number not in page.text
    none = await browser.post(f"{path}/accept", data={"route": "order"})
    assert (none.status_code, "请先勾选" in none.text) == (422, True)
    few = await browser.post(f"{path}/merge", data={"ids": [str(meal.id)]})
    assert (few.status_code, "请先勾选两件以上" in few.text) == (422, True)
    merged = await browser.post(f"{path}/merge", data={"ids": [str(twin.id), str(meal.id)]})
    assert "已合并" in (await browser.get(merged.headers["location"])).text
    rows = {
        "ids": [str(phone.id), str(meal.id), str(wild.id)],
        f"route/{phone.id}": "order",
        f"category/{phone.id}": "phone_teaching",
        f"route/{meal.id}": "own_staff",
        f"route/{wild.id}": "order",
    }
    refused = await browser.post(f"{path}/accept", data=rows)
    assert (refused.status_code, "请选择服务类别" in refused.text) == (422, True)
    assert f'value="{phone.id}" aria-label="选择 {phone.number}" checked' in refused.text
    unread = await browser.post(f"{path}/accept", data=rows | {f"route/{wild.id}": "handed"})
    assert (unread.status_code, "请选择怎么办" in unread.text) == (422, True)
    done = await browser.post(f"{path}/accept", data=rows | {f"route/{wild.id}": "own_staff"})
    page = await browser.get(done.headers["location"])
    assert "已受理选中的诉求" in page.text and "待派单（1）" in page.text
    assert f"{meal.number}</a> 我要求助 · 助餐：社区自办" in page.text
    for need in (phone, meal, twin, policy):
        await session.refresh(need)
    assert (phone.route, meal.route) == (Route.ORDER, Route.OWN_STAFF)
    assert (twin.merged_into_id, policy.status) == (meal.id, NeedStatus.SUBMITTED)

    line = {
        "ids": str(phone.id),
        f"category/{phone.id}": "phone_teaching",
        f"title/{phone.id}": "教用手机",
        f"starts_at/{phone.id}": "早上",
        f"seats/{phone.id}": "两个",
    }
    wrong = await browser.post(f"{path}/order", data=line)
    assert wrong.status_code == 422 and wrong.text.count('class="wrong"') == 2
    begun = line | {f"seats/{phone.id}": "2", f"starts_at/{phone.id}": "2020-01-04T09:30"}
    past = await browser.post(f"{path}/order", data=begun)
    assert (past.status_code, "开始时间已过" in past.text) == (422, True)
    begins = (clock.today() + timedelta(days=3)).isoformat() + "T09:30"
    good = begun | {f"starts_at/{phone.id}": begins, f"target/{phone.id}": "group"}
    assert (await browser.post(f"{path}/order", data=good)).status_code == 303
    order = (await session.scalars(select(Order))).one()
    assert (order.status, order.seats, order.target) == (OrderStatus.OPEN, 2, "group")
    assert order.ends_at - order.starts_at == timedelta(minutes=60)  # as its category says


async def test_drafts_are_published_and_the_page_is_the_record(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    draft = await make_order(session, community, status=OrderStatus.DRAFT, title="汛前排查")
    post = Appointment(
        organization_id=community.id, post="grid_owner", name="赵卫国", from_on=clock.today()
    )
    session.add(post)
    await session.flush()
    path = f"/console/triage/{community.id}"
    assert "没有等待研判的诉求" in (await browser.get(path)).text
    done = await browser.post(f"{path}/publish", data={"ids": str(draft.id)})
    assert "草稿已发布" in (await browser.get(done.headers["location"])).text
    await session.refresh(draft)
    assert draft.status is OrderStatus.OPEN
    stranger = await browser.post(f"{path}/record", data={"present": str(community.id)})
    assert (stranger.status_code, "没有任职" in stranger.text) == (422, True)
    data = {"present": str(post.id), "guests": ["物业王经理", ""], "decisions": ["周五前修好", ""]}
    kept = await browser.post(f"{path}/record", data=data)
    record = (await session.scalars(select(RollUp))).one()
    assert kept.headers["location"] == f"/console/roll-ups/{record.id}?said=triage_record"
    page = await browser.get(kept.headers["location"])
    for words in ("赵卫国", "物业王经理", "周五前修好", "汛前排查"):
        assert words in page.text
    again = await browser.get(path)
    assert f"/console/roll-ups/{record.id}" in again.text and f"{path}/record" not in again.text
    twice = await browser.post(f"{path}/record", data={})
    assert (twice.status_code, "本周研判已留存" in twice.text) == (409, True)


async def test_what_was_frozen_is_found_again(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    path = f"/console/organizations/{community.id}/roll-ups"
    assert "还没有月小结" in (await browser.get(path)).text
    assert "还没有留存的周研判" in (await browser.get(path, params={"rhythm": "week"})).text
    month = RollUp(
        organization_id=community.id,
        rhythm=Rhythm.MONTH,
        first_on=clock.today().replace(day=1),
        text="新收诉求3件。",
        content={"new": 3, "done": 2, "volunteer_minutes": 90},
    )
    bare = RollUp(
        organization_id=community.id, rhythm=Rhythm.WEEK, first_on=clock.today(), content={}
    )
    day = RollUp(
        organization_id=community.id, rhythm=Rhythm.DAY, first_on=clock.today(), content={"new": 0}
    )
    session.add_all([month, bare, day])
    await session.flush()
    assert "新收诉求3件。" in (await browser.get(path)).text
    page = await browser.get(f"/console/roll-ups/{month.id}")
    assert "<dd>3</dd>" in page.text and "1小时30分" in page.text
    assert "未登记" in (await browser.get(f"/console/roll-ups/{bare.id}")).text
    assert "志愿服务时长" not in (await browser.get(f"/console/roll-ups/{day.id}")).text
