"""An employer's secretary in a browser: a workbook that is made while he waits."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, expect
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.person import Role
from app.permissions import Actor
from app.reports import exports, summaries
from app.reports.periods import year_to
from tests.console.test_browser import Stand, chromium, is_sound, running, visiting
from tests.reports.town import Town, make_town

__all__ = ["chromium"]


async def compiled(session: AsyncSession, town: Town) -> None:
    """The employer's summary is delivered."""
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
