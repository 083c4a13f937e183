"""Stored plans: kept under a version, called from in one tap, copied into what is made from them."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.call_up_plan import CallUpPlan
from app.models.emergency import Shift
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.emergency.town import Desk, Town, at, called, desk, town
from tests.factories.emergency import make_plan
from tests.factories.organizations import make_community
from tests.factories.people import make_staff

__all__ = ["desk", "town"]

PLAN: dict[str, Any] = {
    "kind": "flood_typhoon",
    "level": "response",
    "title": "防台预案",
    "text": "台风将至，请值守。",
    "contact_phone": "0513-85000000",
    "gather_within": 90,
    "meeting_points": [{"place": "服务中心门口"}, {"place": "三号闸", "note": "北门进"}],
    "posts": [
        {
            "duty": "patrol",
            "seats": 2,
            "minutes": 240,
            "shifts": 3,
            "meals": "每班一份盒饭",
            "insurance": "街道统一投保",
        },
        {"duty": "logistics", "place": "仓库", "seats": 1, "begins_after": 30, "minutes": 120},
    ],
}


async def keep(desk: Desk, who: Person, place: Organization, **fields: Any) -> Response:
    return await desk.post(who, f"/organizations/{place.id}/call-up-plans", **PLAN | fields)


async def test_the_story_of_a_plan(desk: Desk, town: Town, session: AsyncSession) -> None:
    kept = await keep(desk, town.clerk, town.community)
    assert (kept.status_code, kept.json()["version"]) == (201, 1)
    plan = kept.json()["id"]
    shown = await desk.get(town.secretary, f"/call-up-plans/{plan}")
    assert (shown["may_change"], shown["posts"][0]["shifts"]) == (True, 3)
    before = clock.now()
    made = await desk.post(town.clerk, f"/call-up-plans/{plan}/call-ups")
    assert (made.status_code, made.json()["status"]) == (201, "draft")
    call_up = made.json()["id"]
    drafted = await desk.get(town.clerk, f"/call-ups/{call_up}")
    assert (drafted["title"], drafted["place"]) == ("防台预案", "服务中心门口")
    gather_at = datetime.fromisoformat(drafted["gather_at"])
    assert timedelta(minutes=89) < gather_at - before < timedelta(minutes=91)
    rows = list(
        await session.scalars(
            select(Shift).where(Shift.call_up_id == call_up).order_by(Shift.starts_at, Shift.duty)
        )
    )
    begins = [(row.duty, int((row.starts_at - gather_at).total_seconds() // 60)) for row in rows]
    assert begins == [("patrol", 0), ("logistics", 30), ("patrol", 240), ("patrol", 480)]
    assert [row.place for row in rows[:2]] == ["服务中心门口", "仓库"]
    listed = (await desk.get(town.clerk, f"/call-ups/{call_up}/shifts"))["items"]
    assert (listed[0]["meals"], listed[0]["insurance"]) == ("每班一份盒饭", "街道统一投保")

    changed = {"version": 1, "title": "防汛预案", "contact_phone": None}
    changed["posts"] = [PLAN["posts"][1]]
    answer = await desk.patch(town.secretary, f"/call-up-plans/{plan}", **changed)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    stale = await desk.patch(town.clerk, f"/call-up-plans/{plan}", version=1, text="另一个")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    copy = (await desk.get(town.clerk, f"/call-ups/{call_up}"))["made_from"]
    assert (copy["plan_id"], copy["version"], copy["title"]) == (plan, 1, "防台预案")
    assert [post["duty"] for post in copy["posts"]] == ["patrol", "logistics"]
    for who in (town.secretary, town.branch_secretary):
        await desk.post(who, f"/call-ups/{call_up}/approve")
    assert await called(session, call_up)
    claimed = await desk.post(town.member, f"/shifts/{rows[0].id}/seats")
    assert claimed.status_code == 201
    mine = (await desk.get(town.member, "/me/shift-seats"))["items"][0]
    assert (mine["meals"], mine["insurance"]) == ("每班一份盒饭", "街道统一投保")

    again = {"gather_at": at(hours=5), "meeting_point": 2, "level": "standby"}
    second = await desk.post(town.clerk, f"/call-up-plans/{plan}/call-ups", **again)
    shown = await desk.get(town.clerk, f"/call-ups/{second.json()['id']}")
    assert (shown["place"], shown["level"], shown["contact_phone"]) == ("三号闸", "standby", None)
    assert len((await desk.get(town.clerk, f"/call-ups/{shown['id']}/shifts"))["items"]) == 1


async def test_a_districts_plan_is_called_from_below_and_changed_by_the_district(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    district = await session.get_one(Organization, town.community.lineage[1])
    plan = (await keep(desk, town.district, district)).json()["id"]
    path = f"/call-up-plans/{plan}"
    listed = await desk.get(town.clerk, f"/organizations/{town.community.id}/call-up-plans")
    assert [one["id"] for one in listed["items"]] == [plan]
    assert (await desk.get(town.clerk, path))["may_change"] is False
    assert (await desk.patch(town.clerk, path, version=1, text="另一个")).status_code == 403
    body = {"organization_id": str(town.community.id)}
    made = await desk.post(town.clerk, f"{path}/call-ups", **body)
    assert made.status_code == 201
    assert (await desk.post(town.clerk, f"{path}/call-ups")).status_code == 404
    elsewhere = await make_community(session)
    foreign = await make_staff(session, Role.COMMUNITY_CLERK, elsewhere)
    assert (await desk.get(foreign, path))["code"] == "not_found"
    assert (await desk.post(foreign, f"{path}/call-ups", **body)).status_code == 404
    body = {"organization_id": str(new_id())}
    assert (await desk.post(town.district, f"{path}/call-ups", **body)).status_code == 404


async def test_nothing_is_called_from_a_plan_that_is_not_kept_any_more(
    desk: Desk, town: Town
) -> None:
    plan = (await keep(desk, town.clerk, town.community)).json()["id"]
    path = f"/call-up-plans/{plan}"
    outside = await desk.post(town.clerk, f"{path}/call-ups", meeting_point=3)
    assert outside.json()["errors"][0]["pointer"] == "/meeting_point"
    gone = await desk.patch(town.clerk, path, version=1, is_current=False)
    assert gone.json()["is_current"] is False
    refused = await desk.post(town.clerk, f"{path}/call-ups")
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_retired")
    empty = await desk.patch(town.clerk, path, version=2, title=None)
    assert empty.json()["errors"][0]["pointer"] == "/title"
    assert (await desk.get(town.clerk, path))["version"] == 2


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "earthquake"}, "/kind"),
        ({"level": "highest"}, "/level"),
        ({"meeting_points": []}, "/meeting_points"),
        ({"posts": [{"duty": "dance", "seats": 1, "minutes": 60}]}, "/posts/0/duty"),
        ({"posts": [{"duty": "patrol", "seats": 1, "minutes": 361}]}, "/posts/0/minutes"),
        ({"posts": [{"duty": "patrol", "seats": 1, "minutes": 60, "shifts": 28}] * 4}, "/posts"),
    ],
)
async def test_a_plan_that_makes_no_sense_is_refused(
    desk: Desk, town: Town, session: AsyncSession, change: dict[str, Any], pointer: str
) -> None:
    answer = await keep(desk, town.clerk, town.community, **change)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert await session.scalar(select(CallUpPlan.id)) is None


async def test_plans_are_kept_by_staff_and_a_campaign_is_no_immediate_one(
    desk: Desk, town: Town
) -> None:
    assert (await keep(desk, town.clerk, town.group)).status_code == 404
    assert (await keep(desk, town.member, town.community)).status_code == 403
    path = f"/organizations/{town.community.id}/call-up-plans"
    assert (await desk.get(town.member, path))["code"] == "forbidden"
    assert (await desk.get(town.clerk, f"/organizations/{new_id()}/call-up-plans"))["status"] == 404
    for method in (desk.get, desk.post):
        suffix = "/call-ups" if method == desk.post else ""
        answer: Any = await method(town.clerk, f"/call-up-plans/{new_id()}{suffix}")
        assert (answer if suffix == "" else answer.json())["code"] == "not_found"
    nobody = await desk.patch(town.clerk, f"/call-up-plans/{new_id()}", version=1)
    assert nobody.status_code == 404
    alone = await keep(desk, town.clerk, town.community, kind="city_campaign", level="immediate")
    assert alone.json()["code"] == "not_emergency"


async def test_plans_are_listed_page_by_page(desk: Desk, town: Town) -> None:
    for _ in range(3):
        await keep(desk, town.clerk, town.community)
    path = f"/organizations/{town.community.id}/call-up-plans?limit=2"
    first = await desk.get(town.clerk, path)
    rest = await desk.get(town.clerk, f"{path}&cursor={first['next_cursor']}")
    assert len({one["id"] for one in first["items"] + rest["items"]}) == 3


async def test_of_two_changes_of_one_version_at_once_one_holds(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
        plan = make_plan(community)
        session.add(plan)
        await session.flush()
    transport = ASGITransport(committed, raise_app_exceptions=False)
    head = {"Authorization": f"Bearer {committed.state.tokens.sign(clerk.id)}"}
    async with AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        path = f"/call-up-plans/{plan.id}"
        answers = await asyncio.gather(
            *(
                client.patch(path, json={"version": 1, "title": f"第{each}版"}, headers=head)
                for each in range(6)
            )
        )
    codes = Counter(each.json().get("code", each.status_code) for each in answers)
    assert codes == {200: 1, "stale_version": 5}
    async with committed.state.sessions() as session:
        assert (await session.get_one(CallUpPlan, plan.id)).version == 2
