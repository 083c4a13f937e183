"""抽查 in the console: what chance has drawn is checked in the list by somebody who did not approve it."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.record import RecordSample, RecordStatus, SampleStatus, ServiceRecord
from tests.console.conftest import Visit
from tests.factories.members import make_member, make_registration
from tests.factories.orders import make_record
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.factories.world import make_sample

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def secretary(session: AsyncSession, community: Organization) -> Person:
    return await make_staff(session, Role.COMMUNITY_SECRETARY, community)


async def drawn(
    session: AsyncSession, community: Organization, number: int = 1, **columns: Any
) -> list[RecordSample]:
    """So many records of one draw."""
    registration = await make_registration(session, community)
    records = [await make_record(session, registration, **columns) for _ in range(number)]
    first = await make_sample(session, records[0])
    rest = [
        RecordSample(draw_id=first.draw_id, record_id=each.id, community_id=community.id)
        for each in records[1:]
    ]
    session.add_all(rest)
    await session.flush()
    return [first, *rest]


def path(place: Organization) -> str:
    return f"/console/organizations/{place.id}/samples"


async def test_the_list_is_small_cheap_and_goes_on(
    session: AsyncSession,
    community: Organization,
    secretary: Person,
    visit: Visit,
    count_statements: Count,
) -> None:
    browser = await visit(secretary)
    assert "没有等待核对的抽查记录" in (await browser.get(path(community))).text
    await drawn(session, community, 22, title=EVIL)
    with count_statements() as statements:
        page = await browser.get(path(community))
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert EVIL not in page.text and page.text.count("/audit") == 20
    found = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert found is not None
    second = await browser.get(found[1].replace("&amp;", "&"))
    assert second.text.count("/audit?cursor=") == 2
    action = re.search(r'action="([^"]+/audit\?cursor=[^"]+)"', second.text)
    assert action is not None
    refused = await browser.post(action[1], data={"action": "find_wrong", "note": ""})
    assert refused.status_code == 422 and refused.text.count("/audit?cursor=") == 2
    assert "请说明问题" in refused.text and 'aria-invalid="true"' in refused.text


async def test_from_the_inbox_each_is_found_right_or_wrong_with_words(
    session: AsyncSession, community: Organization, secretary: Person, visit: Visit
) -> None:
    right, wrong = await drawn(session, community, 2, source_kind="post")
    browser = await visit(secretary)
    inbox = (await browser.get("/console/")).text
    assert f'<a href="{path(community)}">2条抽查记录等待核对</a>' in inbox
    assert "岗位值勤" in (await browser.get(path(community))).text
    done = await browser.post(f"{path(community)}/{right.id}/audit", data={"action": "find_right"})
    assert done.headers["location"] == f"{path(community)}?said=sample_audit"
    data = {"action": "find_wrong", "note": "当天未到场"}
    done = await browser.post(f"{path(community)}/{wrong.id}/audit", data=data)
    assert "已记下核对结果" in (await browser.get(done.headers["location"])).text
    late = await browser.post(f"{path(community)}/{wrong.id}/audit", data=data)
    assert late.status_code == 409 and "当前状态下不能进行此操作" in late.text
    page = (await browser.get(path(community), params={"status": "wrong"})).text
    assert "当天未到场" in page and "复核中" in page and "<textarea" not in page
    page = (await browser.get(path(community), params={"status": "right"})).text
    assert page.count('class="card record"') == 1
    assert "抽查记录" not in (await browser.get("/console/")).text
    for row in (right, wrong):
        await session.refresh(row)
    assert (right.status, wrong.status) == (SampleStatus.RIGHT, SampleStatus.WRONG)
    record = await session.get_one(ServiceRecord, wrong.record_id, populate_existing=True)
    assert record.status is RecordStatus.DISPUTED


async def test_who_approved_it_reads_that_it_is_another_s_to_check(
    session: AsyncSession, community: Organization, secretary: Person, visit: Visit
) -> None:
    (sample,) = await drawn(session, community, approved_by_id=secretary.id)
    browser = await visit(secretary)
    page = (await browser.get(path(community))).text
    assert "须由他人核对" in page and "/audit" not in page
    data = {"action": "find_right"}
    refused = await browser.post(f"{path(community)}/{sample.id}/audit", data=data)
    assert refused.status_code == 409 and "须由他人核对" in refused.text


async def test_who_stands_above_checks_what_was_drawn_below_and_the_clerk_nothing(
    session: AsyncSession, community: Organization, secretary: Person, visit: Visit
) -> None:
    above = await session.get_one(Organization, community.lineage[-2])
    (sample,) = await drawn(session, community, approved_by_id=secretary.id)
    await drawn(session, await make_community(session))
    hidden = await make_member(
        session, person=await make_person(session, name="赵小明"), is_protected=True
    )
    record = await make_record(session, await make_registration(session, community, member=hidden))
    session.add(
        RecordSample(draw_id=sample.draw_id, record_id=record.id, community_id=community.id)
    )
    await session.flush()
    for role in (Role.SUBDISTRICT_ADMIN, Role.AUDITOR):
        browser: AsyncClient = await visit(await make_staff(session, role, above))
        assert f'href="{path(above)}"' in (await browser.get("/console/")).text
        page = (await browser.get(path(above))).text
        assert page.count(community.name) == 2 and page.count("/audit") == 2
        assert "赵小明" not in page
    data = {"action": "find_right"}
    done = await browser.post(f"{path(above)}/{sample.id}/audit", data=data)
    assert done.status_code == 303
    clerk = await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))
    assert (await clerk.get(path(community))).status_code == 403
    assert (await clerk.post(f"{path(community)}/{sample.id}/audit", data=data)).status_code == 404
