"""服务证明 in the console: checked by one, issued by the secretary, printed, refused or revoked."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Member, Registration
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.record import Certificate, RecordStatus
from app.models.record import CertificateStatus as S
from tests.console.conftest import Visit
from tests.factories.members import make_registration
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
async def secretary(session: AsyncSession, community: Organization) -> Person:
    return await make_staff(session, Role.COMMUNITY_SECRETARY, community, name="李书记")


@pytest.fixture
async def registration(session: AsyncSession, community: Organization) -> Registration:
    """Of a member who has served three times."""
    made = await make_registration(session, community, await make_person(session, name="张三"))
    await make_record(session, made, title="教用手机", minutes=90)
    await make_record(session, made, title="教用手机", served_on=clock.today() - timedelta(days=2))
    await make_record(session, made, title="邻居节", is_work_time=True)
    return made


async def asked(session: AsyncSession, registration: Registration, **columns: Any) -> Certificate:
    """The member's wish for the last thirty days."""
    today = clock.today()
    row = Certificate(
        registration_id=registration.id,
        person_id=registration.person_id,
        community_id=registration.community_id,
        **{"period_from": today - timedelta(days=30), "period_to": today} | columns,
    )
    session.add(row)
    await session.flush()
    return row


async def test_the_list_is_small_cheap_and_goes_on(
    session: AsyncSession,
    community: Organization,
    clerk: Person,
    visit: Visit,
    count_statements: Count,
) -> None:
    path = f"/console/communities/{community.id}/certificates"
    browser = await visit(clerk)
    assert "没有等待审核的服务证明" in (await browser.get(path)).text
    page = await browser.get(path, params={"status": "revoked"})
    assert "没有这个状态的服务证明" in page.text
    for _ in range(21):
        await asked(session, await make_registration(session, community), purpose=EVIL)
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert EVIL not in page.text and page.text.count('href="/console/certificates/') == 20
    assert 'rel="next"' in page.text


async def test_one_checks_it_the_secretary_issues_it_and_it_is_printed(
    session: AsyncSession,
    community: Organization,
    clerk: Person,
    secretary: Person,
    registration: Registration,
    visit: Visit,
) -> None:
    row = await asked(session, registration, purpose="单位评优")
    await make_record(session, registration, status=RecordStatus.DISPUTED)
    one = f"/console/certificates/{row.id}"
    browser = await visit(clerk)
    inbox = (await browser.get("/console/")).text
    assert "1份服务证明等待审核" in inbox
    page = (await browser.get(one)).text
    assert "单位评优" in page and "2小时30分" in page and "工作时间，单列" in page
    assert "另有 1 条记录待核定或复核" in page and f"{one}/issue" not in page
    early = await browser.post(f"{one}/pdf")
    assert early.status_code == 409 and "尚未开具" in early.text
    done = await browser.post(f"{one}/check")
    assert done.headers["location"] == f"{one}?said=certificate_check"
    page = (await browser.get(done.headers["location"])).text
    assert "等待书记签发" in page and f"{one}/issue" not in page and f"{one}/refuse" in page
    assert (await browser.post(f"{one}/issue")).status_code == 403
    browser = await visit(secretary)
    path = f"/console/communities/{community.id}/certificates?status=checked"
    assert f'<a href="{path}">1份服务证明等待签发</a>' in (await browser.get("/console/")).text
    done = await browser.post(f"{one}/issue")
    assert done.headers["location"] == f"{one}?said=certificate_issue"
    await session.refresh(row)
    await make_record(session, registration, title="后来的服务")
    page = (await browser.get(one)).text
    assert row.number is not None and row.number in page
    assert "合计 3 次，2.5 小时；另有工作时间 1.0 小时" in page and "签发：李书记" in page
    assert "现在的记录" in page and "后来的服务" in page
    wrong = {"id_kind": "居民身份证", "id_number": "4101 05"}
    refused = await browser.post(f"{one}/pdf", data=wrong)
    assert refused.status_code == 422 and 'id="wrong-field-pdf-id_number"' in refused.text
    assert 'value="4101 05"' in refused.text
    paper = await browser.post(f"{one}/pdf", data=wrong | {"id_number": "410105"})
    assert paper.headers["content-type"] == "application/pdf"
    assert f"{row.number}.pdf" in paper.headers["content-disposition"]
    assert paper.content.startswith(b"%PDF")
    assert (await browser.post(f"{one}/pdf")).content.startswith(b"%PDF")


async def test_it_is_refused_or_revoked_with_words(
    session: AsyncSession, secretary: Person, registration: Registration, visit: Visit
) -> None:
    unwanted = await asked(session, registration)
    one = f"/console/certificates/{unwanted.id}"
    browser = await visit(secretary)
    unsaid = await browser.post(f"{one}/refuse", data={"reason": ""})
    assert unsaid.status_code == 422 and 'id="wrong-field-refuse-reason"' in unsaid.text
    done = await browser.post(f"{one}/refuse", data={"reason": EVIL})
    page = (await browser.get(done.headers["location"])).text
    assert "已告知本人不予开具" in page and EVIL not in page and "&lt;script&gt;" in page
    assert f"{one}/refuse" not in page
    row = await asked(session, registration, status=S.CHECKED)
    one = f"/console/certificates/{row.id}"
    await browser.post(f"{one}/issue")
    unsaid = await browser.post(f"{one}/revoke")
    assert unsaid.status_code == 422 and "<details" in unsaid.text and " open>" in unsaid.text
    done = await browser.post(f"{one}/revoke", data={"reason": "记录有误"})
    page = (await browser.get(done.headers["location"])).text
    assert "已撤销" in page and "记录有误" in page and f"{one}/pdf" not in page
    for each, status in ((unwanted, S.REFUSED), (row, S.REVOKED)):
        await session.refresh(each)
        assert each.status is status


async def test_nothing_served_nobody_s_own_and_nothing_of_another_s(
    session: AsyncSession,
    community: Organization,
    clerk: Person,
    secretary: Person,
    registration: Registration,
    visit: Visit,
) -> None:
    empty = await asked(session, await make_registration(session, community), status=S.CHECKED)
    one = f"/console/certificates/{empty.id}"
    browser = await visit(secretary)
    assert "没有已确认的服务记录" in (await browser.get(one)).text
    refused = await browser.post(f"{one}/issue")
    assert refused.status_code == 409 and "该时段没有已确认的服务记录" in refused.text
    own = await asked(session, await make_registration(session, community, secretary))
    one = f"/console/certificates/{own.id}"
    assert f"{one}/check" not in (await browser.get(one)).text
    refused = await browser.post(f"{one}/check")
    assert refused.status_code == 409 and "须由他人办理" in refused.text
    member = await session.get_one(Member, registration.member_id)
    member.is_protected = True
    hidden = await asked(session, registration)
    browser = await visit(clerk)
    page = (await browser.get(f"/console/communities/{community.id}/certificates")).text
    assert "由书记办理" in page and "张三" not in page and str(hidden.id) not in page
    assert (await browser.get(f"/console/certificates/{hidden.id}")).status_code == 404
