"""报到确认 in the console: confirmed many at once by the employer, or by its district where it was silent."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Member, Registration
from app.models.member import RegistrationStatus as S
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_employer
from tests.factories.people import make_person, make_staff
from tests.reports.town import Town, town

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


def path(town: Town) -> str:
    return f"/console/organizations/{town.employer.id}/applications"


async def ask(session: AsyncSession, town: Town, name: str = "李四") -> Registration:
    """Somebody who says that he is one of the employer's."""
    person = await make_person(session, name=name)
    line = await make_member(session, town.employer, person, service_state="applied")
    return await make_registration(
        session, town.community, person, member=line, status=S.PENDING_EMPLOYER
    )


async def test_the_list_is_small_cheap_masked_and_goes_on(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    browser = await visit(town.employer_clerk)
    page = await browser.get(path(town))
    assert "没有等待确认的报到" in page.text and 'aria-current="page"' in page.text
    rows = [await ask(session, town, EVIL) for _ in range(21)]
    with count_statements() as statements:
        page = await browser.get(path(town))
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count('name="ids"') == 20 and EVIL not in page.text
    assert town.community.name in page.text and f"/console/registrations/{rows[0].id}" in page.text
    found = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert found is not None
    assert (await browser.get(found[1].replace("&amp;", "&"))).text.count('name="ids"') == 1
    inbox = await browser.get("/console/")
    assert f'<a href="{path(town)}">21份报到等待本单位确认</a>' in inbox.text


async def test_many_are_confirmed_at_once_and_each_is_told_of(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    rows = [await ask(session, town) for _ in range(2)]
    browser = await visit(town.employer_secretary)
    ids = [str(each.id) for each in (*rows, town.registration)]
    strange = await make_registration(
        session, town.community, await make_person(session), status=S.PENDING_EMPLOYER
    )
    page = await browser.post(f"{path(town)}/confirm", data={"ids": [*ids, str(strange.id)]})
    assert page.status_code == 200 and "已确认 2 人" in page.text and "2 人未确认" in page.text
    assert "已被他人办理" in page.text and "没有找到" in page.text
    assert "没有等待确认的报到" in page.text
    for each in (*rows, strange):
        await session.refresh(each)
    assert [each.status for each in (*rows, strange)] == [
        S.PENDING_COMMUNITY,
        S.PENDING_COMMUNITY,
        S.PENDING_EMPLOYER,
    ]
    assert all(each.remind_at and each.remind_at > clock.now() for each in rows)
    lines = select(Member.service_state).where(Member.id.in_([each.member_id for each in rows]))
    assert set(await session.scalars(lines)) == {"in_service"}
    page = await browser.get(path(town), params={"status": "pending_community"})
    assert page.text.count("/console/registrations/") == 2 and 'name="ids"' not in page.text
    page = await browser.get(path(town), params={"status": "returned_by_employer"})
    assert "没有这个状态的报到" in page.text
    none = await browser.post(f"{path(town)}/confirm", data={})
    assert (none.status_code, 'role="alert"' in none.text) == (422, True)


async def test_one_is_sent_back_from_its_page_to_which_the_list_leads(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    row = await ask(session, town)
    browser = await visit(town.employer_clerk)
    one = f"/console/registrations/{row.id}"
    assert f'<a href="{path(town)}">报到确认</a>' in (await browser.get(one)).text
    done = await browser.post(f"{one}/return-to-member", data={"reason_code": "not_on_roster"})
    assert done.headers["location"] == f"{one}?said=returned"
    page = await browser.get(path(town), params={"status": "returned_by_employer"})
    assert one in page.text


async def test_the_district_confirms_where_the_employer_was_silent(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    silent, fresh = [await ask(session, town) for _ in range(2)]
    silent.handed_up_at = clock.now()
    await session.flush()
    browser = await visit(town.office)
    here = path(town).replace(str(town.employer.id), str(town.employer.lineage[-2]))
    page = await browser.get(here)
    assert str(silent.id) in page.text and str(fresh.id) not in page.text
    assert "已转区县核实" in page.text and 'aria-current="page"' in page.text
    page = await browser.post(f"{here}/confirm", data={"ids": [str(silent.id), str(fresh.id)]})
    assert "已确认 1 人" in page.text and "没有找到" in page.text


async def test_others_confirm_nobody(session: AsyncSession, town: Town, visit: Visit) -> None:
    row = await ask(session, town)
    stranger = await make_staff(session, Role.EMPLOYER_CLERK, await make_employer(session))
    for who in (stranger, town.secretary):
        browser = await visit(who)
        assert (await browser.get(path(town))).status_code == 403
        refused = await browser.post(f"{path(town)}/confirm", data={"ids": str(row.id)})
        assert refused.status_code == 403
    nowhere = path(town).replace(str(town.employer.id), str(row.id))
    gone = await browser.post(f"{nowhere}/confirm", data={"ids": str(row.id)})
    assert gone.status_code == 404
