"""报到情况 in the console: figures of an employer and its branches, in their order, and nobody ranked."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Member
from app.models.member import RegistrationStatus as S
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.reports.town import Town, town

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]


def figures(page: str) -> dict[str, str]:
    """The facts at the head of the page, without marks."""
    found = re.findall(r"<dt>(.+?)</dt><dd>(.+?)</dd>", page)
    return {name: re.sub(r"<[^>]+>", "", said) for name, said in found}


async def test_the_members_are_counted_beside_what_was_stated(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    for status, channel in (
        (S.ACTIVE, "at_counter"),
        (S.ACTIVE, "paper_only"),
        (S.SUSPENDED, "online"),
        (S.PENDING_COMMUNITY, "online"),
        (S.RETURNED_BY_EMPLOYER, "online"),
        (S.ENDED, "online"),
    ):
        line = await make_member(session, town.employer)
        await make_registration(
            session, town.community, None, member=line, status=status, channel=channel
        )
    asking = await make_member(session, town.employer, service_state="applied")
    await make_registration(session, town.community, None, member=asking, status=S.PENDING_EMPLOYER)
    path = f"/console/employers/{town.employer.id}/standing"
    browser = await visit(town.employer_clerk)
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert figures(page.text) == {
        "单位填报在职党员": "5 人",
        "名册中的党员": "7 人，其中 6 人未填党支部",
        "线上报到": "1 人",
        "线下报到": "2 人",
        "已暂停": "1 人",
        "办理中": "2 人",
        "未报到": "1 人",
    }
    roster = f"/console/employers/{town.employer.id}/roster"
    assert f'href="{roster}?standing=not_registered"' in page.text
    assert f'href="{roster}?branch_id={town.branch.id}">第一党支部</a>' in page.text


async def test_branches_stand_in_their_order_page_by_page(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    for number in range(21):
        branch = await make_organization(
            session, "employer_branch", town.employer, name=f"支部{number:02}", position=30 - number
        )
        await make_member(session, town.employer, branch_id=branch.id)
    await make_organization(session, "employer_branch", town.employer, name="空支部")
    browser = await visit(town.employer_secretary)
    path = f"/console/employers/{town.employer.id}/standing"
    page = (await browser.get(path)).text
    names = re.findall(r"branch_id=[^>]+>([^<]+)</a>", page)
    assert names == ["第一党支部", *(f"支部{20 - number:02}" for number in range(19))]
    found = re.search(r'<a href="([^"]+)" rel="next">', page)
    assert found is not None
    page = (await browser.get(found[1].replace("&amp;", "&"))).text
    assert re.findall(r"branch_id=[^>]+>([^<]+)</a>", page) == ["支部01", "支部00"]


async def test_a_branch_reads_of_its_own_members_only(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    await make_member(session, town.employer)
    browser = await visit(await make_staff(session, Role.EMPLOYER_SECRETARY, town.branch))
    path = f"/console/employers/{town.branch.id}/standing"
    page = (await browser.get(path)).text
    assert figures(page)["名册中的党员"] == "1 人" and "单位填报" not in page
    assert 'aria-current="page"' in page
    await session.execute(update(Member).values(left_on=clock.today()))
    assert "名册里还没有党员" in (await browser.get(path)).text
    browser = await visit(town.secretary)
    assert (await browser.get(path)).status_code == 403
