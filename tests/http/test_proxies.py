"""Behind a proxy each caller is himself; nobody else may say who is calling. A real server."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.commands.test_commands import free_port, running, until

PATH = "/v/ZAAAAAAAAAAAAAAAAA"
MOST = 30
PROXY, STRANGER = "127.0.0.1", "127.0.0.2"


@pytest.fixture
async def address(database_url: str) -> AsyncIterator[str]:
    """A server that trusts one proxy."""
    port = free_port()
    async with running(database_url, "serve", APP_PORT=str(port), APP_TRUSTED_PROXIES=PROXY):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False) as client:

            async def ready() -> bool:
                return (await client.get("/health/live")).status_code == 200

            await until(ready)
        yield f"http://127.0.0.1:{port}"
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE rate_windows"))
    await engine.dispose()


async def statuses(url: str, peer: str, said: str, times: int) -> set[int]:
    """The answers to calls from `peer` that say they come from `said`."""
    transport = httpx.AsyncHTTPTransport(local_address=peer)
    async with httpx.AsyncClient(base_url=url, transport=transport, timeout=20) as client:
        calls = [await client.get(PATH, headers={"X-Forwarded-For": said}) for _ in range(times)]
    return {call.status_code for call in calls}


async def test_who_is_behind_the_proxy_has_a_limit_of_his_own(address: str) -> None:
    assert await statuses(address, PROXY, "203.0.113.1", MOST) == {404}
    assert await statuses(address, PROXY, "203.0.113.1", 1) == {429}
    assert await statuses(address, PROXY, "198.51.100.1, 203.0.113.1", 1) == {429}
    assert await statuses(address, PROXY, "203.0.113.2", 1) == {404}
    assert await statuses(address, STRANGER, "203.0.113.3", MOST) == {404}
    assert await statuses(address, STRANGER, "203.0.113.4", 1) == {429}
    assert await statuses(address, PROXY, "203.0.113.4", 1) == {404}
