"""The week's meeting: what waits, and the page as the meeting left it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import Acceptance, NeedKind, NeedStatus
from app.models.order import OrderStatus
from app.models.organization import Appointment, Organization
from app.models.person import Person, Role
from app.models.statistic import RollUp, RollUpPresence
from app.policies import shipped
from tests.factories.needs import make_need
from tests.factories.orders import make_order
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.orders.town import Desk, desk
from tests.records.town import House, house

__all__ = ["desk"]

Headers = Callable[[Person], dict[str, str]]


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def clerk(session: AsyncSession, community: Organization) -> Person:
    return await make_staff(session, Role.COMMUNITY_CLERK, community)


async def arrange(session: AsyncSession, community: Organization) -> dict[str, Any]:
    """One of each that waits, and of each one that does not."""
    now = clock.now()
    need = await make_need(session, community, category="lighting")
    await make_need(session, community, kind=NeedKind.ABOUT_MEMBER)
    await make_need(session, community, status=NeedStatus.SOLVED)
    late = await make_need(session, community, created_at=now - timedelta(days=30))
    passed_on = await make_need(
        session,
        community,
        status=NeedStatus.IN_HAND,
        answer_expected_on=clock.today() - timedelta(days=1),
    )
    done = await make_need(session, community, status=NeedStatus.DONE)
    session.add(Acceptance(need_id=done.id, round=0, due_at=now + timedelta(days=3)))
    unmet = await make_order(
        session, community, status=OrderStatus.EXPIRED, unserved_at=now, is_confidential=True
    )
    coming = await make_order(session, community, seats=2)
    await make_order(session, community, starts_at=now + timedelta(days=20))
    await session.flush()
    return {
        "needs": {need.id, late.id},
        "overdue": {late.id, passed_on.id},
        "feedback": {done.id},
        "unmet": {unmet.id},
        "coming": {coming.id},
    }


async def test_the_page_gathers_what_waits_and_its_frozen_state_is_the_record(
    session: AsyncSession, desk: Desk, community: Organization, clerk: Person
) -> None:
    waiting = await arrange(session, community)
    path = f"/organizations/{community.id}/triage"
    page = await desk.get(clerk, path)
    assert {name: {each["id"] for each in page[name]} for name in waiting} == {
        name: {str(each) for each in ids} for name, ids in waiting.items()
    }
    assert page["unmet"][0]["title"] == "保密服务"
    assert "想学用手机挂号" not in str(page)
    frozen = await desk.post(clerk, f"{path}/record", decisions=["路灯转供电公司，周五前回访"])
    assert frozen.status_code == 201, frozen.text
    made = frozen.json()
    again = await desk.post(clerk, f"{path}/record")
    assert (again.status_code, again.json()["code"]) == (409, "frozen_already")
    await make_need(session, community)
    office = await make_staff(
        session,
        Role.SUBDISTRICT_ADMIN,
        await session.get_one(Organization, community.lineage[-2]),
    )
    kept = await desk.get(office, f"/roll-ups/{made['id']}")
    assert kept["decisions"] == ["路灯转供电公司，周五前回访"]
    assert len(kept["content"]["needs"]) == 2
    listed = await desk.get(office, f"/organizations/{community.id}/roll-ups?rhythm=week")
    assert [each["id"] for each in listed["items"]] == [made["id"]]


async def test_who_is_not_of_the_community_neither_reads_nor_freezes(
    session: AsyncSession, desk: Desk, community: Organization, clerk: Person
) -> None:
    foreign = await make_staff(session, Role.COMMUNITY_CLERK, await make_community(session))
    path = f"/organizations/{community.id}/triage"
    assert (await desk.get(foreign, path))["code"] == "forbidden"
    assert (await desk.post(foreign, f"{path}/record")).status_code == 403
    grid = await make_organization(session, "grid", community)
    assert (await desk.get(clerk, f"/organizations/{grid.id}/triage"))["code"] == "not_found"
    listed = await desk.get(foreign, f"/organizations/{community.id}/roll-ups")
    assert listed["code"] == "forbidden"
    for nobody in (f"/organizations/{clerk.id}/roll-ups", f"/roll-ups/{clerk.id}"):
        assert (await desk.get(clerk, nobody))["code"] == "not_found"
    assert await session.scalar(select(func.count()).select_from(RollUp)) == 0


async def appoint(
    session: AsyncSession, place: Organization, post: str, name: str, **columns: Any
) -> Appointment:
    row = Appointment(
        organization_id=place.id, post=post, name=name, from_on=clock.today(), **columns
    )
    session.add(row)
    await session.flush()
    return row


async def test_who_was_present_is_ticked_and_printed_with_what_was_decided(
    session: AsyncSession, desk: Desk, community: Organization, clerk: Person
) -> None:
    await shipped.load(session)
    grid = await make_organization(session, "grid", community, name="第一网格")
    secretary = await appoint(
        session, community, "community_secretary", "赵卫国", phone_hash=b"1" * 32
    )
    await appoint(session, grid, "grid_owner", "赵卫国", phone_hash=b"1" * 32)
    await appoint(session, grid, "grid_owner", "冯丽", to_on=clock.today() - timedelta(days=1))
    elsewhere = await appoint(session, await make_community(session), "grid_owner", "外人")
    helper = await make_staff(session, Role.GRID_HELPER, grid, name="李助理")
    need = await make_need(session, community, category="corridor_light")
    moved = await desk.post(
        clerk, f"/needs/{need.id}/accept", route="own_staff", category="corridor_light"
    )
    assert moved.status_code == 200, moved.text
    await make_order(session, community, published_at=clock.now(), title="扫雪")
    await make_need(session, community, category=None)

    path = f"/organizations/{community.id}/triage"
    page = await desk.get(clerk, path)
    assert [(each["number"], each["action"], each["route"]) for each in page["decided"]] == [
        (need.number, "accept", "own_staff")
    ]
    assert [each["title"] for each in page["published"]] == ["扫雪"]
    people = {each["name"]: each for each in page["people"]}
    assert list(people) == ["赵卫国", clerk.name, "李助理"]
    assert people["赵卫国"]["capacity"] == (
        f"{community.name} 社区党组织书记、第一网格 网格责任人（专职网格员）"
    )
    refused = await desk.post(
        clerk, f"{path}/record", present=[str(secretary.id), str(elsewhere.id)]
    )
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/present/1")
    assert await session.scalar(select(func.count()).select_from(RollUp)) == 0
    made = await desk.post(
        clerk,
        f"{path}/record",
        present=[people["李助理"]["id"], str(secretary.id)],
        guests=["物业王经理"],
        decisions=["周五前修好"],
    )
    assert made.status_code == 201, made.text
    present = [
        {"name": "赵卫国", "capacity": people["赵卫国"]["capacity"]},
        {"name": "李助理", "capacity": "第一网格 兼职网格员"},
        {"name": "物业王经理", "capacity": None},
    ]
    assert made.json()["present"] == present
    one = f"/roll-ups/{made.json()['id']}"
    secretary.to_on = clock.today() - timedelta(days=1)
    await session.flush()
    assert (await desk.get(clerk, one))["present"] == present
    printed = await desk.get(clerk, f"{one}/printed")
    assert printed["title"] == f"{community.name}周研判记录"
    assert (printed["present"], printed["decisions"]) == (present, ["周五前修好"])
    sections = {each["name"]: each["lines"] for each in printed["sections"]}
    assert sections["本周已研判"] == [f"{need.number} 我要求助 楼道照明：社区自办"]
    assert sections["本周发布"][0].split("，")[0].endswith("扫雪")
    assert len(sections["待研判"]) == 2
    assert "无人接单" not in sections
    rows = (await session.scalars(select(RollUpPresence).order_by(RollUpPresence.place))).all()
    assert [row.person_id for row in rows] == [None, helper.id, None]


async def test_only_a_week_is_printed(
    session: AsyncSession, desk: Desk, community: Organization, clerk: Person
) -> None:
    day = RollUp(organization_id=community.id, rhythm="day", first_on=clock.today(), content={})
    session.add(day)
    await session.flush()
    assert (await desk.get(clerk, f"/roll-ups/{day.id}/printed"))["code"] == "not_found"
    assert (await desk.get(clerk, f"/roll-ups/{day.id}"))["present"] == []


async def test_of_two_who_freeze_at_once_one_does(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        people = [(await make_staff(session, Role.COMMUNITY_CLERK, community)).id for _ in range(4)]
    async with house(committed) as client:
        at = House(committed, client)
        path = f"/organizations/{community.id}/triage/record"
        found = await asyncio.gather(*(at.post(who, path, decisions=["研判"]) for who in people))
    assert sorted(each["code_of"] for each in found) == [201, 409, 409, 409]
    async with committed.state.sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(RollUp)) == 1


async def test_days_come_page_by_page_the_latest_first(
    session: AsyncSession, client: AsyncClient, sign_in: Headers, clerk: Person, community: Any
) -> None:
    for days in range(3):
        day = clock.today() - timedelta(days=days)
        session.add(RollUp(organization_id=community.id, rhythm="day", first_on=day, content={}))
    await session.flush()
    path = f"/api/v1/organizations/{community.id}/roll-ups"
    first = (await client.get(path, params={"limit": 2}, headers=sign_in(clerk))).json()
    query = {"cursor": first["next_cursor"]}
    second = (await client.get(path, params=query, headers=sign_in(clerk))).json()
    days_seen = [each["first_on"] for each in (*first["items"], *second["items"])]
    assert days_seen == sorted(days_seen, reverse=True)
    assert len(days_seen) == 3
