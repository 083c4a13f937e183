"""The plan of a community: one tap makes the draft of an order."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.order import Order
from app.models.order_series import PlanItem
from app.models.person import Role
from tests.factories.organizations import make_community
from tests.factories.people import make_staff
from tests.orders.test_orders import at
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Counter = Callable[[], AbstractContextManager[list[str]]]
NEXT_MONTH = clock.months_after(clock.today(), 1)


def item(**fields: Any) -> dict[str, Any]:
    return {
        "title": "老人手机课",
        "month": f"{NEXT_MONTH:%Y-%m}",
        "template": "phone_class",
        "marks": ["livelihood_item"],
    } | fields


def plan_of(town: Town) -> str:
    return f"/organizations/{town.community.id}/plan-items"


async def added(desk: Desk, town: Town, **fields: Any) -> Any:
    return (await desk.post(town.clerk, plan_of(town), **item(**fields))).json()


async def test_one_tap_makes_the_draft_of_a_planned_order(
    desk: Desk, town: Town, count_statements: Counter
) -> None:
    made = await added(desk, town)
    assert (made["month"], made["order_id"]) == (f"{NEXT_MONTH:%Y-%m}", None)
    path = f"/plan-items/{made['id']}"
    with count_statements() as spent:
        drafted = await desk.post(town.clerk, f"{path}/order")
    assert (drafted.status_code, drafted.json()["status"], len(spent) <= 12) == (201, "draft", True)
    order = await desk.get(town.clerk, f"/orders/{drafted.json()['id']}")
    assert (order["title"], order["seats"], order["category"]) == (
        "老人手机课",
        3,
        "phone_teaching",
    )
    assert order["marks"] == ["livelihood_item"]
    begins = datetime.fromisoformat(order["starts_at"]).astimezone(clock.ZONE)
    assert (begins.isoweekday(), f"{begins:%Y-%m %H:%M}") == (6, f"{NEXT_MONTH:%Y-%m} 09:30")
    ends = datetime.fromisoformat(order["ends_at"])
    assert ends - begins == timedelta(minutes=90)
    again = await desk.post(town.clerk, f"{path}/order")
    assert (again.status_code, again.json()["code"]) == (409, "already_drafted")
    await desk.post(town.clerk, f"/orders/{order['id']}/cancel", reason_code="venue")
    assert (await desk.post(town.clerk, f"{path}/order", starts_at=at(days=9))).status_code == 201
    with count_statements() as spent:
        listed = await desk.get(town.clerk, f"{plan_of(town)}?year={NEXT_MONTH.year}")
    assert len(spent) <= 4
    assert [(one["title"], one["order_status"]) for one in listed["items"]] == [
        ("老人手机课", "draft")
    ]


async def test_the_plan_is_listed_by_month_and_year(desk: Desk, town: Town) -> None:
    year = clock.today().year + 1
    for month in (f"{year}-05", f"{year}-03", f"{year}-12", f"{year + 1}-01"):
        await added(desk, town, month=month, title=month)
    first = await desk.get(town.clerk, f"{plan_of(town)}?year={year}&limit=2")
    rest = await desk.get(
        town.clerk, f"{plan_of(town)}?year={year}&limit=2&cursor={first['next_cursor']}"
    )
    titles = [one["month"] for page in (first, rest) for one in page["items"]]
    assert titles == [f"{year}-03", f"{year}-05", f"{year}-12"]


async def test_an_item_is_changed_and_removed(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await added(desk, town)
    path = f"/plan-items/{made['id']}"
    year = clock.today().year + 1
    changed = await desk.patch(town.clerk, path, version=1, title="反诈课", month=f"{year}-06")
    assert (changed.json()["title"], changed.json()["month"]) == ("反诈课", f"{year}-06")
    stale = await desk.patch(town.clerk, path, version=1, marks=[])
    assert stale.json()["code"] == "stale_version"
    wrong = await desk.patch(town.clerk, path, version=2, marks=["x"])
    assert wrong.json()["errors"][0]["pointer"] == "/marks/0"
    unsaid = await desk.patch(town.clerk, path, version=2, title=None)
    assert unsaid.json()["errors"][0]["pointer"] == "/title"
    head = desk.sign_in(town.clerk)
    for status in (204, 404):
        gone = await desk.client.delete(f"/api/v1{path}", headers=head)
        assert gone.status_code == status
    assert await session.scalar(select(func.count()).select_from(PlanItem)) == 0


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"template": "x"}, "/template"),
        ({"marks": ["x"]}, "/marks/0"),
        ({"month": "2026-13"}, "/month"),
    ],
)
async def test_an_item_that_the_content_does_not_know_is_refused(
    desk: Desk, town: Town, fields: dict[str, Any], pointer: str
) -> None:
    refused = await added(desk, town, **fields)
    assert refused["errors"][0]["pointer"] == pointer


async def test_of_a_month_that_is_over_the_begin_is_said(desk: Desk, town: Town) -> None:
    made = await added(desk, town, month=f"{clock.months_after(clock.today(), -2):%Y-%m}")
    path = f"/plan-items/{made['id']}/order"
    refused = await desk.post(town.clerk, path)
    assert refused.json()["errors"][0]["code"] == "month_over"
    assert (await desk.post(town.clerk, path, starts_at=at(days=2))).status_code == 201


async def test_only_the_communitys_staff_has_the_plan(desk: Desk, town: Town) -> None:
    assert (await desk.post(town.member, plan_of(town), **item())).status_code == 403
    made = await added(desk, town)
    assert (await desk.post(town.helper, f"/plan-items/{made['id']}/order")).status_code == 404


async def test_two_taps_at_once_make_one_draft(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        staff = [await make_staff(session, Role.COMMUNITY_CLERK, community) for _ in range(3)]
        row = PlanItem(
            community_id=community.id,
            title="老人手机课",
            month=NEXT_MONTH.replace(day=1),
            template="phone_class",
        )
        session.add(row)
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        answers = await asyncio.gather(
            *(
                client.post(
                    f"/api/v1/plan-items/{row.id}/order",
                    json={},
                    headers={"Authorization": f"Bearer {committed.state.tokens.sign(who.id)}"},
                )
                for who in staff
            )
        )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Order)) == 1
