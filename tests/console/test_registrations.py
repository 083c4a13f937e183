"""报到 in the console: waiting, accepted one by one or many at once, sent back; and nobody else's."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.house import AccessLog
from app.models.member import Registration, RegistrationStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.console.conftest import Visit
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_community, make_employer, make_organization
from tests.factories.people import make_person, make_staff

Count = Callable[[], AbstractContextManager[list[str]]]
WAITING = RegistrationStatus.PENDING_COMMUNITY
EVIL = "<script>alert(1)</script>"


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def clerk(session: AsyncSession, community: Organization) -> Person:
    return await make_staff(session, Role.COMMUNITY_CLERK, community)


async def wait(session: AsyncSession, community: Organization, **columns: Any) -> Registration:
    """A registration that waits for the community."""
    return await make_registration(
        session, community, await make_person(session), status=WAITING, **columns
    )


def path(community: Organization) -> str:
    return f"/console/communities/{community.id}/registrations"


async def test_an_empty_list_says_what_comes_here(
    visit: Visit, clerk: Person, community: Organization
) -> None:
    page = await (await visit(clerk)).get(path(community))
    assert page.status_code == 200
    assert "没有等待接收的报到" in page.text and "线下报到" in page.text
    assert 'aria-current="page"' in page.text and community.name in page.text
    for query in ({"status": "ended"}, {"receipt_number": "BD-1"}):
        assert "没有这个" in (await (await visit(clerk)).get(path(community), params=query)).text


async def test_a_long_list_is_small_cheap_and_goes_on(
    session: AsyncSession,
    visit: Visit,
    clerk: Person,
    community: Organization,
    count_statements: Count,
) -> None:
    employer = await make_employer(session)
    rows = [await wait(session, community, employer=employer) for _ in range(23)]
    browser = await visit(clerk)
    with count_statements() as statements:
        page = await browser.get(path(community))
    assert len(statements) <= 5
    assert len(page.content) <= 60_000
    assert page.text.count('name="ids"') == 20
    assert str(rows[0].id) in page.text and str(rows[22].id) not in page.text
    found = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert found is not None
    assert found[1].startswith(f"{path(community)}?")
    second = await browser.get(found[1].replace("&amp;", "&"))
    assert second.text.count('name="ids"') == 3
    assert (await browser.get(path(community), params={"cursor": "made-up"})).status_code == 422


async def test_one_is_accepted_where_its_building_stands(
    session: AsyncSession, visit: Visit, clerk: Person, community: Organization
) -> None:
    grid = await make_organization(session, "grid", community, name="三网格")
    other = await make_organization(session, "grid", community, name="四网格")
    building = await make_organization(session, "building", grid)
    row = await wait(session, community, building_id=building.id)
    browser = await visit(clerk)
    one = f"/console/registrations/{row.id}"
    page = await browser.get(one)
    assert re.search(rf'<option value="{grid.id}" selected>三网格', page.text)
    assert "待社区接收" in page.text and "已按楼栋建议" in page.text
    answer = await browser.post(f"{one}/accept", data={"grid_id": str(other.id)})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{one}?said=accepted")
    page = await browser.get(answer.headers["location"])
    assert "已接收报到" in page.text and "四网格" in page.text
    assert f"{one}/accept" not in page.text
    again = await browser.post(f"{one}/accept", data={})
    assert again.status_code == 409
    assert "当前状态下不能进行此操作" in again.text


async def test_what_is_refused_comes_back_with_what_was_typed(
    session: AsyncSession, visit: Visit, clerk: Person, community: Organization
) -> None:
    row = await wait(session, community)
    one = f"/console/registrations/{row.id}"
    browser = await visit(clerk)
    answer = await browser.post(f"{one}/return", data={"reason_code": "", "reason_text": EVIL})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text and "必填" in answer.text
    assert EVIL not in answer.text and "&lt;script&gt;" in answer.text
    answer = await browser.post(f"{one}/return", data={"reason_code": "other"})
    assert answer.status_code == 422
    assert re.search(r'<option value="other" selected>', answer.text)
    answer = await browser.post(f"{one}/accept", data={"grid_id": "no-id"})
    assert "编号格式不正确" in answer.text
    await session.refresh(row)
    assert row.status is WAITING


async def test_one_is_sent_back_with_its_reason(
    session: AsyncSession, visit: Visit, clerk: Person, community: Organization
) -> None:
    row = await wait(session, community)
    one = f"/console/registrations/{row.id}"
    browser = await visit(clerk)
    assert "不在本社区居住" in (await browser.get(one)).text
    data = {"reason_code": "not_resident", "reason_text": "已搬走"}
    answer = await browser.post(f"{one}/return", data=data)
    assert answer.headers["location"] == f"{one}?said=returned"
    page = await browser.get(answer.headers["location"])
    assert "社区已退回" in page.text and "已搬走" in page.text


async def test_many_are_accepted_at_once_and_each_is_told_of(
    session: AsyncSession, visit: Visit, clerk: Person, community: Organization
) -> None:
    rows = [await wait(session, community) for _ in range(3)]
    gone = await make_registration(session, community, await make_person(session))
    browser = await visit(clerk)
    ids = [str(row.id) for row in (*rows, gone)]
    page = await browser.post(f"{path(community)}/accept", data={"ids": ids})
    assert page.status_code == 200
    assert "已接收 3 人，1 人未接收" in page.text and "已被他人办理" in page.text
    none = await browser.post(f"{path(community)}/accept", data={})
    assert (none.status_code, 'role="alert"' in none.text) == (422, True)


async def test_what_somebody_wrote_is_text(
    session: AsyncSession, visit: Visit, clerk: Person, community: Organization
) -> None:
    member = await make_member(session, await make_employer(session, name=EVIL))
    row = await wait(session, community, member=member, building_text=EVIL)
    browser = await visit(clerk)
    for page in (
        await browser.get(path(community)),
        await browser.get(f"/console/registrations/{row.id}"),
    ):
        assert EVIL not in page.text and "&lt;script&gt;" in page.text


async def test_another_community_is_not_mine(
    session: AsyncSession, visit: Visit, community: Organization
) -> None:
    stranger = await make_staff(session, Role.COMMUNITY_CLERK, await make_community(session))
    row = await wait(session, community)
    browser = await visit(stranger)
    assert (await browser.get(path(community))).status_code == 403
    assert (await browser.get(f"/console/registrations/{row.id}")).status_code == 404
    refused = await browser.post(f"{path(community)}/accept", data={"ids": [str(row.id)]})
    assert (refused.status_code, "没有权限" in refused.text) == (403, True)
    assert (await browser.post(f"/console/registrations/{row.id}/accept")).status_code == 404


async def test_a_member_is_called_and_reads_who_looked(
    session: AsyncSession, visit: Visit, clerk: Person, community: Organization
) -> None:
    person = await make_person(session, name="李卫国")
    row = await make_registration(session, community, person, status=WAITING)
    one = f"/console/registrations/{row.id}"
    browser = await visit(clerk)
    assert "李卫国" not in (await browser.get(one)).text
    page = await browser.post(f"{one}/contact")
    assert (page.status_code, "李卫国" in page.text) == (200, True)
    look = (await session.scalars(select(AccessLog))).one()
    assert (look.owner_id, look.actor_id) == (row.person_id, clerk.id)
    employer = await session.get_one(Organization, row.employer_id)
    browser = await visit(await make_staff(session, Role.EMPLOYER_CLERK, employer))
    assert "查看姓名和电话的原因" in (await browser.get(one)).text
    refused = await browser.post(f"{one}/contact")
    assert (refused.status_code, "请说明查看原因" in refused.text) == (422, True)
    assert "李卫国" not in refused.text
    page = await browser.post(f"{one}/contact", data={"reason": "核对名册"})
    assert (page.status_code, "李卫国" in page.text) == (200, True)
    reasons = await session.scalars(select(AccessLog.reason).order_by(AccessLog.id))
    assert list(reasons) == [None, "核对名册"]
