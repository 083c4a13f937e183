"""应急 in a browser: the roll-call keeps itself current, and everything works on a phone without scripts."""

from datetime import timedelta

from playwright.async_api import Browser, expect
from sqlalchemy import select

from app.core import clock
from app.models.emergency import CallUp, Reply, Shift, ShiftSeat, ShiftSeatStatus
from app.models.house import AccessLog
from app.models.organization import Organization
from tests.console.test_browser import PHONE, Stand, chromium, is_sound, stand, visiting
from tests.factories.emergency import make_call_up, make_plan, make_shift
from tests.factories.members import make_registration
from tests.factories.people import make_person
from tests.simulator.hands import simulator, simulator_url

__all__ = ["chromium", "simulator", "simulator_url", "stand"]

NAMES = ("钱大海", "孙小江", "李明月")


async def gather(stand: Stand) -> str:
    """A call-up of three, of whom one has a place on a shift that has begun: its page."""
    async with stand.app.state.sessions.begin() as session:
        community = await session.get_one(Organization, stand.community.id)
        people = [await make_person(session, name=name) for name in NAMES]
        rows = [await make_registration(session, community, person) for person in people]
        row = await make_call_up(session, community, rows)
        shift = await make_shift(
            session,
            row,
            seats=2,
            taken=1,
            starts_at=clock.now() - timedelta(hours=1),
            ends_at=clock.now() + timedelta(hours=1),
        )
        session.add(
            ShiftSeat(
                shift_id=shift.id,
                person_id=people[0].id,
                registration_id=rows[0].id,
                status=ShiftSeatStatus.TAKEN,
            )
        )
        return f"{stand.url}/console/call-ups/{row.id}"


async def answer(stand: Stand, word: str) -> None:
    """One more of those called has answered."""
    async with stand.app.state.sessions.begin() as session:
        silent = select(Reply).where(Reply.reply.is_(None)).limit(1)
        reply = (await session.scalars(silent)).one()
        reply.reply, reply.replied_at = word, clock.now()


async def test_the_roll_call_keeps_itself_current_while_it_is_looked_at(
    chromium: Browser, stand: Stand
) -> None:
    one = await gather(stand)
    async with visiting(chromium, stand) as page:
        await page.clock.install()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(one)
        await expect(page.get_by_role("heading", name="未答复")).to_be_visible()
        await answer(stand, "can_come")
        async with page.expect_response(one):
            await page.clock.run_for(15_500)
        await expect(page.locator(".counts a").first).to_have_text("1 能到")
        await expect(page.locator("[data-live-said]")).to_have_text("能到 1人，未答复 2人")
        await is_sound(page)
        # nothing is taken away from under who stands in it
        await page.locator(".counts a").first.focus()
        asked.clear()
        await page.clock.run_for(31_000)
        assert asked == []
        # a failed look is tried again, later
        await page.get_by_role("main").focus()
        await page.route(one, lambda route: route.abort())
        async with page.expect_event("requestfailed"):
            await page.clock.run_for(15_500)
        await page.unroute(one)
        await answer(stand, "cannot")
        async with page.expect_response(one):
            await page.clock.run_for(61_000)
        await expect(page.locator("[data-live-said]")).to_contain_text("不能到 1人")
        # not while the page is hidden
        await page.evaluate(
            "Object.defineProperty(document, 'hidden', {value: true, configurable: true})"
        )
        asked.clear()
        await page.clock.run_for(31_000)
        assert asked == []
        await page.evaluate(
            "delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))"
        )
        # and not for ever
        await page.clock.fast_forward(31 * 60_000)
        await expect(page.locator("[data-live-said]")).to_contain_text("已停止自动更新")
        asked.clear()
        await page.clock.run_for(60_000)
        assert asked == []
        await page.get_by_role("link", name="刷新").press("Enter")
        await expect(page.locator(".counts a").nth(2)).to_have_text("1 不能到")


