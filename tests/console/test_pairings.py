"""结对 in the console: proposed by one side, confirmed by the other, ended with a reason."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.models.organization import Organization, OrganizationRegistration, PairingStatus
from tests.console.conftest import Visit
from tests.factories.organizations import make_community, make_organization
from tests.reports.town import Town, town

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


def of(place: Organization) -> str:
    return f"/console/organizations/{place.id}/pairings"


async def the_only(session: AsyncSession) -> OrganizationRegistration:
    row: OrganizationRegistration | None = await session.scalar(select(OrganizationRegistration))
    assert row is not None
    return row


async def test_an_employer_proposes_and_the_community_confirms(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    here, there = of(town.employer), of(town.community)
    browser = await visit(town.employer_secretary)
    page = await browser.get(here)
    assert "还没有结对的社区" in page.text and "与社区结对" in page.text
    assert "没有找到名称里有“无此”的社区" in (await browser.get(f"{here}?words=无此")).text
    page = await browser.get(f"{here}?words=学田")
    assert f'<option value="{town.community.id}">学田社区' in page.text
    none = await browser.post(f"{here}?words=学田", data={"other_id": ""})
    assert (none.status_code, 'id="wrong-field-propose-other_id"' in none.text) == (422, True)
    wrong = await browser.post(f"{here}?words=学田", data={"other_id": str(new_id())})
    assert (wrong.status_code, "该社区未参加双报到" in wrong.text) == (422, True)
    data = {"other_id": str(town.community.id)}
    done = await browser.post(here, data=data)
    assert done.headers["location"] == f"{here}?said=pairing_proposed"
    twice = await browser.post(here, data=data)
    assert (twice.status_code, "双方已结对" in twice.text) == (409, True)
    row = await the_only(session)
    page = await browser.get(here)
    assert "待对方确认" in page.text and f"{here}/{row.id}/confirm" not in page.text
    browser = await visit(town.secretary)
    waiting = await browser.get("/console/")
    assert "1份结对申请等待确认" in waiting.text and f'href="{there}"' in waiting.text
    assert "待我方确认" in (await browser.get(there)).text
    done = await browser.post(f"{there}/{row.id}/confirm")
    page = await browser.get(done.headers["location"])
    await session.refresh(row)
    assert row.status is PairingStatus.ACTIVE and str(row.receipt_number) in page.text
    silent = await browser.post(f"{there}/{row.id}/end")
    assert (silent.status_code, f'id="wrong-field-{row.id}-reason"' in silent.text) == (422, True)
    done = await browser.post(f"{there}/{row.id}/end", data={"reason": "期满"})
    assert done.headers["location"] == f"{there}?said=pairing_end"
    ended = await the_only(session)
    await session.refresh(ended)
    assert ended.status is PairingStatus.ENDED
    again = await browser.post(f"{there}/{row.id}/confirm")
    assert again.status_code == 409


async def test_a_community_proposes_and_clerks_only_read(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    browser = await visit(town.secretary)
    page = await browser.get(f"{of(town.community)}?words=水务")
    assert "市水务局" in page.text
    await browser.post(of(town.community), data={"other_id": str(town.employer.id)})
    row = await the_only(session)
    assert row.proposed_by == "community"
    browser = await visit(town.employer_clerk)
    page = await browser.get(f"{of(town.employer)}?words=学田")
    assert "学田社区" in page.text and "与社区结对" not in page.text
    assert "结束结对" not in page.text and "不结对" not in page.text
    data = {"other_id": str(town.community.id)}
    assert (await browser.post(of(town.employer), data=data)).status_code == 403
    assert (await browser.get(of(town.community))).status_code == 403
    browser = await visit(town.employer_secretary)
    assert f"{of(town.employer)}/{row.id}/confirm" in (await browser.get(of(town.employer))).text
    nowhere = f"/console/organizations/{new_id()}/pairings"
    assert (await browser.post(nowhere, data=data)).status_code == 404


async def test_the_list_is_small_and_cheap(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    district = await session.get_one(Organization, town.employer.parent_id)
    for number in range(21):
        other = await make_organization(session, "employer", district, name=f"{EVIL}{number}")
        session.add(
            OrganizationRegistration(
                employer_id=other.id, community_id=town.community.id, proposed_by="employer"
            )
        )
    await session.flush()
    browser = await visit(town.secretary)
    with count_statements() as statements:
        page = await browser.get(f"{of(town.community)}?words=script")
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count("确认结对</button>") == 20 and EVIL not in page.text
    assert page.text.count("<option") == 21
    after = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert after is not None
    rest = await browser.get(after[1].replace("&amp;", "&"))
    assert rest.text.count("确认结对</button>") == 1
    elsewhere = await make_community(session)
    assert (await browser.get(of(elsewhere))).status_code == 403
