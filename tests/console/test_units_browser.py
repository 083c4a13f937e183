"""In a browser: a functional branch takes a service and names who goes; an office sees what went
unmet and sets a policy."""

from datetime import timedelta

from playwright.async_api import Browser, expect
from sqlalchemy import select

from app.core import clock
from app.models.order import BranchTake, Seat, SeatStatus
from app.models.organization import Organization, Policy
from app.models.person import Role
from tests.console.test_browser import PHONE, Stand, chromium, is_sound, stand, visiting
from tests.factories.members import make_registration
from tests.factories.orders import make_order
from tests.factories.organizations import make_organization
from tests.factories.people import make_person, make_staff
from tests.simulator.hands import simulator, simulator_url

__all__ = ["chromium", "simulator", "simulator_url", "stand"]


async def test_a_branch_takes_and_names_in_one_form(chromium: Browser, stand: Stand) -> None:
    async with stand.app.state.sessions.begin() as session:
        community = await session.get_one(Organization, stand.community.id)
        unit = await make_organization(session, "functional_branch", community, name="功能型党支部")
        for name in ("张三", "李四", "王五"):
            person = await make_person(session, name=name)
            await make_registration(session, community, person, functional_branch_id=unit.id)
        await make_order(
            session, community, title="教用手机", seats=3, starts_at=clock.now() + timedelta(days=2)
        )
        stand.secretary = await make_staff(session, Role.BRANCH_SECRETARY, unit)
    async with visiting(chromium, stand, viewport=PHONE, java_script_enabled=False) as page:
        await page.goto(f"{stand.url}/console/")
        await page.get_by_role("link", name="可承接的服务").click()
        await page.get_by_role("link", name="教用手机").click()
        await page.get_by_label("名额").fill("2")
        await page.get_by_label("张三").check()
        await page.get_by_label("王五").check()
        await page.get_by_role("button", name="承接", exact=True).click()
        await expect(page.get_by_role("status")).to_be_visible()
        await expect(page.get_by_role("cell", name="张三")).to_be_visible()
    async with visiting(chromium, stand) as page:
        await page.goto(f"{stand.url}/console/")
        await page.get_by_role("link", name="已承接的服务").press("Enter")
        await is_sound(page)
    async with stand.app.state.sessions() as session:
        take = (await session.scalars(select(BranchTake))).one()
        asked = list(await session.scalars(select(Seat.status)))
    assert (take.places, take.unnamed) == (2, 0)
    assert asked == [SeatStatus.OFFERED] * 2


async def test_an_office_sees_what_went_unmet_and_sets_a_policy(
    chromium: Browser, stand: Stand
) -> None:
    async with stand.app.state.sessions.begin() as session:
        community = await session.get_one(Organization, stand.community.id)
        city = await session.get_one(Organization, community.lineage[0])
        stand.secretary = await make_staff(session, Role.CITY_ADMIN, city)
    async with visiting(chromium, stand) as page:
        await page.goto(f"{stand.url}/console/")
        await page.get_by_role("link", name="统计").press("Enter")
        await expect(page.get_by_role("heading", name="未满足的需求")).to_be_visible()
        await expect(page.locator("svg[role=img]").first).to_be_visible()
        await is_sound(page)
        await page.get_by_text("组织和权限").click()
        await page.get_by_role("link", name="政策").click()
        await page.get_by_role("link", name="报到是否须单位确认").click()
        await page.get_by_label("取值").select_option("always")
        await page.get_by_label("依据").fill("通组〔2026〕1号")
        await page.get_by_role("button", name="设定").press("Enter")
        await expect(page.get_by_role("status")).to_be_visible()
        await is_sound(page)
    async with stand.app.state.sessions() as session:
        policy = (await session.scalars(select(Policy))).one()
    assert policy.key == "registration.require_employer_confirmation"
    assert policy.value == {"value": "always"}