async def test_a_night_on_the_phone_without_scripts(chromium: Browser, stand: Stand) -> None:
    one = await gather(stand)
    async with visiting(chromium, stand, viewport=PHONE, java_script_enabled=False) as page:
        await page.goto(one)
        await answer(stand, "can_come")
        await page.get_by_role("link", name="刷新").click()
        await expect(page.locator(".counts a").first).to_have_text("1 能到")
        await page.get_by_role("link", name="应急联系单").click()
        await page.get_by_role("button", name="打开，逐个打电话").click()
        await page.locator("main select").first.select_option("come_later")
        await page.get_by_role("button", name="代记答复").click()
        await expect(page.get_by_role("status")).to_have_text("已代记答复")
        await page.get_by_role("link", name="返回集结任务").click()
        await page.locator("tbody a").first.click()
        await page.get_by_role("button", name="登记到岗").click()
        await page.get_by_role("button", name="确认所有人的时长").click()
        await expect(page.get_by_role("status")).to_contain_text("时长已确认")
        await page.get_by_role("link", name="返回集结任务").click()
        await page.get_by_role("button", name="解除集结").click()
        await page.get_by_label("复盘小结").fill("沙袋不够，汛前补足。")
        await page.get_by_role("button", name="复盘并关闭").click()
        await expect(page.get_by_text("沙袋不够，汛前补足。")).to_be_visible()


async def test_from_the_plan_to_the_approval_with_the_keyboard(
    chromium: Browser, stand: Stand
) -> None:
    async with stand.app.state.sessions.begin() as session:
        session.add(make_plan(await session.get_one(Organization, stand.community.id)))
    async with visiting(chromium, stand, timezone_id="Asia/Shanghai") as page:
        await page.goto(f"{stand.url}/console/")
        await page.get_by_role("link", name="应急").press("Enter")
        await is_sound(page)
        await page.get_by_role("link", name="另行起草").press("Enter")
        await page.get_by_role("button", name="起草").press("Enter")
        await expect(page.get_by_role("alert")).to_be_focused()
        await is_sound(page)
        await page.get_by_role("link", name="应急").last.press("Enter")
        await page.get_by_role("button", name="按预案集结：防台预案").press("Enter")
        await page.get_by_role("button", name="批准").press("Enter")
        await expect(page.get_by_role("status").first).to_have_text("已批准，等待另一人批准")
        await is_sound(page)
        await page.get_by_text("加一个班次", exact=True).press("Enter")
        await page.get_by_label("名额").fill("0")
        await page.get_by_role("button", name="增加班次").press("Enter")
        await expect(page.get_by_label("名额")).to_have_value("0")
        await is_sound(page)
    async with stand.app.state.sessions.begin() as session:
        assert len(list(await session.scalars(select(CallUp)))) == 1
        assert len(list(await session.scalars(select(Shift)))) == 2


async def test_a_printed_list_says_at_its_foot_who_and_when(
    chromium: Browser, stand: Stand
) -> None:
    one = await gather(stand)
    async with visiting(chromium, stand) as page:
        await page.goto(f"{one}/call-list")
        await page.get_by_role("button", name="打开打印页").press("Enter")
        await expect(page.get_by_role("alert")).to_be_focused()
        await is_sound(page)
        await page.get_by_label("用途").fill("值班室用")
        await page.get_by_role("button", name="打开打印页").press("Enter")
        await is_sound(page)
        await page.emulate_media(media="print")
        await expect(page.get_by_text("用途：值班室用")).to_be_visible()
        await expect(page.get_by_role("table")).to_contain_text("李明月")
        await expect(page.get_by_role("navigation")).to_be_hidden()
        await page.emulate_media(media="screen")
        await page.get_by_role("link", name="返回联系单").press("Enter")
        await page.get_by_role("button", name="打开，逐个打电话").press("Enter")
        await is_sound(page)
        await page.emulate_media(media="print")
        await expect(page.get_by_text("打印须填用途")).to_be_visible()
        await expect(page.get_by_text("李明月")).to_be_hidden()
    async with stand.app.state.sessions.begin() as session:
        kept = await session.scalars(select(AccessLog.reason))
        assert sorted(map(str, kept)) == ["None"] * 3 + ["值班室用"] * 3
