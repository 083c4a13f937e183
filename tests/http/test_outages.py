"""The database goes away and comes back: callers hear 503 and when to come back, then all is well."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy.engine import make_url

from app.http.actors import Actors
from app.main import create_app
from tests import conftest

SOCKET = ".s.PGSQL.5432"


class Gate:
    """A socket of our own before the database's; what goes through it can be cut at any time."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.path, self.url = str(folder / SOCKET), make_url(database_url)
        self.through: set[asyncio.StreamWriter] = set()
        self.carrying: set[asyncio.Task[None]] = set()
        self.server: asyncio.Server | None = None

    async def open(self) -> None:
        """Who comes is let through."""
        self.server = await asyncio.start_unix_server(self._let_through, self.path)

    async def cut(self) -> None:
        """All connections break at once; who comes now is still let through."""
        for end in self.through:
            end.transport.abort()
        await asyncio.wait_for(asyncio.gather(*self.carrying, return_exceptions=True), 10)

    async def shut(self) -> None:
        """Nobody is there any more."""
        assert self.server is not None
        self.server.close()
        await self.cut()

    async def _let_through(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host = str(self.url.query.get("host") or self.url.host)
        if host.startswith("/"):
            back = await asyncio.open_unix_connection(f"{host}/{SOCKET}")
        else:
            back = await asyncio.open_connection(host, self.url.port or 5432)
        self.through |= {writer, back[1]}
        for source, target in ((reader, back[1]), (back[0], writer)):
            task = asyncio.create_task(carry(source, target))
            self.carrying.add(task)
            task.add_done_callback(self.carrying.discard)


async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Until one of the two ends hangs up."""
    try:
        while chunk := await source.read(1 << 16):
            target.write(chunk)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()


@pytest.fixture
async def gate(database_url: str) -> AsyncIterator[Gate]:
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        made = Gate(Path(folder), database_url)
        await made.open()
        yield made
        await made.shut()


@pytest.fixture
async def caller(gate: Gate) -> AsyncIterator[AsyncClient]:
    """Speaks to an application whose database stands behind the gate."""
    url = gate.url.set(host=None, query={"host": str(Path(gate.path).parent)})
    app = create_app(
        conftest.make_settings(
            url.render_as_string(hide_password=False), database_pool=2, reader_pool=2
        )
    )
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        app.state.actors = Actors(seconds=0)
        yield client


async def both(caller: AsyncClient) -> list[Response]:
    """A read, and a write that is refused for a reason of its own."""
    return [
        await caller.get("/api/v1/help"),
        await caller.post("/api/v1/sessions/refresh", json={"refresh_token": "r" * 43}),
    ]


async def test_while_the_database_is_away_callers_are_told_when_to_come_back(
    gate: Gate, caller: AsyncClient
) -> None:
    assert [answer.status_code for answer in await both(caller)] == [200, 401]
    await gate.shut()
    for answer in await both(caller) + await both(caller):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"] == "2"
    assert (await caller.get("/health/ready")).status_code == 503
    await gate.open()
    assert [answer.status_code for answer in await both(caller)] == [200, 401]


async def test_after_a_quick_restart_at_most_one_call_of_each_kind_is_lost(
    gate: Gate, caller: AsyncClient
) -> None:
    await both(caller)
    await gate.cut()
    assert {answer.status_code for answer in await both(caller)} <= {200, 401, 503}
    assert [answer.status_code for answer in await both(caller)] == [200, 401]
