"""What a community announces only so often: single cleanups in a month, one project a year."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import NeedStatus, Route
from app.models.order import Order, OrderStatus
from app.models.organization import Policy
from app.models.person import Role
from tests.factories.needs import make_need
from tests.factories.orders import make_order
from tests.factories.organizations import make_community
from tests.factories.people import make_staff
from tests.orders import test_crosswise
from tests.orders.test_series import form
from tests.orders.town import Desk, Town, desk, town
from tests.posts.town import Sessions, work

__all__ = ["desk", "town"]

CLEANUP = {"template": "corridor_cleaning", "title": "楼道清理"}
PROJECT = {"category": "phone_teaching", "title": "书记讲堂", "marks": ["secretary_project"]}


def next_month(day: int = 10) -> date:
    first = (clock.today().replace(day=1) + timedelta(days=32)).replace(day=1)
    return first.replace(day=day)


def on(day: date, **fields: Any) -> dict[str, Any]:
    begins = datetime.combine(day, time(9), clock.ZONE)
    ends = begins + timedelta(hours=1)
    times = {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
    return times | {"seats": 2, "publish": True} | fields


async def announced(desk: Desk, town: Town, day: date, **fields: Any) -> Any:
    """The answer's code, or what it says."""
    path = f"/organizations/{town.community.id}/orders"
    answer = await desk.post(town.clerk, path, **on(day, **fields))
    body = answer.json()
    return body if answer.status_code == 201 else body["code"]


async def test_a_third_cleanup_of_a_month_is_one_too_many(desk: Desk, town: Town) -> None:
    day = next_month()
    first = await announced(desk, town, day, **CLEANUP)
    assert (await announced(desk, town, day, **CLEANUP))["status"] == "open"
    assert await announced(desk, town, day, **CLEANUP) == "enough_cleanups"
    assert (await announced(desk, town, day, template="green_adoption", title="绿地认养"))["status"]
    other = await announced(
        desk, town, next_month(1) - timedelta(days=1) + timedelta(days=40), **CLEANUP
    )
    assert other["status"] == "open"
    drafted = await announced(desk, town, day, **CLEANUP, publish=False)
    path = f"/orders/{drafted['id']}/publish"
    assert (await desk.post(town.clerk, path)).json()["code"] == "enough_cleanups"
    await desk.post(town.clerk, f"/orders/{first['id']}/cancel", reason_code="weather")
    assert (await desk.post(town.clerk, path)).json()["status"] == "open"


async def test_what_a_resident_asks_for_and_what_comes_again_has_no_limit(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    day = next_month()
    need = await make_need(
        session,
        town.community,
        status=NeedStatus.ACCEPTED,
        route=Route.ORDER,
        category="corridor_clutter",
    )
    await session.commit()
    asked = await announced(desk, town, day, title="清走杂物", need_ids=[str(need.id)])
    assert asked["status"] == "open"
    for _ in range(2):
        assert (await announced(desk, town, day, **CLEANUP))["status"] == "open"
    assert await announced(desk, town, day, **CLEANUP) == "enough_cleanups"
    series = form(**CLEANUP, category=None, starts_on=day.isoformat(), marks=[])
    series.pop("category")
    path = f"/organizations/{town.community.id}/order-series"
    assert (await desk.post(town.clerk, path, **series)).status_code == 201
    await work(sessions)
    assert await session.scalar(select(func.count()).where(Order.series_id.is_not(None)))


async def test_the_community_says_how_many(desk: Desk, town: Town, session: AsyncSession) -> None:
    session.add(
        Policy(
            organization_id=town.community.id,
            key="posts.environment_monthly_max",
            value={"value": 0},
            effective_on=date(2020, 1, 1),
            basis="x",
            author_id=town.clerk.id,
            created_at=clock.now(),
        )
    )
    await session.commit()
    assert await announced(desk, town, next_month(), **CLEANUP) == "enough_cleanups"


async def test_a_community_has_one_secretarys_project_a_year(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    day = clock.today().replace(month=1, day=10)
    day = day.replace(year=day.year + 1)
    first = await announced(desk, town, day, **PROJECT)
    assert first["status"] == "open"
    assert await announced(desk, town, day, **PROJECT) == "one_project"
    path = f"/organizations/{town.community.id}/order-series"
    series = form(marks=PROJECT["marks"], starts_on=day.isoformat())
    assert (await desk.post(town.clerk, path, **series)).json()["code"] == "one_project"
    year_after = day.replace(year=day.year + 1)
    assert (await announced(desk, town, year_after, **PROJECT))["status"] == "open"
    plain = await announced(desk, town, day, category="phone_teaching", title="手机课")
    marked = {"version": plain["version"], "marks": PROJECT["marks"]}
    refused = await desk.patch(town.clerk, f"/orders/{plain['id']}", **marked)
    assert (refused.status_code, refused.json()["code"]) == (409, "one_project")
    drafted = await announced(desk, town, day, **PROJECT, publish=False)
    await desk.post(town.clerk, f"/orders/{first['id']}/cancel", reason_code="weather")
    assert (await desk.patch(town.clerk, f"/orders/{plain['id']}", **marked)).status_code == 200
    publish = f"/orders/{drafted['id']}/publish"
    assert (await desk.post(town.clerk, publish)).json()["code"] == "one_project"


async def test_a_series_is_one_project_with_all_its_services(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    path = f"/organizations/{town.community.id}/order-series"
    series = form(marks=PROJECT["marks"])
    assert (await desk.post(town.clerk, path, **series)).status_code == 201
    await work(sessions)
    made = (await session.scalars(select(Order).order_by(Order.starts_at))).all()
    assert len(made) > 1
    one = made[0]
    assert await announced(desk, town, clock.local_day(one.starts_at), **PROJECT) == "one_project"
    path = f"/orders/{one.id}"
    for marks in ([], PROJECT["marks"]):
        version = (await desk.get(town.clerk, path))["version"]
        changed = await desk.patch(town.clerk, path, version=version, marks=marks)
        assert changed.status_code == 200


async def test_of_many_announced_at_once_the_limit_holds(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        clerks = [await make_staff(session, Role.COMMUNITY_CLERK, community) for _ in range(6)]
        begins = datetime.combine(next_month(), time(9), clock.ZONE)
        drafts = [
            await make_order(
                session,
                community,
                status=OrderStatus.DRAFT,
                starts_at=begins,
                flags=["cleanup"],
                marks=["secretary_project"] if place % 2 else [],
            )
            for place in range(12)
        ]
    found: Counter[int] = await test_crosswise.press(
        committed,
        [
            (clerks[place % 6].id, "POST", f"/orders/{order.id}/publish", {})
            for place, order in enumerate(drafts)
        ],
    )
    assert found == {200: 2, 409: 10}
    async with committed.state.sessions() as session:
        are_open = Order.status == OrderStatus.OPEN
        marks = await session.scalars(select(Order.marks).where(are_open))
        assert sum(bool(each) for each in marks) <= 1
