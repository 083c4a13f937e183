"""名册 in the console: its file previewed and applied whole, and every member's registration, masked."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.members.applications import code_hash
from app.models.member import Member, RegistrationStatus
from app.models.organization import Import
from app.models.person import Role
from tests.console.conftest import Visit
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_employer, make_organization
from tests.factories.people import make_person, make_staff
from tests.reports.town import Town, town

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"
HEAD = "姓名,手机号,所在党支部,党员类别,身份证号码\n"
ROWS = "李四,13800000002,第二党支部,预备党员,320600\n王五,13800000003,离退休党支部,,320600\n"


@pytest.fixture
async def browser(town: Town, visit: Visit) -> AsyncClient:
    return await visit(town.employer_clerk)


async def send(browser: AsyncClient, town: Town, text: str, *, told: bool = True) -> Response:
    """As a browser sends the form with its file."""
    return await browser.post(
        f"/console/employers/{town.employer.id}/roster/previews",
        data={"confirms_notice": ["false", "true"] if told else ["false"]},
        files={"file": ("roster.csv", (HEAD + text).encode())},
    )


async def last_import(session: AsyncSession) -> Any:
    found = select(Import).order_by(Import.id.desc()).limit(1)
    return (await session.scalars(found.execution_options(populate_existing=True))).one()


async def test_the_roster_says_who_is_registered_small_cheap_and_masked(
    session: AsyncSession,
    town: Town,
    visit: Visit,
    browser: AsyncClient,
    count_statements: Count,
) -> None:
    empty = await make_employer(session)
    other = await visit(await make_staff(session, Role.EMPLOYER_SECRETARY, empty))
    page = await other.get(f"/console/employers/{empty.id}/roster")
    assert "名册里还没有党员" in page.text
    browser = await visit(town.employer_clerk)
    line = await make_member(session, town.employer, name=EVIL, phone="13912345678")
    await make_registration(
        session, town.community, None, member=line, status=RegistrationStatus.PENDING_COMMUNITY
    )
    for _ in range(20):
        await make_member(session, town.employer, is_protected=True)
    path = f"/console/employers/{town.employer.id}/roster"
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 5 and len(page.content) <= 60_000
    for words in ("学田社区", "已报到", "待社区接收", "未报到", "第一党支部", "不公开"):
        assert words in page.text, words
    assert "13912345678" not in page.text and "139****5678" in page.text
    assert EVIL not in page.text and "&lt;script&gt;" in page.text
    assert 'rel="next"' in page.text and f"{path}/previews" in page.text
    follow = page.text.partition("?cursor=")[2].partition('"')[0]
    second = await browser.get(f"{path}?cursor={follow}")
    assert second.text.count('data-label="姓名"') == 2


async def test_a_branch_reads_its_own_members_and_uploads_nothing(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    other = await make_organization(session, "employer_branch", town.employer, name="第二党支部")
    await make_member(session, town.employer, name="别支部的人", branch_id=other.id)
    await make_member(session, town.employer, name="无支部的人")
    browser = await visit(await make_staff(session, Role.EMPLOYER_SECRETARY, town.branch))
    page = (await browser.get(f"/console/employers/{town.branch.id}/roster")).text
    assert "张三" in page and "previews" not in page
    assert "别支部的人" not in page and "无支部的人" not in page
    assert "约谈提醒" not in page and "报到确认" not in page  # the employer's alone
    browser = await visit(await make_staff(session, Role.EMPLOYER_SECRETARY, other))
    await session.execute(update(Member).values(left_on=clock.today()))
    page = (await browser.get(f"/console/employers/{other.id}/roster")).text
    assert "名册里还没有本支部的党员" in page


async def test_the_roster_is_narrowed_to_a_branch_and_to_where_its_members_stand(
    session: AsyncSession, town: Town, visit: Visit, browser: AsyncClient
) -> None:
    path = f"/console/employers/{town.employer.id}/roster"
    await make_member(session, town.employer, name="未报到的人")
    waiting = await make_member(session, town.employer, name="办理中的人")
    await make_registration(
        session,
        town.community,
        None,
        member=waiting,
        status=RegistrationStatus.PENDING_COMMUNITY,
    )
    await make_member(session, town.employer, name="申请的人", service_state="applied")
    for standing, name in (
        ("registered", "张三"),
        ("under_way", "办理中的人"),
        ("not_registered", "未报到的人"),
    ):
        page = (await browser.get(path, params={"standing": standing, "branch_id": ""})).text
        assert f'data-label="姓名">{name}' in page and page.count('data-label="姓名"') == 1
        assert f'value="{standing}" selected' in page
    page = (await browser.get(path, params={"branch_id": str(town.branch.id)})).text
    assert "张三" in page and page.count('data-label="姓名"') == 1
    page = (await browser.get(path, params={"standing": "suspended"})).text
    assert "可以放宽条件再看" in page


async def test_a_file_is_previewed_and_applied_whole(
    session: AsyncSession, town: Town, browser: AsyncClient
) -> None:
    path = f"/console/employers/{town.employer.id}/roster"
    page = await browser.get(f"{path}/previews")
    assert "本单位已告知名册中的党员" in page.text
    seen = await send(browser, town, ROWS)
    assert seen.status_code == 200, seen.text
    for words in ("新增", "第 3 行：离退休", "身份证号码", "名册还没有改动", "放弃"):
        assert words in seen.text, words
    count = select(func.count()).select_from(Member).where(Member.left_on.is_(None))
    before = await session.scalar(count)
    one = f"/console/imports/{(await last_import(session)).id}"
    assert f"{one}/roster" in seen.text and "待应用" in (await browser.get(one)).text
    data = {"leave_missing": ["false", "true"]}
    done = await browser.post(f"{one}/roster", data=data)
    assert done.headers["location"] == f"{one}?said=roster_applied"
    page = await browser.get(done.headers["location"])
    assert "名册已更新" in page.text and "已应用" in page.text and f"{one}/roster" not in page.text
    assert await session.scalar(count) == before
    assert "李四" in (await browser.get(path)).text
    late = await browser.post(f"{one}/roster")
    assert (late.status_code, "当前状态下不能进行此操作" in late.text) == (409, True)


async def test_wrong_cells_are_named_with_row_column_and_reason(
    session: AsyncSession, town: Town, browser: AsyncClient
) -> None:
    seen = await send(browser, town, f"{EVIL},138,第一党支部,,\n")
    assert "需要改正" in seen.text and "重新上传" in seen.text
    assert 'data-label="行">2<' in seen.text and "B 手机号" in seen.text
    assert EVIL not in seen.text
    one = f"/console/imports/{(await last_import(session)).id}"
    refused = await browser.post(f"{one}/roster")
    assert (refused.status_code, "有未通过的行" in refused.text) == (409, True)


async def test_what_changed_meanwhile_is_not_overwritten(
    session: AsyncSession, town: Town, browser: AsyncClient
) -> None:
    await send(browser, town, ROWS)
    one = f"/console/imports/{(await last_import(session)).id}"
    await make_member(session, town.employer)
    data = {"leave_missing": ["false", "true"]}
    refused = await browser.post(f"{one}/roster", data=data)
    assert (refused.status_code, "预览之后数据已有变化" in refused.text) == (409, True)
    await session.execute(update(Import).values(status="lapsed", due_at=None))
    assert "已作废" in (await browser.get(one)).text


async def test_a_file_is_sent_by_who_told_its_people_only(
    session: AsyncSession, town: Town, browser: AsyncClient
) -> None:
    path = f"/console/employers/{town.employer.id}/roster/previews"
    untold = await send(browser, town, ROWS, told=False)
    assert untold.status_code == 422
    assert 'id="wrong-field-confirms_notice"' in untold.text and "请确认已告知" in untold.text
    for files in ({}, {"file": ("", b"")}):
        none = await browser.post(path, data={"confirms_notice": "true"}, files=files)
        assert (none.status_code, 'id="wrong-field-file"' in none.text) == (422, True)
        assert 'value="true" checked' in none.text
    garbage = await browser.post(
        path, data={"confirms_notice": "true"}, files={"file": ("a.xlsx", b"no table at all")}
    )
    assert (garbage.status_code, 'role="alert"' in garbage.text) == (422, True)
    huge = {"file": ("a.csv", b"x" * 11_000_000)}
    assert (await browser.post(path, files=huge)).status_code == 413
    assert await session.scalar(select(func.count()).select_from(Import)) == 0


async def test_another_employer_s_roster_is_not_mine(
    session: AsyncSession, town: Town, browser: AsyncClient, visit: Visit
) -> None:
    await send(browser, town, ROWS)
    made = await last_import(session)
    stranger = await make_staff(session, Role.EMPLOYER_CLERK, await make_employer(session))
    browser = await visit(stranger)
    path = f"/console/employers/{town.employer.id}/roster"
    assert (await browser.get(path)).status_code == 403
    assert (await browser.get(f"{path}/previews")).status_code == 403
    assert (await send(browser, town, ROWS)).status_code == 403
    assert (await browser.get(f"/console/imports/{made.id}")).status_code == 404
    assert (await browser.post(f"/console/imports/{made.id}/roster")).status_code == 404


async def test_who_is_not_found_by_his_phone_is_given_a_code_once(
    session: AsyncSession, town: Town, browser: AsyncClient, visit: Visit
) -> None:
    line = await make_member(session, town.employer, name="李四")
    path, one = f"/console/employers/{town.employer.id}/roster", f"/console/members/{line.id}"
    page = (await browser.get(path)).text
    assert page.count("/claim-code") == 1 and f"{one}/claim-code" in page
    page = (await browser.post(f"{one}/claim-code")).text
    await session.refresh(line)
    assert "李四的认领码" in page and line.claim_code_hash is not None
    found = re.search(r"<strong>([0-9A-Z]{6})</strong>", page)
    assert found is not None and code_hash(found[1]) == line.claim_code_hash
    line.person_id = (await make_person(session)).id
    await session.flush()
    assert "/claim-code" not in (await browser.get(path)).text
    assert (await browser.post(f"{one}/claim-code")).status_code == 404
    branch = await make_staff(session, Role.EMPLOYER_SECRETARY, town.branch)
    other = await make_member(session, town.employer, branch_id=town.branch.id)
    browser = await visit(branch)
    page = (await browser.get(f"/console/employers/{town.branch.id}/roster")).text
    assert other.name in page and "/claim-code" not in page
    refused = await browser.post(f"/console/members/{other.id}/claim-code")
    assert refused.status_code == 403
