"""汇总单 in the console: listed, read, received once, its use ticked for all, on paper and as workbook."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock, ids
from app.models.export import Export, ExportStatus
from app.models.house import AccessLog
from app.models.person import Role
from app.models.report import Report, ReportKind, ReportStatus
from app.permissions import Actor
from app.reports import exports, service, summaries
from app.reports.periods import Period
from tests.console.conftest import Visit
from tests.factories.members import make_member
from tests.factories.organizations import make_employer
from tests.factories.people import make_staff
from tests.reports.town import TODAY, Town, join, town

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
Sessions = async_sessionmaker[AsyncSession]
S = ReportStatus
EVIL = "<script>alert(1)</script>"
PERIOD = Period(TODAY - timedelta(days=360), TODAY)
WECHAT: Any = None  # nobody speaks to it


async def compiled(session: AsyncSession, town: Town) -> Report:
    """The employer's summary, delivered."""
    office = Actor(town.office.id, {Role.DISTRICT_ADMIN: (town.community.lineage[1],)})
    return await summaries.compile_summary(session, office, town.employer.id, PERIOD)


async def test_the_list_is_small_cheap_and_goes_on(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    path = f"/console/employers/{town.employer.id}/summaries"
    browser = await visit(town.employer_clerk)
    assert "还没有汇总单或简报" in (await browser.get(path)).text
    session.add_all(
        Report(
            id=ids.new_id(),
            kind=ReportKind.BRIEF,
            issuer_id=town.community.lineage[1],
            employer_id=town.employer.id,
            period_from=PERIOD.first,
            period_to=PERIOD.last - timedelta(days=number),
            status=S.DELIVERED,
            delivered_at=clock.now(),
            content='{"form":"brief"}',
        )
        for number in range(20)
    )
    await session.flush()
    await compiled(session, town)
    with count_statements() as statements:
        page = await browser.get(path)
    assert len(statements) <= 5 and len(page.content) <= 60_000
    assert page.text.count('href="/console/reports/') == 20 and 'rel="next"' in page.text
    assert "待签收" in page.text and "无须签收" in page.text
    assert 'aria-current="page"' in page.text


async def test_a_branch_is_led_to_its_employer_and_reads_its_own(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    await join(session, town, "李四")
    report = await compiled(session, town)
    browser = await visit(await make_staff(session, Role.EMPLOYER_SECRETARY, town.branch))
    of_employer = f"/console/employers/{town.employer.id}/summaries"
    answer = await browser.get(f"/console/employers/{town.branch.id}/summaries")
    assert answer.headers["location"] == of_employer
    assert str(report.id) in (await browser.get(of_employer)).text
    page = (await browser.get(f"/console/reports/{report.id}")).text
    assert "张三" in page and "李四" not in page
    assert "/acknowledge" not in page and report.read_at is None


async def test_it_is_read_received_and_its_use_ticked_for_all(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    await make_member(session, town.employer, name=EVIL)
    report = await compiled(session, town)
    one = f"/console/reports/{report.id}"
    browser = await visit(town.employer_secretary)
    inbox = await browser.get("/console/")
    assert f"/console/employers/{town.employer.id}/summaries" in inbox.text
    page = await browser.get(one)
    assert "市水务局" in page.text and "张三" in page.text and "线上报到（人）" in page.text
    assert EVIL not in page.text and "&lt;script&gt;" in page.text
    await session.refresh(report)
    assert report.read_at is not None and len(page.content) <= 60_000
    early = await browser.post(f"{one}/use", data={"uses": "filed_only"})
    assert (early.status_code, "当前状态下不能进行此操作" in early.text) == (409, True)
    done = await browser.post(f"{one}/acknowledge")
    assert done.headers["location"] == f"{one}?said=report_acknowledge"
    assert "已签收" in (await browser.get(done.headers["location"])).text
    late = await browser.post(f"{one}/acknowledge")
    assert (late.status_code, "当前状态下不能进行此操作" in late.text) == (409, True)
    none = await browser.post(f"{one}/use", data={"reply": EVIL})
    assert none.status_code == 422 and 'id="wrong-field-use-uses"' in none.text
    assert EVIL not in none.text and "&lt;script&gt;alert(1)" in none.text
    unknown = await browser.post(f"{one}/use", data={"uses": ["appraisal", "made_up"]})
    assert unknown.status_code == 422 and 'id="use-appraisal" checked' in unknown.text
    data = {"uses": ["appraisal", "filed_only"], "reply": "感谢社区"}
    done = await browser.post(f"{one}/use", data=data)
    assert done.headers["location"] == f"{one}?said=report_use"
    page = await browser.get(done.headers["location"])
    assert "已作为民主评议参考、已阅存" in page.text and "感谢社区" in page.text
    assert "结果运用</h2>" not in page.text
    await session.refresh(report)
    assert (report.status, report.uses_made) == (S.ACKNOWLEDGED, ["appraisal", "filed_only"])


async def test_a_clerk_reads_facts_and_receives_nothing(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    report = await compiled(session, town)
    one = f"/console/reports/{report.id}"
    browser = await visit(town.employer_clerk)
    page = (await browser.get(one)).text
    assert "张三" in page and "群众评价" not in page and "满意率" not in page
    assert "/acknowledge" not in page and report.read_at is None
    refused = await browser.post(f"{one}/acknowledge")
    assert (refused.status_code, "没有权限" in refused.text) == (403, True)


async def test_many_lines_stand_on_several_pages(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    for number in range(80):
        await make_member(session, town.employer, name=f"王{number:02}", branch_id=town.branch.id)
    report = await compiled(session, town)
    one = f"/console/reports/{report.id}"
    browser = await visit(town.employer_secretary)
    await browser.get(one)
    with count_statements() as statements:
        first = await browser.get(one)
    assert len(statements) <= 6 and len(first.content) <= 60_000
    assert 'href="?start=40"' in first.text and "共 81 人" in first.text
    last = await browser.get(one, params={"start": 80})
    assert last.text.count("<tr>") == 2 and 'rel="next"' not in last.text
    assert "没有更多明细" in (await browser.get(one, params={"start": 81})).text


async def test_an_edition_that_was_replaced_leads_to_the_new_one(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    old, new = await compiled(session, town), await compiled(session, town)
    page = (await (await visit(town.employer_secretary)).get(f"/console/reports/{old.id}")).text
    assert "已由新版替代" in page and f"/console/reports/{new.id}" in page


async def test_it_is_taken_away_on_paper(session: AsyncSession, town: Town, visit: Visit) -> None:
    report = await compiled(session, town)
    browser = await visit(town.employer_secretary)
    answer = await browser.post(f"/console/reports/{report.id}/pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert f"{report.number}.pdf" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"%PDF")


async def test_a_workbook_says_how_far_it_is_and_is_fetched(
    session: AsyncSession, sessions: Sessions, town: Town, visit: Visit
) -> None:
    report = await compiled(session, town)
    browser = await visit(town.employer_secretary)
    asked = await browser.post(f"/console/reports/{report.id}/exports")
    one = asked.headers["location"]
    export = (await session.scalars(select(Export))).one()
    assert one == f"/console/exports/{export.id}"
    again = await browser.post(f"/console/reports/{report.id}/exports")
    assert again.headers["location"] == one
    await session.execute(
        update(Export).values(status=ExportStatus.MAKING, percent=40), {"id": export.id}
    )
    page = (await browser.get(one)).text
    assert "已完成 40%" in page and "刷新进度" in page and "export.js" in page
    early = await browser.post(f"{one}/link")
    assert (early.status_code, "文件尚未生成或已过期" in early.text) == (409, True)
    await session.execute(update(Export).values(status=ExportStatus.ASKED))
    assert await exports.make_next(sessions, WECHAT)
    assert "上次导出：已生成" in (await browser.get(f"/console/reports/{report.id}")).text
    page = (await browser.get(one)).text
    assert "下载 Excel" in page and "export.js" not in page
    link = await browser.post(f"{one}/link")
    book = await browser.get(link.headers["location"])
    assert (link.status_code, book.content[:2]) == (303, b"PK")
    assert (await session.scalars(select(AccessLog).where(AccessLog.fields == "workbook"))).all()
    await session.execute(update(Export).values(status=ExportStatus.GONE))
    assert "重新导出" in (await browser.get(one)).text


async def test_another_employer_s_is_not_mine(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    report = await compiled(session, town)
    mine = Actor(town.employer_secretary.id, {Role.EMPLOYER_SECRETARY: (town.employer.id,)})
    export = await exports.ask(session, mine, report.id)
    await service.mark_read(session, mine, report.id)
    elsewhere = await make_employer(session)
    stranger = await make_staff(session, Role.EMPLOYER_SECRETARY, elsewhere)
    browser = await visit(stranger)
    path = f"/console/employers/{town.employer.id}/summaries"
    assert (await browser.get(path)).status_code == 403
    for own in (f"reports/{report.id}", f"exports/{export.id}"):
        assert (await browser.get(f"/console/{own}")).status_code == 404
    for act in ("acknowledge", "pdf", "exports"):
        answer = await browser.post(f"/console/reports/{report.id}/{act}")
        assert answer.status_code == 404, act
