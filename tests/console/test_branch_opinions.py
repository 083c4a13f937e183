"""支部意见 in the console: a page of sheets at once, to say nothing first, and none after the signature."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.organization import Organization
from app.models.person import Person, Role, RoleGrant
from app.models.report import Report, ReportStep
from tests.console.conftest import Visit
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.reports.town import PERIOD, Desk, Town, desk, join, town

__all__ = ["desk", "town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


@pytest.fixture
async def unit(session: AsyncSession, town: Town) -> Organization:
    """The functional branch that the town's members stand in."""
    return await make_organization(session, "functional_branch", town.community)


@pytest.fixture
async def head(session: AsyncSession, unit: Organization) -> Person:
    return await make_staff(session, Role.BRANCH_SECRETARY, unit)


def path(unit: Organization) -> str:
    return f"/console/organizations/{unit.id}/branch-sheets"


async def draft(
    session: AsyncSession, desk: Desk, town: Town, unit: Organization, *names: str
) -> list[str]:
    """The sheets of members of the branch that wait for the community's signature."""
    for name in names:
        registration = await join(session, town, name)
        registration.functional_branch_id = unit.id
    await session.flush()
    await desk.post(town.secretary, f"/organizations/{town.community.id}/sheets", **PERIOD)
    rows = await session.scalars(
        select(Report.id).where(Report.registration_id != town.registration.id).order_by(Report.id)
    )
    return [str(each) for each in rows]


async def said(session: AsyncSession, report_id: str) -> tuple[str | None, int]:
    """What the branch says on a sheet now, and how often that was written down."""
    row = await session.get_one(Report, UUID(report_id), populate_existing=True)
    steps = select(func.count(ReportStep.id)).where(
        ReportStep.report_id == row.id, ReportStep.action == "opine"
    )
    return row.branch_opinion, await session.scalar(steps) or 0


async def test_the_list_is_small_cheap_and_says_nothing_by_itself(
    session: AsyncSession,
    desk: Desk,
    town: Town,
    unit: Organization,
    head: Person,
    visit: Visit,
    count_statements: Count,
) -> None:
    browser = await visit(head)
    page = (await browser.get(path(unit))).text
    assert "没有等待支部提意见的反馈单" in page and 'aria-current="page"' in page
    await draft(session, desk, town, unit, *(EVIL for _ in range(51)))
    with count_statements() as statements:
        shown = await browser.get(path(unit))
    assert len(statements) <= 5 and len(shown.content) <= 60_000
    assert shown.text.count('name="choices"') == 50 and "selected" not in shown.text
    assert shown.text.count("不了解，不写意见") == 50 and EVIL not in shown.text
    found = re.search(r'<a href="([^"]+)" rel="next">', shown.text)
    assert found is not None
    page = (await browser.get(found[1].replace("&amp;", "&"))).text
    assert page.count('name="choices"') == 1


async def test_a_page_of_sheets_is_said_at_once_and_only_what_changes(
    session: AsyncSession,
    desk: Desk,
    town: Town,
    unit: Organization,
    head: Person,
    visit: Visit,
) -> None:
    first, second, third = await draft(session, desk, town, unit, "李四", "王五", "赵六")
    browser = await visit(head)
    choices = [f"{first} normal", f"{second} active", third]
    page = await browser.post(path(unit), data={"choices": choices})
    assert page.status_code == 200 and "已记下 3 人" in page.text
    assert f'value="{first} normal" selected' in page.text
    assert [await said(session, each) for each in (first, second, third)] == [
        ("normal", 1),
        ("active", 1),
        (None, 0),
    ]
    await browser.post(path(unit), data={"choices": [f"{first} normal", second]})
    assert [await said(session, each) for each in (first, second)] == [("normal", 1), (None, 2)]
    wrong = await browser.post(path(unit), data={"choices": [f"{first} best"]})
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (422, True)
    none = await browser.post(path(unit), data={})
    assert none.status_code == 422


async def test_what_is_signed_or_another_branch_s_is_left_alone_and_told_of(
    session: AsyncSession,
    desk: Desk,
    town: Town,
    unit: Organization,
    head: Person,
    visit: Visit,
) -> None:
    first, second = await draft(session, desk, town, unit, "李四", "王五")
    await desk.post(town.secretary, f"/reports/{first}/issue", opinion="steady")
    browser = await visit(head)
    choices = [f"{each} normal" for each in (first, second, str(new_id()))]
    page = (await browser.post(path(unit), data={"choices": choices})).text
    assert "已记下 1 人" in page and "2 人未记下" in page
    assert "社区已经签发" in page and "没有找到" in page
    browser = await visit(town.secretary)
    assert (await browser.get(path(unit))).status_code == 403
    assert (await browser.post(path(unit), data={"choices": choices})).status_code == 403
    # who reads the sheet speaks for another branch: not on it
    far = await make_organization(session, "functional_branch", await make_community(session))
    session.add(
        RoleGrant(
            person_id=town.secretary.id,
            role=Role.BRANCH_SECRETARY,
            organization_id=far.id,
            valid_from=clock.today(),
        )
    )
    await session.flush()
    browser = await visit(town.secretary)
    page = (await browser.post(path(far), data={"choices": [f"{second} active"]})).text
    assert "不是本支部的党员" in page
    assert await said(session, second) == ("normal", 1)
    nowhere = path(far).replace(str(far.id), str(new_id()))
    assert (await browser.post(nowhere, data={"choices": choices})).status_code == 404
