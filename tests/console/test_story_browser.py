"""The whole story once, in browsers and with two web processes: what one of them does, the other shows.

What belongs to the mini-program goes over HTTP, as `tests/test_story.py` plays it; the rest is done in
the console, each page from the other process than the one before.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from app.core import clock
from app.demo.stage import Somebody, Stage, sign_in
from app.models.order import Order
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.commands.test_commands import free_port, running
from tests.console.test_browser import PHONE, Stand, chromium, is_sound, visiting
from tests.factories.members import make_member
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.simulator.hands import APPID, SECRET, simulator_url

__all__ = ["chromium", "simulator_url"]

MEMBER, RESIDENT = "13800000002", "13700000003"
ROSTER = f"姓名,手机号,所在党支部,身份证号码\n李四,{MEMBER},第二党支部,320600\n"


@dataclass
class Place:
    """One community and one employer, who is in charge there, and two web processes over one database."""

    app: FastAPI
    community: Organization
    employer: Organization
    secretary: Person
    boss: Person
    office: Person
    urls: tuple[str, str]
    stage: Stage

    def __post_init__(self) -> None:
        self.turns = cycle(self.urls)

    def at(self, path: str) -> str:
        """The page, from the other process than the last one."""
        return f"{next(self.turns)}/console/{path}"

    def staff(self, person: Person) -> Somebody:
        """The person's phone."""
        token = self.app.state.tokens.sign(person.id)
        return Somebody(self.stage, {"Authorization": f"Bearer {token}"})


@pytest.fixture
async def place(committed: FastAPI, database_url: str, simulator_url: str) -> AsyncIterator[Place]:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session, name="德民社区")
        district = await session.get_one(Organization, community.lineage[1])
        grid = await make_organization(session, "grid", community, name="三网格")
        await make_organization(session, "building", grid, name="12幢")
        employer = await make_organization(session, "employer", district, name="市水务局")
        await make_member(session, employer, name="<script>harmed=1</script>")
        secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
        boss = await make_staff(session, Role.EMPLOYER_SECRETARY, employer)
        office = await make_staff(session, Role.DISTRICT_ADMIN, district)
    ports = (free_port(), free_port())
    urls = (f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}")
    settings = {
        "APP_WECHAT_BASE_URL": simulator_url,
        "APP_WECHAT_APPID": APPID,
        "APP_WECHAT_SECRET": SECRET,
        "APP_LOG_LEVEL": "ERROR",
        "APP_FILES_URL": "memory:///",
    }
    async with AsyncExitStack() as stack:
        for port in ports:
            web = running(database_url, "serve", APP_PORT=str(port), **settings)
            await stack.enter_async_context(web)
        phone = await stack.enter_async_context(httpx.AsyncClient(base_url=urls[1]))
        platform = await stack.enter_async_context(httpx.AsyncClient(base_url=simulator_url))
        async with httpx.AsyncClient(trust_env=False) as probe:
            await asyncio.gather(*(answers(probe, url) for url in urls))
        yield Place(
            committed, community, employer, secretary, boss, office, urls, Stage(phone, platform)
        )


