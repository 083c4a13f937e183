"""审计 in the console: who looked and who changed what, at a place and below, masked."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.console.oversight.audit import KINDS
from app.core import clock
from app.core.ids import new_id
from app.identity.looks import BELONGS
from app.models.house import AccessLog
from app.models.organization import Organization
from app.models.person import Person, Role
from app.permissions import Actor
from tests.console.conftest import Visit
from tests.factories.members import make_registration
from tests.factories.organizations import make_organization
from tests.factories.people import make_person, make_staff
from tests.reports.town import Town, town

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


async def above(session: AsyncSession, town: Town, level: int) -> Organization:
    return await session.get_one(Organization, town.community.lineage[level])


async def look(
    session: AsyncSession, town: Town, who: Person | None, owner: Person, **more: Any
) -> None:
    """Somebody looked at a registration in the community."""
    registration = await make_registration(session, town.community, owner)
    audit.looked(
        session,
        Actor(who.id) if who else Actor.system(),
        "name,phone",
        subject=("registration", registration.id),
        owner_id=owner.id,
        **more,
    )
    await session.flush()


@pytest.fixture
async def browser(session: AsyncSession, town: Town, visit: Visit) -> AsyncClient:
    district = await above(session, town, 1)
    return await visit(await make_staff(session, Role.AUDITOR, district))


async def test_looks_are_told_masked_filtered_and_cheap(
    session: AsyncSession, town: Town, browser: AsyncClient, count_statements: Count
) -> None:
    path = f"/console/organizations/{(await above(session, town, 1)).id}/looks"
    assert "没有人查看过" in (await browser.get(path)).text
    clerk = await make_person(session, name="葛小芳", phone="13912345678")
    owner = await make_person(session, name="王建国")
    await look(session, town, clerk, owner, reason=EVIL, capacity="community_clerk")
    await look(session, town, None, await make_person(session, name=None))
    audit.looked(session, Actor(clerk.id), "workbook", subject=("need", new_id()), owner_id=None)
    await session.flush()
    with count_statements() as statements:
        page = (await browser.get(path)).text
    assert len(statements) <= 5
    for words in ("葛**", "王**", "姓名、电话", "社区工作人员", "系统", "未填姓名", "学田社区"):
        assert words in page, words
    main = page.partition("<main")[2]
    assert "葛小芳" not in main and "王建国" not in main and "13912345678" not in main
    assert EVIL not in page and "&lt;script&gt;" in page and "表格" not in page
    one = (await browser.get(f"{path}?person={owner.id}")).text
    assert one.count('data-label="时间"') == 1 and "只看所选的人" in one
    for query, lines in (
        ("kind=registration", 2),
        ("kind=wish", 0),
        ("last=2020-01-01", 0),
        ("first=&last=&person=", 2),
    ):
        found = (await browser.get(f"{path}?{query}")).text
        assert found.count('data-label="时间"') == lines, query
    for query in ("person=nobody", "first=0001-01-01", "last=x"):
        assert (await browser.get(f"{path}?{query}")).status_code == 422, query


async def test_at_the_root_is_also_what_belongs_nowhere_any_more(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    root = await above(session, town, 0)
    browser = await visit(await make_staff(session, Role.AUDITOR, root))
    for number in range(21):
        session.add(
            AccessLog(
                at=clock.now() - timedelta(minutes=number),
                actor_id=None,
                subject_kind="need",
                subject_id=new_id(),
                fields="door",
            )
        )
    await session.flush()
    path = f"/console/organizations/{root.id}/looks"
    page = (await browser.get(path)).text
    assert "诉求：门牌" in page
    follow = page.partition("?cursor=")[2].partition('"')[0]
    second = (await browser.get(f"{path}?cursor={follow}")).text
    assert second.count('data-label="时间"') == 1


async def test_operations_of_a_place_are_told_and_no_other_s(
    session: AsyncSession, town: Town, browser: AsyncClient, visit: Visit
) -> None:
    district = await above(session, town, 1)
    path = f"/console/organizations/{district.id}/operations"
    assert "这段时间没有操作" in (await browser.get(path)).text
    who = await make_person(session, name="季春梅")
    elsewhere = await make_organization(session, "city", name="外市")
    acts: tuple[tuple[Organization, str, dict[str, Any]], ...] = (
        (town.community, "role.given", {"role": "community_clerk"}),
        (district, "policy.set", {"key": "notify.digest_at"}),
        (elsewhere, "organization.closed", {}),
    )
    for place, action, detail in acts:
        subject = ("organization", place.id)
        who_did = Actor(who.id)
        audit.operated(
            session, who_did, action, subject=subject, organization_id=place.id, **detail
        )
    await session.flush()
    page = (await browser.get(path)).text
    for words in ("授予角色：社区工作人员", "设定政策：汇总消息发送时间", "季**"):
        assert words in page, words
    assert "外市" not in page and "季春梅" not in page
    assert "设定政策：" not in (await browser.get(f"{path}?kind=role.given")).text
    assert (await browser.get(f"/console/organizations/{new_id()}/operations")).status_code == 404
    other = await visit(await make_staff(session, Role.AUDITOR, elsewhere))
    assert (await other.get(path)).status_code == 403


def test_every_kind_that_is_looked_at_has_its_word() -> None:
    assert set(KINDS) == set(BELONGS)
