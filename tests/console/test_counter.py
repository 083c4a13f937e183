"""线下报到 in the console: employer and house are looked up, then one form; also on paper only."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Registration, RegistrationStatus
from app.models.organization import Organization
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.organizations import make_community, make_employer, make_organization
from tests.factories.people import make_staff, next_phone

Count = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def browser(session: AsyncSession, community: Organization, visit: Visit) -> AsyncClient:
    return await visit(await make_staff(session, Role.COMMUNITY_CLERK, community))


def path(community: Organization, way: str = "counter") -> str:
    return f"/console/communities/{community.id}/registrations/{way}"


async def test_employer_and_house_are_looked_up(
    session: AsyncSession, community: Organization, browser: AsyncClient, count_statements: Count
) -> None:
    assert "先输入单位名称中的几个字" in (await browser.get(path(community))).text
    grid = await make_organization(session, "grid", community)
    garden = await make_organization(session, "compound", community, name="学田花园")
    block = {"compound_id": garden.id, "name": "12幢"}
    building = await make_organization(session, "building", grid, **block)
    far = await make_organization(session, "compound", await make_community(session))
    await make_employer(session, name="市人民医院")
    with count_statements() as statements:
        page = await browser.get(path(community) + f"?employer=医院&compound_id={garden.id}")
    assert (page.status_code, len(statements) <= 5, len(page.content) < 60_000) == (200, True, True)
    assert "市人民医院" in page.text and "学田花园" in page.text and str(building.id) in page.text
    assert "智能手机教学" in page.text and str(far.id) not in page.text
    none = await browser.get(path(community) + "?employer=<b>&compound_id=")
    assert "没有找到" in none.text and "<b>" not in none.text and "&lt;b&gt;" in none.text


async def test_a_member_is_entered_at_the_counter(
    session: AsyncSession, community: Organization, browser: AsyncClient
) -> None:
    employer = await make_employer(session, name="市人民医院")
    query = "?employer=医院"
    typed = {
        "community_id": str(community.id),
        "employer_id": str(employer.id),
        "name": "李卫国",
        "phone": "138",
        "ground": "residence",
        "building_text": "12幢",
        "skills": ["haircut"],
        "availability": ["weekend_day"],
    }
    refused = await browser.post(path(community) + query, data=typed)
    assert refused.status_code == 422 and 'aria-invalid="true"' in refused.text
    assert "李卫国" in refused.text and 'value="haircut" checked' in refused.text
    assert 'value="weekend_day" checked' in refused.text
    answer = await browser.post(path(community) + query, data=typed | {"phone": next_phone()})
    row = (await session.scalars(select(Registration))).one()
    assert answer.headers["location"] == f"/console/registrations/{row.id}?said=entered"
    assert (row.status, row.channel, row.skills) == (
        RegistrationStatus.ACTIVE,
        "at_counter",
        ["haircut"],
    )
    page = await browser.get(answer.headers["location"])
    assert "请打印回执" in page.text and str(row.receipt_number) in page.text


async def test_who_wants_no_data_online_is_entered_on_paper(
    session: AsyncSession, community: Organization, browser: AsyncClient
) -> None:
    employer = await make_employer(session, name="市人民医院")
    typed = {"employer_id": str(employer.id), "name": "李卫国"}
    there = path(community, "paper") + "?employer=医院"
    answer = await browser.post(there, data=typed)
    row = (await session.scalars(select(Registration))).one()
    assert answer.headers["location"] == f"/console/registrations/{row.id}?said=entered"
    assert row.channel == "paper_only"
    assert "纸质报到" in (await browser.get(answer.headers["location"])).text
    again = await browser.post(there, data=typed)
    assert again.status_code == 422 and "确属另一人" in again.text
    answer = await browser.post(there, data=typed | {"is_another": "true"})
    assert answer.status_code == 303
    assert len(list(await session.scalars(select(Registration.id)))) == 2
