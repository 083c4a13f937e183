"""到场和时长 in the console: the list on paper, who came, and the minutes of all at once."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import NeedStatus
from app.models.order import Order, OrderStatus, Seat, SeatStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.record import ServiceRecord
from tests.console.conftest import Visit
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def clerk(session: AsyncSession, community: Organization) -> Person:
    return await make_staff(session, Role.COMMUNITY_CLERK, community)


@pytest.fixture
async def browser(clerk: Person, visit: Visit) -> AsyncClient:
    return await visit(clerk)


async def served(session: AsyncSession, community: Organization, **columns: Any) -> Order:
    """An order that began two hours ago and ended one hour ago."""
    begin = clock.now() - timedelta(hours=2)
    return await make_order(
        session,
        community,
        **{"starts_at": begin, "ends_at": begin + timedelta(hours=1)} | columns,
    )


async def seat_of(
    session: AsyncSession, order: Order, community: Organization, name: str, **columns: Any
) -> Seat:
    person = await make_person(session, name=name)
    row = await make_registration(session, community, person)
    return await make_seat(session, order, row, **columns)


def at(order: Order, what: str) -> str:
    return f"/console/orders/{order.id}/{what}"


async def test_the_list_on_paper_names_who_comes_with_boxes_to_tick(
    session: AsyncSession, browser: AsyncClient, community: Organization, visit: Visit
) -> None:
    grid = await make_organization(session, "grid", community)
    building = await make_organization(session, "building", grid)
    order = await make_order(session, community, building_id=building.id)
    assert "还没有人接单" in (await browser.get(at(order, "sheet"))).text
    await seat_of(session, order, community, "钱大海")
    await seat_of(session, order, community, "孙小江", status=SeatStatus.OFFERED)
    page = await browser.get(at(order, "sheet"))
    assert "钱大海" in page.text and "孙小江" not in page.text
    assert page.text.count('class="box"') == 2 and "orders.css" in page.text
    assert "还没有开始" in (await browser.get(at(order, "attendance"))).text
    helper = await visit(await make_staff(session, Role.GRID_WORKER, grid))
    masked = await helper.get(at(order, "sheet"))
    assert masked.status_code == 200 and "钱大海" not in masked.text
    elsewhere = await make_community(session)
    stranger = await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, elsewhere))
    assert (await stranger.get(at(order, "sheet"))).status_code in (403, 404)
    assert (await stranger.post(at(order, "attendance"))).status_code in (403, 404)


async def test_who_came_then_the_minutes_of_all_with_one_exception(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    need = await make_need(session, community, status=NeedStatus.IN_HAND)
    order = await served(session, community, needs=(need,))
    came, longer, ill, missed = [
        await seat_of(session, order, community, name) for name in ("钱一", "钱二", "钱三", "钱四")
    ]
    page = await browser.get(at(order, "attendance"))
    assert page.text.count('<option value="came" selected>') == 4 and "突发疾病" in page.text
    unknown = await browser.post(at(order, "attendance"), data={f"seat/{ill.id}": "made_up"})
    assert unknown.status_code == 422 and "不在可选范围内" in unknown.text
    answer = await browser.post(
        at(order, "attendance"),
        data={
            f"seat/{came.id}": "came",
            f"seat/{longer.id}": "came",
            f"seat/{ill.id}": "illness",
            f"seat/{missed.id}": "missed",
            "seat/nobody": "came",
        },
    )
    assert answer.headers["location"] == at(order, "attendance?said=order_attendance")
    page = await browser.get(answer.headers["location"])
    assert (
        "到场情况已登记" in page.text and "未到，有事由" in page.text and 'value="60"' in page.text
    )
    data = {"minutes": "60", f"minutes/{came.id}": "", f"minutes/{longer.id}": "一小时"}
    refused = await browser.post(at(order, "complete"), data=data)
    assert refused.status_code == 422 and 'value="一小时"' in refused.text
    assert f'id="wrong-field-minutes-{longer.id}"' in refused.text
    much = await browser.post(at(order, "complete"), data=data | {f"minutes/{longer.id}": "1441"})
    assert much.status_code == 422 and "1到1440" in much.text
    day = {"minutes": "1440", f"minutes/{longer.id}": "90"}
    too_long = await browser.post(at(order, "complete"), data=day)
    assert too_long.status_code == 422 and 'id="wrong-field-minutes"' in too_long.text
    done = await browser.post(at(order, "complete"), data=data | {f"minutes/{longer.id}": "90"})
    assert done.headers["location"] == f"/console/orders/{order.id}?said=order_complete"
    page = await browser.get(done.headers["location"])
    assert "等待居民答复" in page.text and "1小时30分" in page.text
    assert sorted(await session.scalars(select(ServiceRecord.minutes))) == [60, 90]
    page = await browser.get(at(order, "attendance"))
    assert "<select" not in page.text and "时长已确认" in page.text
    late = await browser.post(at(order, "complete"), data={"minutes": "60"})
    assert late.status_code == 409 and "当前状态下不能进行此操作" in late.text


async def test_where_everybody_came_one_form_does_it_all(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    order = await served(session, community)
    seats = [await seat_of(session, order, community, name) for name in ("钱一", "钱二")]
    assert (
        f'formaction="{at(order, "complete")}"' in (await browser.get(at(order, "attendance"))).text
    )
    unsaid = await browser.post(at(order, "complete"), data={f"seat/{seats[0].id}": "came"})
    assert unsaid.status_code == 409 and "还有人未确认是否到场" in unsaid.text
    data = {f"seat/{seat.id}": "came" for seat in seats}
    answer = await browser.post(at(order, "complete"), data=data)
    assert answer.headers["location"] == f"/console/orders/{order.id}?said=order_complete"
    await session.refresh(order)
    assert order.status is OrderStatus.CLOSED


async def test_where_nobody_came_the_service_ends_so(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    order = await served(session, community)
    seat = await seat_of(session, order, community, "钱一")
    await browser.post(at(order, "attendance"), data={f"seat/{seat.id}": "missed"})
    assert "没有人到场" in (await browser.get(at(order, "attendance"))).text
    answer = await browser.post(at(order, "complete"))
    assert answer.headers["location"] == f"/console/orders/{order.id}?said=order_unserved"
    await session.refresh(order)
    assert order.status is OrderStatus.EXPIRED
    empty = await served(session, community)
    assert "没有人接单" in (await browser.get(at(empty, "attendance"))).text


async def test_nobody_says_of_himself_that_he_came(
    session: AsyncSession, browser: AsyncClient, clerk: Person, community: Organization
) -> None:
    order = await served(session, community)
    own = await make_seat(session, order, await make_registration(session, community, clerk))
    page = await browser.get(at(order, "attendance"))
    assert "您本人的到场须由他人确认" in page.text and "<select" not in page.text
    refused = await browser.post(at(order, "attendance"), data={f"seat/{own.id}": "came"})
    assert refused.status_code == 409 and "须由他人确认" in refused.text
    await session.refresh(own)
    assert own.status is SeatStatus.TAKEN
