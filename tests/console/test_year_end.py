"""年终 in the console: what is missing is seen without making anything; then all is begun at once."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus
from app.models.report_run import ReportRun, RunTask
from tests.console.conftest import Visit
from tests.factories.organizations import make_organization
from tests.reports.test_runs import Sessions, work
from tests.reports.town import PERIOD, Town, join, town

__all__ = ["town"]

Count = Callable[[], AbstractContextManager[list[str]]]
EVIL = "<script>alert(1)</script>"


def at(town: Town) -> str:
    return f"/console/year-end/{town.community.lineage[1]}"


async def test_what_is_missing_is_seen_and_nothing_is_made(
    session: AsyncSession, town: Town, visit: Visit
) -> None:
    await join(session, town, "李四", agrees=False)
    browser = await visit(town.office)
    page = (await browser.get(at(town))).text
    assert "正在进行的年度" in page and "上一年度" in page
    assert "还没有生成过" in page and f"{at(town)}/gaps?of=community&amp;period_from=" in page
    gaps = await browser.get(f"{at(town)}/gaps", params=PERIOD)
    assert "学田社区" in gaps.text and "未安排" in gaps.text and "张三" not in gaps.text
    assert re.search(r'data-label="没有反馈单"><span class="late">1</span>', gaps.text)
    gaps = await browser.get(f"{at(town)}/gaps", params=PERIOD | {"of": "employer"})
    assert "市水务局" in gaps.text and 'data-label="自报在职党员">5' in gaps.text
    assert await session.scalar(select(func.count()).select_from(Report)) == 0
    today = await browser.get(f"{at(town)}/gaps", params={"of": "community", "period_to": ""})
    assert f'value="{clock.today()}"' in today.text
    odd = await browser.get(f"{at(town)}/gaps", params={"of": "person"})
    assert odd.status_code == 422
    nobody = await browser.get(f"/console/year-end/{town.employer.id}/gaps")
    assert "这里没有参加双报到的社区" in nobody.text
    browser = await visit(town.secretary)
    assert (await browser.get(at(town))).status_code == 403
    assert (await browser.get(f"{at(town)}/gaps")).status_code == 403


async def test_a_run_is_begun_once_and_says_how_far_it_is(
    session: AsyncSession, sessions: Sessions, town: Town, visit: Visit
) -> None:
    browser = await visit(town.office)
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    early = await browser.post(at(town), data=PERIOD | {"period_to": tomorrow})
    assert (early.status_code, 'id="wrong-field-period_to"' in early.text) == (422, True)
    assert f'value="{tomorrow}"' in early.text
    for _ in range(2):
        done = await browser.post(at(town), data=PERIOD)
        assert done.headers["location"] == f"{at(town)}?said=year_begun"
    page = (await browser.get(at(town))).text
    assert "0/2" in page and "data-again" in page and "刷新进度" in page
    assert await session.scalar(select(func.count()).select_from(ReportRun)) == 1
    await work(sessions)
    page = (await browser.get(at(town))).text
    assert "2/2 已完成" in page and "data-again" not in page
    kinds = (await session.scalars(select(Report.kind))).all()
    assert {*kinds} == {ReportKind.MEMBER_SHEET, ReportKind.EMPLOYER_SUMMARY}
    browser = await visit(town.secretary)
    assert (await browser.post(at(town), data=PERIOD)).status_code == 403


async def test_the_lists_are_small_and_cheap(
    session: AsyncSession, town: Town, visit: Visit, count_statements: Count
) -> None:
    district = await session.get_one(Organization, town.community.lineage[1])
    subdistrict = await session.get_one(Organization, town.community.lineage[2])
    today = clock.today()
    for number in range(21):
        await make_organization(
            session, "community", subdistrict, name=f"{EVIL}{number}", takes_part=True
        )
        await make_organization(session, "employer", district, name=f"{EVIL}{number}")
        day = today - timedelta(days=number)
        run = ReportRun(organization_id=district.id, kind="briefs", period_from=day, period_to=day)
        session.add(run)
        await session.flush()
        session.add(RunTask(run_id=run.id, work="brief", organization_id=town.employer.id))
    await session.flush()
    browser = await visit(town.office)
    for path, mark in (
        (at(town), "季度简报"),
        (f"{at(town)}/gaps", 'data-label="书记"'),
        (f"{at(town)}/gaps?of=employer", 'data-label="书记"'),
    ):
        with count_statements() as statements:
            page = await browser.get(path)
        assert len(statements) <= 5 and len(page.content) <= 60_000
        assert page.text.count(mark) == 20 and EVIL not in page.text
        after = re.search(r'<a href="([^"]+)" rel="next">', page.text)
        assert after is not None
        rest = await browser.get(path.partition("?")[0] + after[1].replace("&amp;", "&"))
        assert 1 <= rest.text.count(mark) <= 2 and 'rel="next"' not in rest.text


async def test_the_office_sees_which_summaries_are_acknowledged(
    session: AsyncSession, sessions: Sessions, town: Town, visit: Visit, count_statements: Count
) -> None:
    here = f"{at(town)}/summaries"
    browser = await visit(town.office)
    assert "没有这样的汇总单" in (await browser.get(here)).text
    await browser.post(at(town), data=PERIOD)
    await work(sessions)
    made = await session.scalar(select(Report).where(Report.kind == ReportKind.EMPLOYER_SUMMARY))
    assert made is not None
    page = (await browser.get(here)).text
    assert "市水务局" in page and str(made.number) in page and "书记已打开" not in page
    one = (await browser.get(f"/console/reports/{made.id}")).text
    assert f'href="{here}"' in one and "下载 PDF" in one
    browser = await visit(town.employer_secretary)
    one = (await browser.get(f"/console/reports/{made.id}")).text
    assert f"/console/employers/{town.employer.id}/summaries" in one and here not in one
    await browser.post(f"/console/reports/{made.id}/acknowledge")
    assert (await browser.get(here)).status_code == 403
    browser = await visit(town.office)
    assert "市水务局" not in (await browser.get(here)).text
    page = (await browser.get(f"{here}?receipt=acknowledged")).text
    assert "市水务局" in page and "结果运用还没有填" in page
    for number in range(21):
        session.add(
            Report(
                kind=ReportKind.EMPLOYER_SUMMARY,
                issuer_id=town.community.lineage[1],
                employer_id=town.employer.id,
                period_from=clock.today() - timedelta(days=number),
                period_to=clock.today(),
                status=ReportStatus.VOID,
                content="{}",
                read_at=clock.now(),
            )
        )
    await session.flush()
    with count_statements() as statements:
        shown = await browser.get(f"{here}?receipt=gone")
    assert len(statements) <= 5 and len(shown.content) <= 60_000
    assert shown.text.count('data-label="单位"') == 20 and "书记已打开" in shown.text
    after = re.search(r'<a href="([^"]+)" rel="next">', shown.text)
    assert after is not None
    rest = await browser.get(here + after[1].replace("&amp;", "&"))
    assert rest.text.count('data-label="单位"') == 1
