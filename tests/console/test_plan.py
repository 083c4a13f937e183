"""年度计划 and 周期服务 in the console: lines, the order that one tap makes, what comes again."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.console.community.order_series import rule_in_words
from app.core import clock
from app.models.order import Order, OrderStatus
from app.models.order_series import Frequency, OrderSeries, PlanItem, SeriesStatus
from app.models.organization import Organization
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.orders import make_order
from tests.factories.organizations import make_community
from tests.factories.people import make_staff

NEXT_MONTH = clock.months_after(clock.today(), 1)


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))


async def item_of(session: AsyncSession) -> PlanItem:
    """The one item, as it stands now."""
    found = await session.scalars(select(PlanItem), execution_options={"populate_existing": True})
    return found.one()


async def test_a_line_of_the_plan_becomes_a_draft_by_one_tap(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    path = f"/console/communities/{community.id}/plan"
    assert "这一年还没有计划" in (await browser.get(path)).text
    wanted = {"title": "老人手机课", "month": f"{NEXT_MONTH:%Y-%m}", "template": "phone_class"}
    unsaid = await browser.post(path, data=wanted | {"title": "", "marks": "livelihood_item"})
    assert (unsaid.status_code, 'id="wrong-field-add-title"' in unsaid.text) == (422, True)
    assert 'value="livelihood_item" checked' in unsaid.text
    done = await browser.post(path, data=wanted | {"marks": ["", "livelihood_item"]})
    year = done.headers["location"]
    page = await browser.get(year)
    assert "已列入年度计划" in page.text and "民生实事" in page.text
    item = await item_of(session)
    one = f"/console/plan-items/{item.id}"
    assert f"{one}/order" in page.text
    drafted = await browser.post(f"{one}/order")
    order = (await session.scalars(select(Order))).one()
    assert drafted.headers["location"] == f"/console/orders/{order.id}?said=plan_order"
    again = await browser.post(f"{one}/order")
    assert (again.status_code, "该计划项已生成服务" in again.text) == (409, True)
    page = await browser.get(year)
    assert f"草稿：{item.title}" in page.text and f"{one}/order" not in page.text


async def test_a_line_is_changed_and_taken_out(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    gone = await make_order(session, community, status=OrderStatus.CANCELLED)
    session.add(
        PlanItem(
            community_id=community.id,
            title="邻居节",
            month=clock.today().replace(month=1, day=1) - timedelta(days=365),
            template="neighbor_festival",
            marks=["festival"],
            order_id=gone.id,
        )
    )
    await session.flush()
    item = await item_of(session)
    one = f"/console/plan-items/{item.id}"
    page = await browser.get(one)
    assert "已取消" in page.text and f"{one}/order" in page.text
    over = await browser.post(f"{one}/order")
    assert 'id="wrong-field-order-starts_at"' in over.text and "该月已没有周六" in over.text
    new = {"version": str(item.version), "title": "中秋邻居节", "marks": ""}
    done = await browser.post(f"{one}/change", data=new)
    assert "中秋邻居节" in (await browser.get(done.headers["location"])).text
    assert (await item_of(session)).marks == []
    assert (await browser.post(f"{one}/change", data=new)).status_code == 409
    done = await browser.post(f"{one}/remove")
    assert "已移出年度计划" in (await browser.get(done.headers["location"])).text
    assert (await browser.get(one)).status_code == 404


async def test_what_comes_again_is_set_up_changed_paused_and_ended(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    path = f"/console/communities/{community.id}/order-series"
    entry = f"/console/order-series/new/{community.id}"
    assert "没有进行中的周期服务" in (await browser.get(path)).text
    assert entry in (await browser.get(path)).text
    assert 'value="6" checked' in (await browser.get(entry)).text
    wanted = {
        "title": "手机课堂",
        "template": "phone_class",
        "rule/frequency": "weekly",
        "rule/every": "1",
        "rule/weekdays": "",
        "starts_on": clock.today().isoformat(),
        "begins_at": "09:30",
        "minutes": "90",
    }
    unfit = await browser.post(entry, data=wanted)
    assert (unfit.status_code, 'id="wrong-field-rule"' in unfit.text) == (422, True)
    done = await browser.post(entry, data=wanted | {"rule/weekdays": ["", "6", "7"]})
    row = (await session.scalars(select(OrderSeries))).one()
    one = f"/console/order-series/{row.id}"
    assert done.headers["location"] == f"{one}?said=series_begin"
    page = await browser.get(one)
    assert "每周六、周日 09:30" in page.text and "没有还没开始的服务" in page.text
    order = await make_order(
        session,
        community,
        series_id=row.id,
        series_day=clock.today() + timedelta(days=7),
        status=OrderStatus.OPEN,
    )
    page = await browser.get(one)
    assert f"/console/orders/{order.id}" in page.text and "已单独修改" in page.text
    new = {"version": str(row.version), "seats": "5", "begins_at": "19:30"}
    unsaid = await browser.post(f"{one}/change", data=new | {"minutes": "5"})
    assert 'id="wrong-field-change-minutes"' in unsaid.text
    done = await browser.post(f"{one}/change", data=new)
    page = await browser.get(done.headers["location"])
    assert "每周六、周日 19:30" in page.text and f"{one}/resume" not in page.text
    await browser.post(f"{one}/pause")
    assert "手机课堂" in (await browser.get(path, params={"status": "paused"})).text
    await browser.post(f"{one}/resume")
    assert "必填" in (await browser.post(f"{one}/end")).text
    done = await browser.post(f"{one}/end", data={"reason": "学期结束"})
    page = await browser.get(done.headers["location"])
    assert "已结束" in page.text and f"{one}/change" not in page.text
    await session.refresh(row)
    assert (row.status, row.seats) == (SeriesStatus.ENDED, 5)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"weekdays": [6]}, "每周六 09:30"),
        ({"weekdays": [1, 4], "every": 2}, "每2周 周一、周四 09:30"),
        ({"frequency": Frequency.MONTHLY, "month_day": 15}, "每月15日 09:30"),
        ({"frequency": Frequency.MONTHLY, "month_day": 31, "every": 3}, "每3个月 31日 09:30"),
        (
            {"frequency": Frequency.MONTHLY, "weekdays": [7], "month_week": -1},
            "每月 最后一个周日 09:30",
        ),
        (
            {"frequency": Frequency.MONTHLY, "weekdays": [6], "month_week": 1, "every": 2},
            "每2个月 第一个周六 09:30",
        ),
    ],
)
def test_a_rule_is_said_in_words(rule: dict[str, Any], said: str) -> None:
    row = {
        "frequency": Frequency.WEEKLY,
        "every": 1,
        "weekdays": [],
        "month_day": None,
        "month_week": None,
        "begins_at": "09:30",
    }
    assert rule_in_words(row | rule) == said
