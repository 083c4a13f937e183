"""A photo of somebody whom the simulated platform knows: real commits, and a real address for pushes."""

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

from app.core import clock
from app.files.checks import check_next
from app.main import create_app
from app.models.file import File, FileStatus
from app.models.house import WechatPush
from app.models.person import Person, Role, WechatAccount
from app.wechat.client import WeChat
from app.wechat.content import Media, Scene
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


async def take_back(lab: Lab) -> int:
    transport = ASGITransport(lab.app, raise_app_exceptions=False)
    head = {"Authorization": f"Bearer {lab.app.state.tokens.sign(lab.owner.id)}"}
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.delete(f"/api/v1/me/files/{lab.photo}", headers=head)
    return answer.status_code
