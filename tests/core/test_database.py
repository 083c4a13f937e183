"""Connections are given back at the end, and nobody waits for ever for one that is not."""

import asyncpg
import pytest

from app.core import database


async def test_a_connection_that_is_never_given_back_is_lost_at_the_end(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "CLOSING_SECONDS", 0.1)
    pool = await database.reader(url, size=2, timeout_ms=5_000)
    kept = await pool.acquire()
    await database.close(pool)
    with pytest.raises(asyncpg.InterfaceError, match="released|clos"):
        await kept.fetchval("SELECT 1")


async def test_an_idle_pool_is_closed_in_order(url: str) -> None:
    pool = await database.reader(url, size=2, timeout_ms=5_000)
    assert await pool.fetchval("SELECT 1") == 1
    await database.close(pool)
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await pool.fetchval("SELECT 1")
