"""服务订单 in the console: the board by stage, one order, whom to ask; and nobody else's."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.order import OrderStatus, Seat, SeatOrigin, SeatStatus
from app.models.organization import Organization
from app.models.person import Role
from app.orders.desk import Stage
from tests.console.conftest import Visit
from tests.factories.members import make_member, make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff

Count = Callable[[], AbstractContextManager[list[str]]]
Times = dict[str, Any]
EVIL = "<script>alert(1)</script>"


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))


def board(community: Organization) -> str:
    return f"/console/communities/{community.id}/orders"


async def test_each_order_stands_in_one_stage(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    now, hour = clock.now(), timedelta(hours=1)
    over: Times = {"starts_at": now - 3 * hour, "ends_at": now - hour}
    now_on: Times = {"starts_at": now - hour, "ends_at": now + hour}
    wanted = {
        Stage.DRAFT: [await make_order(session, community, status=OrderStatus.DRAFT)],
        Stage.OPEN: [await make_order(session, community)],
        Stage.RUNNING: [
            await make_order(session, community, status=status, **now_on)
            for status in (OrderStatus.OPEN, OrderStatus.IN_PROGRESS)
        ],
        Stage.OVER: [
            await make_order(session, community, status=status, **over)
            for status in (OrderStatus.OPEN, OrderStatus.IN_PROGRESS)
        ],
        Stage.ANSWERS: [
            await make_order(session, community, status=OrderStatus.PENDING_ACCEPTANCE, **over)
        ],
        Stage.ENDED: [
            await make_order(session, community, status=status, **over)
            for status in (OrderStatus.CLOSED, OrderStatus.EXPIRED, OrderStatus.CANCELLED)
        ],
    }
    for stage, orders in wanted.items():
        page = await browser.get(board(community), params={"stage": stage})
        found = set(re.findall(r'href="/console/orders/([0-9a-f-]{36})"', page.text))
        assert found == {str(order.id) for order in orders}, stage
    await make_order(session, await make_community(session))
    assert (await browser.get(board(community))).text.count("/console/orders/") == 1
    assert (await browser.get(board(community), params={"stage": "made_up"})).status_code == 422


async def test_an_empty_stage_says_what_comes_here(
    browser: AsyncClient, community: Organization
) -> None:
    for stage in Stage:
        page = await browser.get(board(community), params={"stage": stage})
        assert page.status_code == 200 and 'class="empty"' in page.text
        assert f'<option value="{stage}" selected>' in page.text


@pytest.mark.parametrize(
    ("status", "stage"),
    [(OrderStatus.OPEN, Stage.OPEN), (OrderStatus.CLOSED, Stage.ENDED)],
)
async def test_a_long_board_is_small_cheap_and_goes_on(
    session: AsyncSession,
    browser: AsyncClient,
    community: Organization,
    count_statements: Count,
    status: OrderStatus,
    stage: Stage,
) -> None:
    begin = clock.now() + timedelta(days=1)
    orders = [
        await make_order(
            session,
            community,
            status=status,
            title=EVIL,
            starts_at=begin + timedelta(hours=hour),
        )
        for hour in range(23)
    ]
    with count_statements() as statements:
        page = await browser.get(board(community), params={"stage": stage})
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert EVIL not in page.text and page.text.count("/console/orders/") == 20
    first = orders[0] if stage is Stage.OPEN else orders[-1]
    assert re.findall(r"/console/orders/([0-9a-f-]{36})", page.text)[0] == str(first.id)
    found = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert found is not None
    second = await browser.get(board(community) + found[1].replace("&amp;", "&"))
    assert second.text.count("/console/orders/") == 3 and f'value="{stage}" selected' in second.text


async def test_a_draft_is_published_and_then_cancelled_with_a_reason(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    order = await make_order(session, community, status=OrderStatus.DRAFT, marks=["theme_day"])
    one = f"/console/orders/{order.id}"
    page = await browser.get(one)
    assert "主题党日" in page.text and "面向党员个人" in page.text and "还没有人参加" in page.text
    published = await browser.post(f"{one}/publish")
    assert published.headers["location"] == f"{one}?said=order_publish"
    page = await browser.get(published.headers["location"])
    assert "党员可以接单了" in page.text and f"{one}/publish" not in page.text
    again = await browser.post(f"{one}/publish")
    assert (again.status_code, "当前状态下不能进行此操作" in again.text) == (409, True)
    unsaid = await browser.post(f"{one}/cancel", data={"reason_code": "other"})
    assert unsaid.status_code == 422 and 'aria-invalid="true"' in unsaid.text
    assert '<option value="other" selected>' in unsaid.text
    none = await browser.post(f"{one}/cancel", data={"reason_code": "", "reason_text": EVIL})
    assert none.status_code == 422 and "必填" in none.text and "&lt;script&gt;" in none.text
    done = await browser.post(f"{one}/cancel", data={"reason_code": "weather"})
    page = await browser.get(done.headers["location"])
    assert "相关人员会收到说明" in page.text and f"{one}/cancel" not in page.text
    await session.refresh(order)
    assert order.status is OrderStatus.CANCELLED


async def test_one_order_says_who_is_on_it_as_the_reader_may_know(
    session: AsyncSession, visit: Visit, browser: AsyncClient, community: Organization
) -> None:
    hidden = await make_member(
        session, person=await make_person(session, name="赵小明"), is_protected=True
    )
    order = await make_order(session, community, needs=(await make_need(session, community),))
    person = await make_person(session, name="钱大海")
    await make_seat(session, order, await make_registration(session, community, person))
    protected = await session.get_one(type(person), hidden.person_id)
    await make_seat(
        session, order, await make_registration(session, community, protected, member=hidden)
    )
    page = await browser.get(f"/console/orders/{order.id}")
    assert "钱大海" in page.text and "赵小明" not in page.text and "2/2（已满）" in page.text
    assert "/candidates" not in page.text
    browser = await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, community))
    assert "赵小明" in (await browser.get(f"/console/orders/{order.id}")).text
    elsewhere = await make_community(session)
    browser = await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, elsewhere))
    assert (await browser.get(board(community))).status_code == 403
    assert (await browser.post(f"/console/orders/{order.id}/publish")).status_code in (403, 404)
    assert (await browser.get(f"/console/orders/{order.id}/candidates")).status_code in (403, 404)


async def test_a_member_is_asked_with_the_reasons_of_the_reading(
    session: AsyncSession, browser: AsyncClient, community: Organization, count_statements: Count
) -> None:
    order = await make_order(session, community, seats=2)
    one = f"/console/orders/{order.id}"
    assert "没有可以邀请的党员" in (await browser.get(f"{one}/candidates")).text
    for number in range(21):
        person = await make_person(session, name=f"孙{number}")
        row = await make_registration(session, community, person)
    assert f"{one}/candidates" in (await browser.get(one)).text
    with count_statements() as statements:
        page = await browser.get(f"{one}/candidates")
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert "同社区；近一年服务0次，少者优先" in page.text
    assert page.text.count('name="registration_id"') == 20 and 'rel="next"' in page.text
    unknown = await browser.post(f"{one}/dispatch", data={"registration_id": str(community.id)})
    assert unknown.status_code == 422 and "没有这位党员" in unknown.text
    assert f'href="{one}/candidates?cursor=' in unknown.text
    asked = await browser.post(f"{one}/dispatch", data={"registration_id": str(row.id)})
    page = await browser.get(asked.headers["location"])
    assert "等待对方答复" in page.text and "已邀请，待答复" in page.text and "社区邀请" in page.text
    seat = (await session.scalars(select(Seat))).one()
    assert (seat.status, seat.origin) == (SeatStatus.OFFERED, SeatOrigin.DISPATCH)
    again = await browser.post(f"{one}/dispatch", data={"registration_id": str(row.id)})
    assert again.status_code in (409, 422)
    await session.refresh(order)
    assert order.taken == 1
