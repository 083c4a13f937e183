"""服务记录 in the console: what was declared or disputed is decided in the list, row by row."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.record import RecordStatus, ServiceRecord
from tests.console.conftest import Visit
from tests.factories.members import make_member, make_registration
from tests.factories.orders import make_record
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


@pytest.fixture
async def clerk(session: AsyncSession, community: Organization) -> Person:
    return await make_staff(session, Role.COMMUNITY_CLERK, community)


@pytest.fixture
async def browser(clerk: Person, visit: Visit) -> AsyncClient:
    return await visit(clerk)


async def waiting(
    session: AsyncSession,
    community: Organization,
    person: Person | None = None,
    **columns: Any,
) -> ServiceRecord:
    """A service of one hour of yesterday that its member has declared."""
    begin = clock.now() - timedelta(days=1)
    said = {"status": RecordStatus.PENDING_APPROVAL, "source_kind": "declared"}
    times = {"starts_at": begin, "ends_at": begin + timedelta(hours=1), "approved_at": None}
    return await make_record(
        session,
        await make_registration(session, community, person),
        **said | times | columns,
    )


def path(community: Organization) -> str:
    return f"/console/communities/{community.id}/records"


async def test_the_list_is_small_cheap_and_goes_on(
    session: AsyncSession, browser: AsyncClient, community: Organization, count_statements: Count
) -> None:
    for status in ("pending_approval", "disputed"):
        page = await browser.get(path(community), params={"status": status})
        assert "没有等待办理的记录" in page.text
    rows = [await waiting(session, community, title=EVIL) for _ in range(22)]
    with count_statements() as statements:
        page = await browser.get(path(community))
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert EVIL not in page.text and page.text.count("/approve") == 20
    found = re.search(r'<a href="([^"]+)" rel="next">', page.text)
    assert found is not None
    second = await browser.get(found[1].replace("&amp;", "&"))
    assert second.text.count("/approve?cursor=") == 2 and str(rows[21].id) in second.text
    action = re.search(r'action="([^"]+/reject\?cursor=[^"]+)"', second.text)
    assert action is not None
    refused = await browser.post(action[1], data={"reason": ""})
    assert refused.status_code == 422 and refused.text.count("/approve?cursor=") == 2
    assert (await browser.get(path(community), params={"status": "voided"})).status_code == 422


async def test_what_was_declared_is_approved_with_fewer_minutes_or_refused_with_words(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    good, bad = await waiting(session, community), await waiting(session, community)
    one, two = f"{path(community)}/{good.id}", f"{path(community)}/{bad.id}"
    much = await browser.post(f"{one}/approve", data={"minutes": "61"})
    assert much.status_code == 422 and f'id="wrong-field-{good.id}-minutes"' in much.text
    assert 'value="61"' in much.text and 'value="60"' in much.text
    done = await browser.post(f"{one}/approve", data={"minutes": "45"})
    assert done.headers["location"].endswith("?status=pending_approval&said=record_approve")
    assert "已同意" in (await browser.get(done.headers["location"])).text
    unsaid = await browser.post(f"{two}/reject", data={"reason": ""})
    assert unsaid.status_code == 422 and "必填" in unsaid.text
    await browser.post(f"{two}/reject", data={"reason": "没有这次服务"})
    late = await browser.post(f"{two}/reject", data={"reason": EVIL})
    assert late.status_code == 409 and "当前状态下不能进行此操作" in late.text
    for row in (good, bad):
        await session.refresh(row)
    assert (good.status, good.minutes) == (RecordStatus.APPROVED, 45)
    assert bad.status is RecordStatus.REJECTED


async def test_what_is_disputed_is_upheld_or_voided_with_words(
    session: AsyncSession, browser: AsyncClient, community: Organization
) -> None:
    status = RecordStatus.DISPUTED
    right, wrong = [await waiting(session, community, status=status) for _ in range(2)]
    page = await browser.get(path(community), params={"status": "disputed"})
    assert page.text.count("维持原记录") == 2
    unsaid = await browser.post(f"{path(community)}/{right.id}/uphold", data={})
    assert unsaid.status_code == 422 and 'aria-invalid="true"' in unsaid.text
    for row, action in ((right, "uphold"), (wrong, "void")):
        done = await browser.post(
            f"{path(community)}/{row.id}/{action}", data={"reason": "已与当事人核对"}
        )
        assert done.headers["location"].endswith(f"?status=disputed&said=record_{action}")
        await session.refresh(row)
    assert (right.status, wrong.status) == (RecordStatus.APPROVED, RecordStatus.VOIDED)


async def test_nobody_decides_on_his_own_nor_on_another_community_s(
    session: AsyncSession,
    browser: AsyncClient,
    clerk: Person,
    community: Organization,
    visit: Visit,
) -> None:
    own = await waiting(session, community, clerk)
    hidden = await make_member(
        session, person=await make_person(session, name="赵小明"), is_protected=True
    )
    person = await session.get_one(Person, hidden.person_id)
    registration = await make_registration(session, community, person, member=hidden)
    await make_record(session, registration, status=RecordStatus.PENDING_APPROVAL)
    refused = await browser.post(f"{path(community)}/{own.id}/approve", data={"minutes": "60"})
    assert refused.status_code == 409 and 'role="alert"' in refused.text
    assert "赵小明" not in refused.text and "由书记办理" in refused.text
    elsewhere = await make_community(session)
    stranger = await visit(await make_staff(session, Role.COMMUNITY_SECRETARY, elsewhere))
    assert (await stranger.get(path(community))).status_code == 403
    answer = await stranger.post(f"{path(community)}/{own.id}/approve", data={"minutes": "60"})
    assert answer.status_code in (403, 404)
    await session.refresh(own)
    assert own.status is RecordStatus.PENDING_APPROVAL
