"""Photos held back until the platform's verdict, which comes by push: real commits, a real address
for the pushes, the simulated platform over real HTTP."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import func, select

from app import deadlines, events
from app.core import clock
from app.files import checks
from app.files.checks import check_next
from app.main import create_app
from app.models.file import ContentCheck, File, FileStatus
from app.models.house import WechatPush
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role, WechatAccount
from app.pushes.events import PushArrived
from app.wechat.client import WeChat
from app.wechat.content import Media, Scene
from app.wiring import DEADLINES
from tests.conftest import make_settings
from tests.factories.files import make_file
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.files.town import inbox, steps, tell_all
from tests.needs.test_checks import signed_in, wechat
from tests.simulator.hands import APPID, Hands, simulator, simulator_url
from tests.simulator.server import serving

__all__ = ["simulator", "simulator_url", "wechat"]

PATH = "/wxa/media_check_async"
TOKEN, KEY = "tokFixture01", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"
MoveClock = Callable[[timedelta], None]


@pytest.fixture(scope="module")
def push_url(database_url: str) -> Iterator[str]:
    """Our own house behind a real socket, on the database of `committed`: where pushes go."""
    settings = make_settings(
        database_url,
        wechat_push_token=SecretStr(TOKEN),
        wechat_push_aes_key=SecretStr(KEY),
        wechat_appid=APPID,
    )
    with serving(create_app(settings)) as url:
        yield f"{url}/wechat/push"


@dataclass
class Lab:
    """A photo of somebody whom the platform knows, and who decides on it."""

    app: FastAPI
    simulator: Hands
    wechat: WeChat
    push_url: str
    owner: Person
    clerk: Person
    photo: UUID

    async def callback(self, verdicts: str, **more: Any) -> None:
        """When the platform pushes its verdicts."""
        body = {"url": self.push_url, "token": TOKEN, "aes_key": KEY, "verdicts": verdicts}
        await self.simulator.ask("PUT", "callback", body | more)

    async def ask(self, wechat: WeChat | None = None) -> bool:
        """The worker's turn."""
        return await check_next(self.app.state.sessions, wechat or self.wechat)

    async def tell(self) -> None:
        """Every fact is told."""
        await tell_all(self.app.state.sessions)

    async def push(self) -> None:
        """The platform's verdict on its last question, now."""
        [*_, trace_id] = await self.simulator.ask("GET", "media")
        await self.simulator.ask("POST", f"media/{trace_id}/push")

    async def arrived(self, count: int) -> None:
        """So many pushes were kept; those that leave beside the answer take their time."""
        for _ in range(400):
            async with self.app.state.sessions() as session:
                if await session.scalar(select(func.count()).select_from(WechatPush)) == count:
                    return
            await asyncio.sleep(0.02)
        raise AssertionError("no push came")

    async def read(self) -> File:
        async with self.app.state.sessions() as session:
            found: File = await session.get_one(File, self.photo)
            return found

    async def status(self) -> FileStatus:
        return (await self.read()).status

    async def steps(self) -> list[str]:
        async with self.app.state.sessions() as session:
            return await steps(session, self.photo)

    async def inbox(self, message: str) -> dict[Any, str]:
        async with self.app.state.sessions() as session:
            return await inbox(session, message)


@pytest.fixture
async def lab(committed: FastAPI, simulator: Hands, wechat: WeChat, push_url: str) -> Lab:
    openid = await signed_in(simulator)
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        owner = await make_person(session)
        session.add(WechatAccount(appid=APPID, openid=openid, person_id=owner.id))
        photo = make_file(owner, community, check_due_at=clock.now() + timedelta(hours=2))
        session.add(photo)
        clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    return Lab(committed, simulator, wechat, push_url, owner, clerk, photo.id)


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


async def test_the_platform_is_given_a_link_that_needs_no_login(lab: Lab) -> None:
    await lab.ask()
    [address] = (await lab.simulator.ask("GET", "media")).values()
    assert address.startswith("http://127.0.0.1:8000/api/v1/files/")


class Slow(WeChat):
    """The answer to a question is on its way while the whole house goes on."""

    meanwhile: Callable[[], Any]

    async def check_media(
        self, media_url: str, openid: str, scene: Scene, *, media: Media = Media.IMAGE
    ) -> str:
        trace_id = await super().check_media(media_url, openid, scene, media=media)
        await self.meanwhile()
        return trace_id


