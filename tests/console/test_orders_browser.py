"""From an open order to confirmed minutes, in a browser: a member is asked, comes, and is confirmed."""

from datetime import timedelta

from playwright.async_api import Browser, expect
from sqlalchemy import select

from app.core import clock
from app.models.order import Order, Seat, SeatStatus
from app.models.organization import Organization
from app.models.record import RecordStatus
from tests.console.test_browser import (
    PHONE,
    Stand,
    chromium,
    is_sound,
    stand,
    visiting,
)
from tests.factories.members import make_registration
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.people import make_person
from tests.simulator.hands import simulator, simulator_url

__all__ = ["chromium", "simulator", "simulator_url", "stand"]


async def offer(stand: Stand) -> str:
    """An open order with three places, two of them taken; a third member could be asked."""
    async with stand.app.state.sessions.begin() as session:
        community = await session.get_one(Organization, stand.community.id)
        order = await make_order(session, community, seats=3)
        for name in ("钱大海", "孙小江"):
            person = await make_person(session, name=name)
            row = await make_registration(session, community, person)
            await make_seat(session, order, row)
        asked = await make_person(session, name="李明月")
        await make_registration(session, community, asked)
        return str(order.id)


async def serve(stand: Stand) -> None:
    """The one who was asked comes, and the service is over."""
    async with stand.app.state.sessions.begin() as session:
        order = (await session.scalars(select(Order))).one()
        seats = select(Seat).where(Seat.status == SeatStatus.OFFERED)
        (await session.scalars(seats)).one().status = SeatStatus.TAKEN
        order.starts_at = clock.now() - timedelta(hours=2)
        order.ends_at = clock.now() - timedelta(hours=1)


async def test_from_an_open_order_to_confirmed_minutes(chromium: Browser, stand: Stand) -> None:
    order = await offer(stand)
    one = f"{stand.url}/console/orders/{order}"
    async with visiting(chromium, stand, timezone_id="Asia/Shanghai") as page:
        await page.goto(f"{stand.url}/console/")
        await page.get_by_role("link", name="服务订单").press("Enter")
        await page.locator("tbody a").first.press("Enter")
        await page.get_by_role("link", name="邀请党员").press("Enter")
        await page.get_by_role("button", name="邀请 李明月").press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("等待对方答复")
        await page.get_by_label("原因").select_option("other")
        await page.get_by_role("button", name="取消服务").press("Enter")
        await expect(page.get_by_role("alert")).to_be_focused()
        await is_sound(page)
        await serve(stand)
        await page.goto(f"{one}/sheet")
        await expect(page.locator(".box")).to_have_count(6)
        await page.emulate_media(media="print")
        await expect(page.get_by_role("navigation")).to_be_hidden()
        await expect(page.get_by_text("返回服务")).to_be_hidden()
        await page.emulate_media(media="screen")
        await page.goto(f"{stand.url}/console/communities/{stand.community.id}/orders?stage=over")
        await page.get_by_role("link", name="确认到场和时长").press("Enter")
        await page.get_by_label("孙小江").select_option("illness")
        await page.get_by_role("button", name="登记到场", exact=True).press("Enter")
        await expect(page.get_by_role("status")).to_have_text("到场情况已登记")
        await is_sound(page)
        await page.get_by_label("李明月").fill("2000")
        await page.get_by_role("button", name="确认所有人的时长").press("Enter")
        await expect(page.get_by_label("李明月")).to_have_value("2000")
        await is_sound(page)
        await page.get_by_label("李明月").fill("90")
        await page.get_by_role("button", name="确认所有人的时长").press("Enter")
        await expect(page.get_by_role("status")).to_have_text("到场和时长已确认")
        await expect(page.get_by_text("1小时30分")).to_be_visible()
        await is_sound(page)


async def test_it_works_without_scripts_on_a_small_screen(chromium: Browser, stand: Stand) -> None:
    order = await offer(stand)
    one = f"{stand.url}/console/orders/{order}"
    async with visiting(chromium, stand, viewport=PHONE, java_script_enabled=False) as page:
        await page.goto(f"{one}/candidates")
        await page.get_by_role("button", name="邀请 李明月").click()
        await serve(stand)
        await page.goto(f"{one}/attendance")
        await page.get_by_role("button", name="登记到场，时长都按1小时确认").click()
        await expect(page.get_by_role("status")).to_have_text("到场和时长已确认")


async def test_a_declared_record_is_decided_where_it_stands(
    chromium: Browser, stand: Stand
) -> None:
    async with stand.app.state.sessions.begin() as session:
        community = await session.get_one(Organization, stand.community.id)
        row = await make_registration(session, community)
        begin = clock.now() - timedelta(days=1)
        await make_record(
            session,
            row,
            status=RecordStatus.PENDING_APPROVAL,
            source_kind="declared",
            starts_at=begin,
            ends_at=begin + timedelta(hours=1),
        )
    async with visiting(chromium, stand, viewport=PHONE) as page:
        await page.goto(f"{stand.url}/console/communities/{stand.community.id}/records")
        await page.get_by_role("button", name="不同意").click()
        await expect(page.get_by_role("alert")).to_be_focused()
        await is_sound(page)
        await page.get_by_label("核定时长").fill("45")
        await page.get_by_role("button", name="同意", exact=True).click()
        await expect(page.get_by_role("status")).to_contain_text("已同意")
        await is_sound(page)