async def answers(probe: httpx.AsyncClient, url: str) -> None:
    """The process behind the address can serve."""
    for _ in range(600):
        try:
            if (await probe.get(f"{url}/health/ready")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(url)


async def pass_time(place: Place) -> None:
    """The service is over."""
    async with place.app.state.sessions.begin() as session:
        order = (await session.scalars(select(Order))).one()
        order.starts_at = clock.now() - timedelta(hours=2)
        order.ends_at = clock.now() - timedelta(hours=1)


async def send_roster(page: Page, place: Place, file: Path) -> None:
    """The employer's roster is sent, refused for what it lacks, previewed and applied."""
    await page.goto(place.at(f"employers/{place.employer.id}/roster"))
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
    await page.goto(place.at(f"employers/{place.employer.id}/roster"))
    await expect(page.get_by_text("李四")).to_be_visible()


async def register(place: Place) -> Somebody:
    """The member finds himself on the roster, and registers where he lives."""
    member = await sign_in(place.stage, MEMBER, "registration_core", "report_to_employer")
    (line,) = (await member.ask("GET", "/me/registration-offer"))["lines"]
    home = {"community_id": str(place.community.id), "building_text": "12幢"}
    await member.ask("POST", "/registrations", member_id=line["member_id"], **home)
    return member


async def accept(page: Page, place: Place) -> None:
    """The registration that waits is accepted."""
    await page.goto(place.at(""))
    await page.get_by_role("link", name="1份报到等待接收").click()
    await page.locator("tbody a").first.click()
    await page.get_by_role("button", name="接收", exact=True).click()
    await expect(page.get_by_role("status")).to_have_text("已接收报到")


async def order(page: Page, place: Place) -> None:
    """The need becomes an order in four fields, one of them wrong at first."""
    await page.goto(place.at(""))
    await page.get_by_role("link", name="1件诉求等待研判").click()
    await page.locator("tbody a").first.click()
    await page.get_by_label("办理方式").select_option("order")
    await page.get_by_label("服务类别").select_option("phone_teaching")
    await page.get_by_role("button", name="受理", exact=True).click()
    await expect(page.get_by_role("status")).to_have_text("已受理")
    await expect(page.get_by_label("标题")).to_have_value("教用手机")
    day = (clock.today() + timedelta(days=3)).isoformat()
    await page.get_by_label("开始").fill(f"{day}T09:00")
    await page.get_by_label("结束").fill(f"{day}T08:00")
    await page.get_by_role("button", name="发布").click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await is_sound(page)
    await page.get_by_label("结束").fill(f"{day}T10:00")
    await page.get_by_role("button", name="发布").click()
    await expect(page.get_by_role("status")).to_contain_text("党员可以接单了")


async def confirm(page: Page, place: Place) -> None:
    """Who came, and how long, is confirmed from the inbox."""
    await page.goto(place.at(f"communities/{place.community.id}/orders?stage=over"))
    await page.get_by_role("link", name="确认到场和时长").click()
    await page.get_by_role("button", name="登记到场，时长都按1小时确认").click()
    await expect(page.get_by_role("status")).to_have_text("到场和时长已确认")


async def report(place: Place, member: Somebody) -> None:
    """The member reads his sheet first, the community issues it, the district compiles the summary."""
    today = clock.today()
    period: dict[str, Any] = {
        "period_from": (today - timedelta(days=364)).isoformat(),
        "period_to": today.isoformat(),
    }
    secretary, office = place.staff(place.secretary), place.staff(place.office)
    await secretary.ask("POST", f"/organizations/{place.community.id}/sheets", **period)
    (mine,) = (await member.ask("GET", "/me/reports"))["items"]
    await member.ask("POST", f"/reports/{mine['id']}/statements", words="已按时参加")
    await secretary.ask("POST", f"/reports/{mine['id']}/issue", opinion="steady")
    await office.ask("POST", f"/organizations/{place.employer.id}/summaries", **period)


async def acknowledge(page: Page, place: Place) -> None:
    """The summary is read, acknowledged, said what it is used for, and kept on paper."""
    await page.goto(place.at(""))
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


async def test_from_the_roster_to_the_acknowledged_summary(
    chromium: Browser, place: Place, tmp_path: Path
) -> None:
    file = tmp_path / "名册.csv"
    file.write_text(ROSTER)
    secretary = Stand(place.app, place.urls[0], place.community, place.secretary)
    boss = Stand(place.app, place.urls[0], place.employer, place.boss)
    async with (
        visiting(chromium, secretary, viewport=PHONE, timezone_id="Asia/Shanghai") as desk,
        visiting(chromium, boss, viewport=PHONE, timezone_id="Asia/Shanghai") as office,
    ):
        await send_roster(office, place, file)
        member = await register(place)
        await accept(desk, place)
        resident = await sign_in(place.stage, RESIDENT)
        home = {"community_id": str(place.community.id), "building_text": "5幢"}
        await resident.ask("POST", "/me/residences", **home)
        need = await resident.ask("POST", "/needs", words="想学用手机挂号")
        await order(desk, place)
        open_ones = await member.ask("GET", f"/organizations/{place.community.id}/orders/open")
        taken = await member.ask("POST", f"/orders/{open_ones['items'][0]['id']}/seats")
        assert taken["status"] == "taken"
        await pass_time(place)
        await confirm(desk, place)
        (record,) = (await member.ask("GET", "/me/records"))["items"]
        assert record["minutes"] == 60
        answer = await resident.ask("POST", f"/needs/{need['id']}/acceptance", answer="solved")
        assert answer["status"] == "solved"
        await report(place, member)
        await acknowledge(office, place)
