"""The client against the running simulator, its token in the database, its pauses not slept."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from app.core import clock
from app.models.wechat_token import WeChatToken
from app.wechat.client import Account, WeChat
from app.wechat.token import SharedToken
from tests.simulator.hands import APPID, SECRET, Hands, simulator, simulator_url
from tests.wechat.sealing import seal, unseal

__all__ = ["simulator", "simulator_url"]

Sessions = async_sessionmaker[AsyncSession]


class Pauses:
    """Notes what would be slept, and lets that time pass on our clock."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        clock.shift(timedelta(seconds=sum(self.seconds)))


@pytest.fixture
def pauses() -> Iterator[Pauses]:
    """The pauses of this test."""
    yield Pauses()
    clock.shift(timedelta())


@pytest.fixture(scope="session")
async def token_engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Connections with real commits."""
    engine = create_async_engine(database_url, pool_size=12)
    yield engine
    await engine.dispose()


@pytest.fixture
async def token_sessions(token_engine: AsyncEngine) -> AsyncIterator[Sessions]:
    """Sessions on an empty wechat_tokens."""
    sessions = async_sessionmaker(token_engine)
    yield sessions
    async with sessions.begin() as session:
        await session.execute(delete(WeChatToken))


@pytest.fixture
def tokens(token_sessions: Sessions, pauses: Pauses) -> SharedToken:
    """The keeper of the token."""
    return SharedToken(token_sessions, APPID, seal=seal, unseal=unseal, sleep=pauses)


Connect = Callable[..., WeChat]


@pytest.fixture
async def connect(simulator: Hands, tokens: SharedToken, pauses: Pauses) -> AsyncIterator[Connect]:
    """Makes clients; `transport` for what only a broken wire can say."""
    made: list[WeChat] = []

    def connected(
        *,
        base_url: str = simulator.url,
        appid: str = APPID,
        secret: str = SECRET,
        timeout: float = 5,
        budget: float = 20,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> WeChat:
        account = Account(base_url, appid, secret, timeout, budget)
        made.append(WeChat(account, tokens, transport=transport, sleep=pauses))
        return made[-1]

    yield connected
    for wechat in made:
        await wechat.close()


@pytest.fixture
def wechat(connect: Connect) -> WeChat:
    """The client as configured."""
    return connect()
