"""Photos held back until the platform's verdict, which comes by push, in whatever order."""

from datetime import timedelta
from urllib.parse import urlsplit

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from app import deadlines
from app.files import checks, storage
from app.models.file import ContentCheck, File, FileStatus
from app.models.outbox import OutboxEntry
from app.models.person import WechatAccount
from app.pushes.events import PushArrived
from app.wiring import DEADLINES
from tests.factories.files import make_file
from tests.factories.people import make_person
from tests.files.lab import Lab, MoveClock, lab, push_url, slow
from tests.needs.test_checks import wechat
from tests.simulator.hands import simulator, simulator_url

__all__ = ["lab", "push_url", "simulator", "simulator_url", "wechat"]


async def test_a_photo_is_shown_when_its_verdict_came(lab: Lab) -> None:
    await lab.callback("after")
    assert await lab.ask()
    assert await lab.status() is FileStatus.CHECKING
    assert not await lab.ask()
    await lab.arrived(1)
    await lab.tell()
    assert await lab.status() is FileStatus.SHOWN
    assert (await lab.read()).check_due_at is None
    assert await lab.steps() == ["ask", "pass"]


async def test_the_platform_is_given_a_link_that_needs_no_login(
    lab: Lab, move_clock: MoveClock
) -> None:
    await storage.put(lab.photo, b"photo", b"thumbnail")
    await lab.ask()
    [address] = (await lab.simulator.ask("GET", "media")).values()
    assert address.startswith("http://127.0.0.1:8000/api/v1/files/")
    transport = ASGITransport(lab.app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as platform:
        for minutes, status in ((0, 200), (30, 200), (41, 403)):
            move_clock(timedelta(minutes=minutes))
            answer = await platform.get(urlsplit(address).path)
            assert answer.status_code == status


async def test_a_verdict_before_the_answer_to_the_question_waits_for_it(lab: Lab) -> None:
    await lab.callback("before")
    seen = []

    async def meanwhile() -> None:
        await lab.tell()
        seen.append(await lab.status())

    assert await lab.ask(slow(lab, meanwhile))
    assert seen == [FileStatus.STORED]  # the verdict is known, and not yet whose it is
    assert await lab.status() is FileStatus.SHOWN
    assert await lab.steps() == ["ask", "pass"]


async def test_a_bad_verdict_before_the_answer_hides_the_photo(lab: Lab) -> None:
    await lab.simulator.ask("PUT", "words", {"risky": ["files"]})
    await lab.callback("before")
    assert await lab.ask(slow(lab, lab.tell))
    await lab.tell()
    assert await lab.status() is FileStatus.HIDDEN
    assert await lab.inbox("photo_hidden") == {
        lab.owner.id: "您上传的照片未予显示：未通过微信内容检查。诉求照常办理。"
    }


async def test_a_verdict_that_comes_twice_counts_once(lab: Lab) -> None:
    await lab.callback("after", copies=3)
    await lab.ask()
    await lab.arrived(1)
    await lab.push()
    await lab.tell()
    assert await lab.steps() == ["ask", "pass"]


async def test_a_fact_told_twice_changes_nothing(lab: Lab) -> None:
    await lab.callback("after")
    await lab.ask()
    await lab.arrived(1)
    await lab.tell()
    async with lab.app.state.sessions.begin() as session:
        entry = (
            await session.scalars(select(OutboxEntry).where(OutboxEntry.name == "push.arrived"))
        ).one()
        event = PushArrived.model_validate(entry.payload)
        await checks.on_push_arrived(session, entry.id, event)
        await checks.on_push_arrived(session, entry.id, event.model_copy(update={"push_id": 0}))
    assert await lab.steps() == ["ask", "pass"]


async def test_other_pushes_are_none_of_the_photos(lab: Lab) -> None:
    async with lab.app.state.sessions.begin() as session:
        await checks.on_push_arrived(session, 1, PushArrived(push_id=1, event="debug_demo"))
    assert await lab.status() is FileStatus.STORED


async def test_a_late_verdict_changes_nothing_any_more(lab: Lab, move_clock: MoveClock) -> None:
    await lab.simulator.ask("PUT", "words", {"risky": ["files"]})
    await lab.callback("on_demand")
    await lab.ask()
    move_clock(timedelta(hours=3))
    assert await deadlines.advance_next(lab.app.state.sessions, DEADLINES)
    await lab.tell()
    assert await lab.status() is FileStatus.HELD
    assert set(await lab.inbox("photo_waiting")) == {lab.clerk.id}
    await lab.push()
    await lab.tell()
    assert await lab.status() is FileStatus.HELD
    async with lab.app.state.sessions() as session:
        check = (await session.scalars(select(ContentCheck))).one()
    assert (check.file_id, check.suggest) == (lab.photo, "risky")  # it is known, and people decide


async def test_what_the_platform_doubts_is_left_to_people(lab: Lab) -> None:
    await lab.simulator.ask("PUT", "words", {"review": ["files"]})
    await lab.callback("before")
    await lab.ask()
    await lab.tell()
    assert await lab.status() is FileStatus.HELD
    assert set(await lab.inbox("photo_waiting")) == {lab.clerk.id}


async def test_what_the_platform_could_not_load_is_asked_again(
    lab: Lab, move_clock: MoveClock
) -> None:
    await lab.simulator.ask("PUT", "words", {"unreachable": ["files"]})
    await lab.callback("before")
    await lab.ask()
    await lab.tell()
    assert await lab.status() is FileStatus.STORED
    assert not await lab.ask()
    await lab.simulator.ask("PUT", "words", {"unreachable": []})
    move_clock(timedelta(minutes=1))
    assert await lab.ask()
    await lab.tell()
    assert await lab.status() is FileStatus.SHOWN
    assert await lab.steps() == ["ask", "ask_again", "ask", "pass"]


async def test_who_is_unknown_to_the_platform_is_left_to_people(
    lab: Lab, committed: FastAPI
) -> None:
    async with committed.state.sessions.begin() as session:
        owner = await make_person(session)
        session.add(make_file(owner))
        await session.delete((await session.scalars(select(WechatAccount))).one())
    assert await lab.ask() and await lab.ask()
    async with committed.state.sessions() as session:
        assert set(await session.scalars(select(File.status))) == {FileStatus.HELD}
    await lab.tell()
    assert set(await lab.inbox("photo_waiting")) == {lab.clerk.id}  # once: the other is nowhere


async def test_who_was_not_active_for_two_hours_is_left_to_people(lab: Lab) -> None:
    await lab.simulator.pass_time(3 * 3600)
    assert await lab.ask()
    assert await lab.status() is FileStatus.HELD
