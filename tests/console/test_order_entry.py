"""下单 and 修改 in the console: from a template or from nothing, and what may still change."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.console.words import local
from app.core import clock
from app.models.order import Order, OrderStatus
from app.models.organization import Organization
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_staff


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))


async def test_one_template_fills_the_form_and_is_enough(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    path = f"/console/communities/{community.id}/orders/new"
    listed = await browser.get(path.removesuffix("/new"))
    assert f'href="{path}"' in listed.text
    page = await browser.get(path, params={"template": "phone_class"})
    assert 'value="老人手机课堂"' in page.text and "教老年居民使用手机挂号" in page.text
    assert 'name="category"' not in page.text
    begins = clock.now() + timedelta(days=3)
    said = {
        "template": "phone_class",
        "title": "老人手机课",
        "starts_at": local(begins),
        "ends_at": local(begins + timedelta(minutes=90)),
        "publish": "true",
    }
    wrong = await browser.post(path, data=said | {"ends_at": local(begins - timedelta(hours=1))})
    assert (wrong.status_code, 'id="wrong-field-ends_at"' in wrong.text) == (422, True)
    assert 'name="template" value="phone_class"' in wrong.text
    done = await browser.post(path, data=said)
    order = (await session.scalars(select(Order))).one()
    assert done.headers["location"] == f"/console/orders/{order.id}?said=order_publish"
    assert (order.seats, order.category, order.status) == (3, "phone_teaching", OrderStatus.OPEN)


async def test_without_a_template_the_category_is_asked_for(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    path = f"/console/communities/{community.id}/orders/new"
    page = await browser.get(path, params={"template": "no_such"})
    assert 'name="category"' in page.text
    begins = clock.now() + timedelta(days=3)
    said = {
        "title": "老人手机课",
        "starts_at": local(begins),
        "ends_at": local(begins + timedelta(hours=1)),
        "seats": "2",
        "publish": "false",
    }
    unsaid = await browser.post(path, data=said)
    assert 'id="wrong-field-category"' in unsaid.text
    done = await browser.post(path, data=said | {"category": "phone_teaching"})
    assert "已存为草稿" in (await browser.get(done.headers["location"])).text
    order = (await session.scalars(select(Order))).one()
    assert (order.seats, order.status) == (2, OrderStatus.DRAFT)


async def test_what_has_not_begun_is_changed(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    order = await make_order(session, community, seats=3, marks=["festival"])
    await make_seat(session, order)
    one = f"/console/orders/{order.id}"
    assert f"{one}/change" in (await browser.get(one)).text
    page = await browser.get(f"{one}/change")
    assert f'value="{local(order.starts_at)}"' in page.text and "已有1人接单" in page.text
    assert 'value="festival" checked' in page.text
    version = str(order.version)
    new = {"version": version, "title": "中秋邻居节", "marks": "", "seats": "5"}
    few = await browser.post(f"{one}/change", data=new | {"seats": "0"})
    assert 'id="wrong-field-seats"' in few.text
    done = await browser.post(f"{one}/change", data=new)
    assert done.headers["location"] == f"{one}?said=order_change", done.text
    await session.refresh(order)
    assert (order.title, order.seats, order.marks) == ("中秋邻居节", 5, [])
    over = await make_order(session, community, status=OrderStatus.CLOSED)
    page = await browser.get(f"/console/orders/{over.id}/change")
    assert "这次服务不能再修改" in page.text