def slow(lab: Lab, meanwhile: Callable[[], Any]) -> WeChat:
    """The same client, whose answers come late."""
    made = Slow.__new__(Slow)
    made.__dict__.update(lab.wechat.__dict__)
    made.meanwhile = meanwhile
    return made


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


@pytest.mark.parametrize("kind", ["bad_gateway", "hang", "invalid_json", "45009", "40001"])
async def test_while_the_platform_is_down_the_photo_waits(
    lab: Lab, move_clock: MoveClock, kind: str
) -> None:
    if kind.isdigit():
        await lab.simulator.fault(errcode=int(kind), path=PATH, times=None)
    else:
        await lab.simulator.fault(kind, path=PATH, times=None)
    await lab.callback("before")
    assert await lab.ask()
    assert await lab.status() is FileStatus.STORED
    assert not await lab.ask()
    await lab.simulator.ask("DELETE", "faults")
    move_clock(timedelta(days=2) if kind == "45009" else timedelta(minutes=5))
    assert await lab.ask()
    await lab.tell()
    assert await lab.status() is FileStatus.SHOWN


async def test_a_worker_that_dies_while_asking_loses_nothing(
    lab: Lab, move_clock: MoveClock
) -> None:
    await lab.callback("before")

    async def dies() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await lab.ask(slow(lab, dies))
    await lab.tell()
    assert await lab.status() is FileStatus.STORED
    assert not await lab.ask()
    move_clock(checks.LEASE)
    assert await lab.ask()
    await lab.tell()
    assert await lab.status() is FileStatus.SHOWN


async def test_a_verdict_that_nobody_asked_for_is_forgotten_in_time(
    lab: Lab, move_clock: MoveClock
) -> None:
    await lab.callback("before")

    async def dies() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await lab.ask(slow(lab, dies))
    await lab.tell()
    for days, left in ((29, 1), (31, 0)):
        move_clock(timedelta(days=days))
        async with lab.app.state.sessions.begin() as session:
            await checks.forget_old(session)
            assert await session.scalar(select(func.count()).select_from(ContentCheck)) == left


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


async def take_back(lab: Lab) -> int:
    transport = ASGITransport(lab.app, raise_app_exceptions=False)
    head = {"Authorization": f"Bearer {lab.app.state.tokens.sign(lab.owner.id)}"}
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.delete(f"/api/v1/me/files/{lab.photo}", headers=head)
    return answer.status_code


async def test_what_is_taken_back_while_it_is_asked_about_stays_away(lab: Lab) -> None:
    await lab.callback("before")

    async def meanwhile() -> None:
        assert await take_back(lab) == 204

    await lab.ask(slow(lab, meanwhile))
    await lab.tell()
    assert await lab.status() is FileStatus.REMOVED
    assert await lab.steps() == ["take_back"]


async def test_what_was_taken_back_is_not_held_either(lab: Lab) -> None:
    await lab.simulator.fault(errcode=61010, path=PATH)
    await lab.simulator.fault("hang", path="/cgi-bin/stable_token", seconds=0.2)
    asking = asyncio.create_task(lab.ask())
    await asyncio.sleep(0.05)
    taken = await take_back(lab)
    await asking
    assert (taken, await lab.status()) == (204, FileStatus.REMOVED)


async def test_a_verdict_and_its_uploader_at_once_agree_in_the_end(lab: Lab) -> None:
    await lab.callback("before")
    await lab.ask()
    taken, _ = await asyncio.gather(take_back(lab), lab.tell())
    await lab.tell()
    assert (taken, await lab.status()) == (204, FileStatus.REMOVED)
    assert await lab.steps() in (["ask", "pass", "take_back"], ["ask", "take_back"])


async def test_two_workers_ask_once(lab: Lab) -> None:
    asked = await asyncio.gather(lab.ask(), lab.ask())
    assert sorted(asked) == [False, True]
    assert await lab.simulator.calls(PATH) == 1


async def test_a_fact_is_told_for_every_step(lab: Lab) -> None:
    await lab.callback("before")
    await lab.ask()
    await lab.tell()
    async with lab.app.state.sessions() as session:
        facts = await session.scalars(
            select(OutboxEntry.payload["action"].astext)
            .where(OutboxEntry.name == "file.moved")
            .order_by(OutboxEntry.id)
        )
        assert list(facts) == await lab.steps()
    assert not await events.tell_next(lab.app.state.sessions, {})
