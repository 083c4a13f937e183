"""Connections: sessions for writes, a pool of bare driver connections for reads."""

import asyncio
import json
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CLOSING_SECONDS = 10


class ReadConnection(asyncpg.Connection):
    """A connection that holds no session state, so giving it back costs no round trip."""

    def get_reset_query(self) -> str:
        """Nothing to reset: reads set nothing."""
        return ""


def engine(url: str, *, pool: int, timeout_ms: int) -> AsyncEngine:
    """The engine of writes; a statement that outlives `timeout_ms` is cancelled (503)."""
    return create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=5,
        connect_args={"command_timeout": timeout_ms / 1000},
    )


async def reader(url: str, *, size: int, timeout_ms: int) -> "asyncpg.Pool[Any]":
    """The pool of reads: each statement is a transaction of its own; the oldest waiter is first."""
    found = make_url(url)
    return await asyncpg.create_pool(
        user=found.username,
        password=found.password,
        host=str(found.query.get("host") or found.host),
        port=found.port or 5432,
        database=found.database,
        min_size=1,
        max_size=size,
        command_timeout=timeout_ms / 1000,
        connection_class=ReadConnection,
        init=_read_json,
    )


async def close(pool: "asyncpg.Pool[Any]") -> None:
    """Every connection is given back and closed; who does not give it back in time loses it."""
    try:
        await asyncio.wait_for(pool.close(), CLOSING_SECONDS)
    except TimeoutError:
        pool.terminate()


async def _read_json(connection: Any) -> None:
    """JSON comes as values, as it does through SQLAlchemy; binds are texts already."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", decoder=json.loads, encoder=str, format="text"
    )
