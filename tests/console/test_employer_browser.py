"""An employer's secretary in a browser: from the inbox to the acknowledged summary, and a new roster."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, expect
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.person import Role
from app.permissions import Actor
from app.reports import exports, summaries
from app.reports.periods import year_to
from tests.console.test_browser import LAPTOP, PHONE, Stand, chromium, is_sound, running, visiting
from tests.factories.members import make_member
from tests.reports.town import Town, make_town

__all__ = ["chromium"]

ROSTER = "姓名,手机号,所在党支部,身份证号码\n李四,13800000002,第二党支部,320600\n"


async def compiled(session: AsyncSession, town: Town) -> None:
    """The employer's summary is delivered, with a line whose name is a script."""
    await make_member(session, town.employer, name="<script>harmed=1</script>")
    office = Actor(town.office.id, {Role.DISTRICT_ADMIN: (town.community.lineage[1],)})
    period = year_to(clock.today())
    await summaries.compile_summary(session, office, town.employer.id, period)


@pytest.fixture
async def stand(committed: FastAPI) -> AsyncIterator[Stand]:
    """An employer to whom a summary was delivered; its secretary visits."""
    async with committed.state.sessions.begin() as session:
        town = await make_town(session)
        await compiled(session, town)
    async with running(committed) as url:
        yield Stand(committed, url, town.employer, town.employer_secretary)


@pytest.mark.parametrize("screen", [LAPTOP, PHONE], ids=["laptop", "phone"])
async def test_from_the_inbox_to_the_acknowledged_summary(
    chromium: Browser, stand: Stand, screen: dict[str, int]
) -> None:
    async with visiting(chromium, stand, viewport=screen) as page:
        await page.goto(f"{stand.url}/console/")
        await page.get_by_role("link", name="1份汇总单等待签收").press("Enter")
        await page.locator("tbody a").first.press("Enter")
        await expect(page.get_by_text("<script>")).to_be_visible()
        assert await page.evaluate("typeof harmed === 'undefined'")
        await page.get_by_role("button", name="签收").press("Enter")
        await expect(page.get_by_role("status")).to_have_text("已签收")
        await is_sound(page)
        await page.get_by_role("textbox", name="回复社区").fill("感谢社区")
        await page.get_by_role("button", name="提交").click()
        await expect(page.get_by_role("alert")).to_be_focused()
        await expect(page.get_by_role("textbox", name="回复社区")).to_have_value("感谢社区")
        await is_sound(page)
        await page.get_by_label("已作为民主评议参考").check()
        await page.get_by_role("button", name="提交").click()
        await expect(page.get_by_role("status")).to_have_text("已记录结果运用")
        async with page.expect_download() as paper:
            await page.get_by_role("button", name="下载 PDF").click()
        assert (await paper.value).suggested_filename.endswith(".pdf")
        await is_sound(page)


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_workbook_becomes_ready_under_the_reader_s_eyes(
    chromium: Browser, stand: Stand, scripts: bool
) -> None:
    async with visiting(chromium, stand, java_script_enabled=scripts) as page:
        await page.goto(f"{stand.url}/console/employers/{stand.community.id}/summaries")
        await page.locator("tbody a").first.click()
        await page.get_by_role("button", name="导出 Excel").click()
        await expect(page.get_by_text("排队中")).to_be_visible()
        if scripts:
            await is_sound(page)
        await page.reload()
        await exports.make_next(stand.app.state.sessions, stand.app.state.wechat)
        if not scripts:
            await page.get_by_role("link", name="刷新进度").click()
        await expect(page.get_by_text("已生成")).to_be_visible()
        if scripts:
            await is_sound(page)
        async with page.expect_download() as book:
            await page.get_by_role("button", name="下载 Excel").click()
        assert (await book.value).suggested_filename == "report.xlsx"


async def test_a_roster_is_sent_previewed_and_applied(
    chromium: Browser, stand: Stand, tmp_path: Path
) -> None:
    file = tmp_path / "名册.csv"
    file.write_text(ROSTER)
    async with visiting(chromium, stand, viewport=PHONE) as page:
        await page.goto(f"{stand.url}/console/employers/{stand.community.id}/roster")
        await page.get_by_role("link", name="上传名册文件").click()
        await page.get_by_label("名册文件").set_input_files(file)
        await page.get_by_role("button", name="预览").click()
        await expect(page.get_by_role("alert")).to_be_focused()
        await is_sound(page)
        await page.get_by_label("名册文件").set_input_files(file)
        await page.get_by_label("我确认以下内容").check()
        await page.get_by_role("button", name="预览").click()
        await expect(page.get_by_text("名册还没有改动")).to_be_visible()
        await is_sound(page)
        await page.get_by_role("button", name="应用到名册").click()
        await expect(page.get_by_role("status")).to_have_text("名册已更新")
        await page.get_by_role("link", name="党员名册").first.click()
        await expect(page.get_by_text("李四")).to_be_visible()
