"""Every page in a browser: sound on a laptop and on a phone, with scripts stored wherever people write.

Generated from the routes, in the standing world; who looks holds every role there. Tests of single
pages need not ask again, but for what comes of a form: refusals, and what is there only afterwards.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from httpx import AsyncClient
from playwright.async_api import Browser, Page
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.core.ids import new_id
from app.models.person import Role
from tests.console.conftest import OWN, open_session
from tests.console.test_browser import AXE, LAPTOP, PHONE, VIOLATIONS, chromium, running
from tests.console.test_pages import PAGES
from tests.console.test_statements import READ
from tests.factories.world import World
from tests.test_doors import hold, ids_of

__all__ = ["chromium"]

# What people write, by the names of columns; each is long enough for it.
WRITTEN = {
    *("name", "title", "place", "words", "text", "description", "reply", "note", "answer"),
    *("facts", "evidence", "purpose", "door", "public_text", "wished_time", "contact_name"),
    *("building_text", "ground_note", "mark_note", "handover", "review", "capacity", "outcome"),
}
EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
SHARES = 2  # for as many cores
# The menu is alike on every page, and the dearest of it: axe looks at it once, on the first page.
TAKE_MENU = "document.querySelector('.menu')?.remove()"
RULES = "async (options) => (await axe.run(document, options)).violations"
BETWEEN = {"width": 1040, "height": 768}  # as soon as the menu stands beside the page
SIZES = (LAPTOP, BETWEEN, PHONE)
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
WRITES = [route for route in PAGES if "POST" in (route.methods or ())]


@pytest.fixture(scope="session")
def engine(standing: tuple[AsyncEngine, World]) -> AsyncEngine:
    return standing[0]


async def plant(session: AsyncSession, world: World) -> None:
    """Whatever was written in the world is a script."""
    places = [world.community, world.employer, world.branch, world.group, world.functional_branch]
    for row in [*world.rows.values(), world.person, *places]:
        mine = await session.get_one(type(row), row.id)
        for each in inspect(type(row)).column_attrs:
            kind = each.columns[0].type
            if each.key in WRITTEN and getattr(kind, "length", None) not in range(1, len(EVIL)):
                setattr(mine, each.key, EVIL)
    await session.flush()


@pytest.fixture
async def address(
    app: FastAPI, session: AsyncSession, world: World, chromium: Browser
) -> AsyncIterator[tuple[str, str]]:
    """Where the application stands, and the session of who holds every role in the world."""
    await plant(session, world)
    places = (world.community, world.employer)
    (person,) = await hold(session, [[(place, role) for role in Role for place in places]])
    token = await open_session(session, person)
    async with running(app) as url:
        yield url, token


async def faults(page: Page, seen: list[str], *, is_first: bool) -> list[Any]:
    """What is wrong with the page that is open: the policy, the width, rules of accessibility.

    It is made wider or narrower step by step, and the next page begins as wide as this one ends.
    """
    found: list[Any] = [*seen, *await page.evaluate("window.violations")]
    for size in SIZES if page.viewport_size == LAPTOP else reversed(SIZES):
        if page.viewport_size != size:
            await page.set_viewport_size(size)  # type: ignore[arg-type] # a plain dict
        if await page.evaluate(WIDER) > 0:
            found.append(f"wider than {size['width']}")
    if not is_first:
        await page.evaluate(TAKE_MENU)
    found += await page.evaluate(RULES, AXE)
    seen.clear()
    return found


@pytest.mark.parametrize("share", range(SHARES))
async def test_every_page_is_sound(
    address: tuple[str, str], chromium: Browser, world: World, share: int
) -> None:
    url, token = address
    ids = ids_of(world)
    context = await chromium.new_context(viewport=LAPTOP, locale="zh-CN")  # type: ignore[arg-type]
    await context.add_init_script(VIOLATIONS)
    await context.add_init_script(Axe().axe_script)  # half a megabyte, handed over once
    await context.add_cookies([{"name": "console", "value": token, "url": url}])
    page, seen = await context.new_page(), list[str]()
    page.on("pageerror", lambda error: seen.append(str(error)))
    page.on("dialog", lambda dialog: seen.append(dialog.message))
    wrong: dict[str, list[Any]] = {}
    shown = 0
    for place, name in enumerate(sorted(READ)[share::SHARES]):
        answer = await page.goto(url + READ[name].path.format(**ids))
        assert answer is not None
        if answer.status != 200 or (found := await faults(page, seen, is_first=place == 0)):
            wrong[name] = [answer.status] if answer.status != 200 else found
        shown += EVIL in await page.inner_text("main")
    assert wrong == {}
    assert shown > len(READ) / SHARES / 2  # most pages show something that was written
    await context.close()


async def test_no_form_of_another_site_is_taken(
    client: AsyncClient, session: AsyncSession, world: World
) -> None:
    (person,) = await hold(session, [[(world.community, role) for role in Role]])
    client.cookies.set("console", await open_session(session, person))
    ids = ids_of(world) | {"session_id": new_id(), "path": "nowhere"}
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    for route in WRITES:
        answer = await client.post(route.path.replace(":path", "").format(**ids), headers=foreign)
        assert (answer.status_code, "请从本系统的页面提交" in answer.text) == (403, True), (
            route.path
        )
    assert (await client.post("/console/account/sign-out", headers=OWN)).status_code == 303
