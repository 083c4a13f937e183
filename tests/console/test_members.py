"""党员 in the console: looked up by grid, group, skill and state; paused, resumed, ended; and nobody else's."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Registration
from app.models.member import RegistrationStatus as S
from app.models.organization import Organization
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff

Count = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))


def path(community: Organization) -> str:
    return f"/console/communities/{community.id}/members"


async def test_members_are_found_by_where_they_are_and_what_they_can(
    session: AsyncSession, community: Organization, browser: AsyncClient, count_statements: Count
) -> None:
    assert "还没有报到的党员" in (await browser.get(path(community))).text
    grid = await make_organization(session, "grid", community, name="三网格")
    branch = await make_organization(session, "functional_branch", community)
    group = await make_organization(session, "functional_group", branch, name="三组")
    here = await make_registration(session, community, grid_id=grid.id, skills=["haircut"])
    grouped = await make_registration(session, community, functional_group_id=group.id)
    paused = await make_registration(session, community, status=S.SUSPENDED)
    many = await make_registration(
        session, community, skills=["haircut", "cooking", "errand", "driving", "music_dance"]
    )
    hidden = await make_member(session, is_protected=True)
    await make_registration(session, community, member=hidden, skills=["opera"])
    wanted: tuple[tuple[dict[str, object], set[Registration]], ...] = (
        ({}, {here, grouped, many}),
        ({"grid_id": grid.id, "skill": ""}, {here}),
        ({"functional_group_id": group.id, "grid_id": ""}, {grouped}),
        ({"skill": "haircut"}, {here, many}),
        ({"skill": "haircut", "functional_group_id": group.id}, set()),
        ({"status": "suspended"}, {paused}),
        ({"status": "ended"}, set()),
    )
    for query, rows in wanted:
        with count_statements() as statements:
            page = await browser.get(path(community), params={k: str(v) for k, v in query.items()})
        assert len(statements) <= 5
        found = {row for row in (here, grouped, paused, many) if str(row.id) in page.text}
        assert (page.status_code, found) == (200, rows), query
    page = await browser.get(path(community))
    assert "理发" in page.text and "烹饪面点" in page.text and "等5项" in page.text
    assert "戏曲曲艺" not in page.text  # only a protected member has it
    empty = await browser.get(path(community), params={"skill": "opera"})
    assert "没有符合条件的党员" in empty.text
    assert "没有这个状态的党员" in (await browser.get(path(community) + "?status=ended")).text
    assert (await browser.get(path(community) + "?grid_id=no")).status_code == 422


async def test_a_member_s_page_says_what_he_can_and_when(
    session: AsyncSession, community: Organization, browser: AsyncClient
) -> None:
    row = await make_registration(
        session, community, skills=["haircut"], availability=["weekend_day", "gone"]
    )
    page = await browser.get(f"/console/registrations/{row.id}")
    assert "理发" in page.text and "周末白天" in page.text and path(community) in page.text


async def test_a_registration_is_paused_resumed_and_ended(
    session: AsyncSession, community: Organization, browser: AsyncClient
) -> None:
    row = await make_registration(session, community)
    one = f"/console/registrations/{row.id}"
    bad = await browser.post(f"{one}/suspend", data={"reason_code": "illness", "to_on": "明天"})
    assert bad.status_code == 422 and "明天" in bad.text and "<details class" in bad.text
    answer = await browser.post(f"{one}/suspend", data={"reason_code": "illness"})
    assert answer.headers["location"] == f"{one}?said=suspended"
    page = await browser.get(answer.headers["location"])
    assert "已暂停" in page.text and f"{one}/suspend" not in page.text
    answer = await browser.post(f"{one}/resume")
    assert answer.headers["location"] == f"{one}?said=resumed"
    page = await browser.get(one)
    assert "撤回同意" not in page.text and "不再是党员" not in page.text
    other = await browser.post(f"{one}/end", data={"reason_code": "other"})
    assert other.status_code == 422 and "请写明原因" in other.text
    answer = await browser.post(f"{one}/end", data={"reason_code": "moved"})
    assert answer.headers["location"] == f"{one}?said=ended"
    assert "已结束" in (await browser.get(one)).text


async def test_an_employer_s_secretary_may_say_what_a_community_may_not_know(
    session: AsyncSession, community: Organization, visit: Visit
) -> None:
    row = await make_registration(session, community, await make_person(session))
    employer = await session.get_one(Organization, row.employer_id)
    browser = await visit(await make_staff(session, Role.EMPLOYER_SECRETARY, employer))
    page = await browser.get(f"/console/registrations/{row.id}")
    assert "不再是党员" in page.text and "住处" not in page.text
    assert (await browser.get(path(community))).status_code == 403


async def test_the_employer_confirms_its_member_and_the_branch(
    session: AsyncSession, community: Organization, visit: Visit
) -> None:
    row = await make_registration(
        session, community, await make_person(session), status=S.PENDING_EMPLOYER
    )
    employer = await session.get_one(Organization, row.employer_id)
    await make_organization(session, "employer_branch", employer, name="机关第二支部")
    browser = await visit(await make_staff(session, Role.EMPLOYER_SECRETARY, employer))
    one = f"/console/registrations/{row.id}"
    assert "机关第二支部" in (await browser.get(one)).text
    confirmed = await browser.post(f"{one}/confirm", data={"branch_id": ""})
    assert confirmed.status_code == 303
    await session.refresh(row)
    assert row.status is S.PENDING_COMMUNITY
