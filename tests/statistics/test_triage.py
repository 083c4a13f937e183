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
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.statistic import RollUp
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
