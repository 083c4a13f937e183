"""诉求 in the console: the box, one need by each route, and from a need to an order in four fields."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.house import AccessLog
from app.models.need import Need, NeedStatus, Route
from app.models.order import Order, OrderStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.console.conftest import Visit
from tests.factories.needs import make_need
from tests.factories.organizations import make_community
from tests.factories.people import make_staff

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))


def local(hours: int) -> str:
    """As a browser types it, in three days and some hours."""
    moment = clock.now() + timedelta(days=3, hours=hours)
    return f"{moment.astimezone(clock.ZONE):%Y-%m-%dT%H:%M}"


async def test_the_box_holds_what_waits_small_and_cheap(
    session: AsyncSession, browser: AsyncClient, community: Organization, count_statements: Count
) -> None:
    path = f"/console/communities/{community.id}/needs"
    assert "没有等社区办理的诉求" in (await browser.get(path)).text
    for number in range(21):
        await make_need(session, community, words=f"{EVIL} {number}号")
    with count_statements() as statements:
        page = await browser.get(path, params={"status": ""})
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert EVIL not in page.text and page.text.count("/console/needs/") == 20
    assert 'rel="next"' in page.text
    assert "没有这个状态的诉求" in (await browser.get(path, params={"status": "solved"})).text
    assert (await browser.get(path, params={"status": "made_up"})).status_code == 422


async def test_from_a_need_to_an_open_order_in_four_fields(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    need = await make_need(session, community)
    one = f"/console/needs/{need.id}"
    data = {"route": "order", "category": "phone_teaching"}
    accepted = await browser.post(f"{one}/accept", data=data)
    assert accepted.headers["location"] == f"{one}?said=need_accept"
    page = await browser.get(accepted.headers["location"])
    assert "已受理" in page.text and 'value="教用手机"' in page.text
    path = f"/console/communities/{community.id}/needs/{need.id}/order"
    wrong = {"title": "教用手机", "starts_at": local(2), "ends_at": local(1), "seats": "2"}
    refused = await browser.post(path, data=wrong)
    assert refused.status_code == 422
    assert f'value="{wrong["starts_at"]}"' in refused.text and 'aria-invalid="true"' in refused.text
    unread = await browser.post(path, data=wrong | {"seats": "两个", "ends_at": local(3)})
    assert "应为整数" in unread.text
    done = await browser.post(path, data=wrong | {"ends_at": local(3)})
    assert done.headers["location"] == f"{one}?said=need_order", done.text
    order = (await session.scalars(select(Order))).one()
    assert (order.status, order.seats, order.title) == (OrderStatus.OPEN, 2, "教用手机")
    await session.refresh(need)
    assert need.status is NeedStatus.IN_HAND
    page = await browser.get(one)
    assert "办理中" in page.text and path not in page.text


async def test_a_route_that_wants_more_says_it_beside_the_field(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    need = await make_need(session, community)
    one = f"/console/needs/{need.id}"
    answer = await browser.post(f"{one}/accept", data={"route": "referred", "reply": EVIL})
    assert answer.status_code == 422
    assert 'id="wrong-field-accept-referred_to"' in answer.text and "请选择转办单位" in answer.text
    assert EVIL not in answer.text and "&lt;script&gt;" in answer.text
    data = {
        "route": "referred",
        "referred_to": "property_company",
        "answer_expected_on": (clock.today() + timedelta(days=4)).isoformat(),
    }
    assert (await browser.post(f"{one}/accept", data=data)).status_code == 303
    await session.refresh(need)
    assert (need.route, need.referred_to) == (Route.REFERRED, "property_company")


async def test_a_resident_is_asked_and_another_is_refused(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    asked, refused = await make_need(session, community), await make_need(session, community)
    words = {"words": "请问是几号楼？"}
    answer = await browser.post(f"/console/needs/{asked.id}/ask-back", data=words)
    page = await browser.get(answer.headers["location"])
    assert "已追问居民" in page.text and "社区问：请问是几号楼？" in page.text
    one = f"/console/needs/{refused.id}"
    unsaid = await browser.post(f"{one}/refuse", data={"reason_code": "other"})
    assert (unsaid.status_code, "请说明原因" in unsaid.text) == (422, True)
    assert re.search(r'<option value="other" selected>', unsaid.text)
    answer = await browser.post(f"{one}/refuse", data={"reason_code": "commercial"})
    assert "不予受理" in (await browser.get(answer.headers["location"])).text
    late = await browser.post(f"{one}/refuse", data={"reason_code": "commercial"})
    assert (late.status_code, "当前状态下不能进行此操作" in late.text) == (409, True)


async def test_another_community_s_box_is_shut(
    session: AsyncSession, visit: Visit, community: Organization
) -> None:
    need = await make_need(session, community)
    other = await make_community(session)
    stranger: Person = await make_staff(session, Role.COMMUNITY_SECRETARY, other)
    browser = await visit(stranger)
    assert (await browser.get(f"/console/communities/{community.id}/needs")).status_code == 403
    assert (await browser.get(f"/console/needs/{need.id}")).status_code == 404
    assert (await browser.post(f"/console/needs/{need.id}/accept")).status_code in (404, 422)
    assert (await session.get_one(Need, need.id)).status is NeedStatus.SUBMITTED


async def test_own_staff_begins_finishes_and_the_resident_is_asked(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    need = await make_need(session, community)
    one = f"/console/needs/{need.id}"
    await browser.post(f"{one}/accept", data={"route": "own_staff"})
    assert f"{one}/start" in (await browser.get(one)).text
    answer = await browser.post(f"{one}/start")
    assert "办理中" in (await browser.get(answer.headers["location"])).text
    assert "必填" in (await browser.post(f"{one}/finish")).text
    answer = await browser.post(f"{one}/finish", data={"reply": "路灯已修好"})
    page = await browser.get(answer.headers["location"])
    assert "待居民确认" in page.text and "路灯已修好" in page.text
    assert f"{one}/finish" not in page.text


async def test_a_look_at_the_contact_is_one_answer_and_is_noted(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    need = await make_need(session, community, contact_name="李奶奶", door="3幢101")
    one = f"/console/needs/{need.id}"
    page = await browser.post(f"{one}/contact")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "李奶奶" in page.text and "3幢101" in page.text
    assert "李奶奶" not in (await browser.get(one)).text
    look = (await session.scalars(select(AccessLog))).one()
    assert (look.subject_id, look.capacity) == (need.id, "community_clerk")
