"""The console in a browser: Debian's Chromium, the running application, the simulated platform."""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from app.models.member import RegistrationStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.console.conftest import open_session
from tests.factories.members import make_registration
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.identity.conftest import client_of
from tests.simulator.hands import Hands

# Debian's; the one without windows does with three quarters of the work
BROWSERS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(os.path.exists, BROWSERS), BROWSERS[0])
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LAPTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 800}
AXE = {"resultTypes": ["violations"]}  # what is in order is not told one by one: twice as quick
VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => window.violations.push(e.violatedDirective));
"""


@dataclass
class Stand:
    """The running application with one community, its secretary, and who waits there."""

    app: FastAPI
    url: str
    community: Organization
    secretary: Person
    waiting: list[UUID] = field(default_factory=list)

    async def confirm(self, scene: str) -> None:
        """The secretary's phone has scanned the picture and said yes."""
        head = {"Authorization": f"Bearer {self.app.state.tokens.sign(self.secretary.id)}"}
        async with httpx.AsyncClient() as phone:
            path = f"{self.url}/api/v1/sign-in-tickets/{scene}/confirm"
            assert (await phone.post(path, headers=head)).status_code == 204


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests of this worker."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def stand(committed: FastAPI, simulator: Hands) -> AsyncIterator[Stand]:
    """Three wait, one of them in a known building."""
    committed.state.wechat = client_of(simulator.url, committed.state.sessions)
    async with committed.state.sessions.begin() as session:
        community = await make_community(session, name="德民社区")
        grid = await make_organization(session, "grid", community, name="三网格")
        building = await make_organization(session, "building", grid, name="12幢")
        secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
        rows = [
            await make_registration(
                session,
                community,
                await make_person(session),
                status=RegistrationStatus.PENDING_COMMUNITY,
                building_id=lives_in,
            )
            for lives_in in (building.id, None, None)
        ]
    async with running(committed) as url:
        yield Stand(committed, url, community, secretary, [row.id for row in rows])
    await committed.state.wechat.close()


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[str]:
    """The application on a port of its own, in this very loop."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([taken]))
    yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    server.should_exit = True
    await task
    taken.close()


@asynccontextmanager
async def visiting(
    chromium: Browser, stand: Stand, *, is_signed_in: bool = True, **options: Any
) -> AsyncIterator[Page]:
    """A page of a new profile; nothing on it may break the policy."""
    context: BrowserContext = await chromium.new_context(
        **{"viewport": LAPTOP, "locale": "zh-CN"} | options
    )
    context.set_default_timeout(15_000)
    await context.add_init_script(VIOLATIONS)
    if is_signed_in:
        async with stand.app.state.sessions.begin() as session:
            token = await open_session(session, stand.secretary)
        await context.add_cookies([{"name": "console", "value": token, "url": stand.url}])
    page = await context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []
    await context.close()


async def is_sound(page: Page) -> None:
    """No rule of accessibility and none of the policy is broken, and nothing sticks out."""
    found = await Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("window.violations") == []
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(width) <= 0


async def test_a_secretary_signs_in_by_phone_and_accepts_with_the_keyboard(
    chromium: Browser, stand: Stand
) -> None:
    async with visiting(chromium, stand, is_signed_in=False) as page:
        async with page.expect_response("**/sign-in/code") as picture:
            await page.goto(f"{stand.url}/console/")
        await expect(page).to_have_title("登录 · 双报到管理端")
        await is_sound(page)
        scene = re.search(rb"[A-Z2-7]{26}", await (await picture.value).body())
        assert scene is not None
        await stand.confirm(scene[0].decode())
        await page.wait_for_url("**/console/")
        await page.keyboard.press("Tab")
        await expect(page.get_by_text("跳到正文")).to_be_focused()
        await page.get_by_role("link", name="3份报到等待接收").press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("待社区接收")
        await page.locator("tbody a").first.press("Enter")
        await expect(page.get_by_label("网格")).to_contain_text("三网格")
        await page.get_by_role("button", name="接收", exact=True).press("Enter")
        await expect(page.get_by_role("status")).to_have_text("已接收报到")
        await is_sound(page)
        await page.get_by_role("button", name="退出").press("Enter")
        await expect(page.get_by_role("status").first).to_have_text("已退出登录")


async def test_many_are_accepted_with_one_tick(chromium: Browser, stand: Stand) -> None:
    async with visiting(chromium, stand, viewport=PHONE) as page:
        await page.goto(f"{stand.url}/console/communities/{stand.community.id}/registrations")
        for box in await page.locator("input[name=ids]").all():
            await box.check()
        await page.get_by_role("button", name="接收选中的").click()
        await expect(page.get_by_role("status")).to_contain_text("已接收 3 人")
        await is_sound(page)


async def test_a_refusal_stands_beside_its_field_and_is_read_first(
    chromium: Browser, stand: Stand
) -> None:
    async with visiting(chromium, stand) as page:
        await page.goto(f"{stand.url}/console/registrations/{stand.waiting[0]}")
        await page.get_by_role("textbox", name="说明").fill("请到居住地社区")
        await page.get_by_role("button", name="退回").click()
        await expect(page.get_by_role("alert")).to_be_focused()
        await expect(page.get_by_role("textbox", name="说明")).to_have_value("请到居住地社区")
        await is_sound(page)


async def test_a_form_of_another_site_changes_nothing(chromium: Browser, stand: Stand) -> None:
    target = f"{stand.url}/console/registrations/{stand.waiting[0]}/accept"
    html = f'<form method="post" action="{target}"><button>win</button></form>'
    async with visiting(chromium, stand) as page:
        await page.route(
            "http://elsewhere.test/",
            lambda route: route.fulfill(body=html, content_type="text/html"),
        )
        await page.goto("http://elsewhere.test/")
        async with page.expect_response(target) as answer:
            await page.get_by_role("button").click()
        assert (await answer.value).status == 403
        await page.goto(f"{stand.url}/console/registrations/{stand.waiting[0]}")
        await expect(page.get_by_text("待社区接收")).to_be_visible()


async def test_everything_works_without_scripts_and_on_paper(
    chromium: Browser, stand: Stand
) -> None:
    async with visiting(chromium, stand, java_script_enabled=False) as page:
        await page.goto(f"{stand.url}/console/registrations/{stand.waiting[0]}")
        await page.get_by_role("button", name="接收", exact=True).click()
        await expect(page.get_by_role("status")).to_have_text("已接收报到")
        await page.emulate_media(media="print")
        await expect(page.get_by_role("navigation")).to_be_hidden()
        await expect(page.get_by_text("三网格")).to_be_visible()


async def test_what_no_table_of_rights_guards_is_sound(chromium: Browser, stand: Stand) -> None:
    async with visiting(chromium, stand, viewport=PHONE) as page:
        for path in ("nowhere", "sign-in"):
            await page.goto(f"{stand.url}/console/{path}")
            await is_sound(page)
