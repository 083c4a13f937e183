"""回访: whom to call this morning, and who was called today."""

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import (
    Acceptance,
    AcceptanceStatus,
    AcceptanceStep,
    NeedKind,
    NeedStatus,
    NeedStep,
)
from app.models.organization import Organization
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.needs import make_need
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff

ALONE: Any = {"requester_id": None}


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))


def page_of(community: Organization) -> str:
    return f"/console/communities/{community.id}/call-backs"


async def test_nobody_is_to_be_called(browser: AsyncClient, community: Organization) -> None:
    page = await browser.get(page_of(community))
    assert "现在没有要打的电话" in page.text and "今天还没有回访" in page.text


async def test_who_waits_for_a_call_stands_in_three_lists(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    grid = await make_organization(session, "grid", community)
    building = await make_organization(session, "building", grid, name="12幢")
    wants = await make_need(
        session,
        community,
        kind=NeedKind.CALL_ME_BACK,
        words="请给我回电",
        contact_phone="13800001234",
        building_id=building.id,
    )
    asked = await make_need(session, community, status=NeedStatus.ASKED_BACK, **ALONE)
    first, late = [
        await make_need(session, community, status=NeedStatus.DONE, contact_phone=None, **ALONE)
        for _ in range(2)
    ]
    apart = [
        await make_need(session, community),
        await make_need(session, community, status=NeedStatus.ASKED_BACK),
        await make_need(session, community, status=NeedStatus.DONE),
        await make_need(session, community, kind=NeedKind.CALL_ME_BACK, status=NeedStatus.SOLVED),
        await make_need(
            session, community, kind=NeedKind.ABOUT_MEMBER, status=NeedStatus.ASKED_BACK, **ALONE
        ),
    ]
    waiting = [Acceptance(need_id=need.id, round=0) for need in (first, late, apart[2])]
    session.add_all(waiting)
    await session.flush()
    session.add(
        AcceptanceStep(acceptance_id=waiting[1].id, action="remind", entered=waiting[1].status)
    )
    await session.flush()
    page = await browser.get(page_of(community))
    for said in ("请回电（1）", "请追问（1）", "请确认结果（2）", "138****1234", "12幢", "未留"):
        assert said in page.text
    numbers = [page.text.index(need.number) for need in (wants, asked, late, first)]
    assert numbers == sorted(numbers) and "再次回访" in page.text
    assert not any(f"/needs/{need.id}" in page.text for need in apart)


async def test_what_was_said_by_phone_today_is_listed(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    now, yesterday = clock.now(), clock.now() - timedelta(days=1)
    rows = [
        await make_need(session, community, status=NeedStatus.SOLVED, **ALONE) for _ in range(3)
    ]
    ways = (("call_back", now), ("visit", now), ("call_back", yesterday))
    session.add_all(
        Acceptance(
            need_id=need.id,
            round=0,
            status=AcceptanceStatus.SOLVED,
            on_behalf_way=way,
            answered_at=at,
        )
        for need, (way, at) in zip(rows, ways, strict=True)
    )
    answered = await make_need(session, community, status=NeedStatus.SUBMITTED, **ALONE)
    called = await make_need(session, community, kind=NeedKind.CALL_ME_BACK, status=NeedStatus.DONE)
    session.add_all(
        [
            NeedStep(need_id=answered.id, action="answer_back", entered=answered.status),
            NeedStep(need_id=called.id, action="finish", entered=called.status),
        ]
    )
    await session.flush()
    page = await browser.get(page_of(community))
    there = [f"/console/needs/{need.id}" in page.text for need in (*rows, answered, called)]
    assert there == [True, False, False, True, True]
    assert "已解决" in page.text and "待研判" in page.text and "已办结，待居民确认" in page.text
