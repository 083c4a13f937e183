"""Connections: sessions for writes, bare driver connections for reads."""

import json
from functools import partial
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from app.core.entries import EntrySession
from app.core.prepared import Reader
from app.core.readers import ReadPool
from app.core.replica import ANSWER_SECONDS, Count, Replica

CONNECT_SECONDS = 60.0


def engine(url: str, *, pool: int, timeout_ms: int) -> AsyncEngine:
    """The engine of writes; a statement that outlives `timeout_ms` is cancelled (503)."""
    return create_async_engine(
        url,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=5,
        connect_args={"command_timeout": timeout_ms / 1000},
    )


def sessions(
    bind: AsyncEngine | AsyncConnection, **options: Any
) -> async_sessionmaker[AsyncSession]:
    """Sessions for writes; their rows stay readable after the commit."""
    return async_sessionmaker(
        bind, expire_on_commit=False, sync_session_class=EntrySession, **options
    )


async def reader(
    url: str, *, timeout_ms: int, connect_seconds: float = CONNECT_SECONDS
) -> "asyncpg.Connection[Any]":
    """A connection for reads: each statement is a transaction of its own.

    It keeps the plan of a prepared statement: what `may()` asks for is planned in 2 to 5 ms, for
    each request anew where PostgreSQL has the choice, and run in less than one.
    """
    found = make_url(url)
    connection = await asyncpg.connect(
        user=found.username,
        password=found.password,
        host=str(found.query.get("host") or found.host),
        port=found.port or 5432,
        database=found.database,
        timeout=connect_seconds,
        command_timeout=timeout_ms / 1000,
        # PgBouncer keeps the first for each client, and is told to ignore the other: docs/operator.md
        server_settings={"timezone": "UTC", "plan_cache_mode": "force_generic_plan"},
    )
    await _read_json(connection)
    return connection


def readers(url: str, *, size: int, timeout_ms: int) -> ReadPool:
    """The pool of reads; it opens its connections when they are needed."""
    return ReadPool(lambda: reader(url, timeout_ms=timeout_ms), size)


def replica(url: str, primary: Reader, *, size: int, timeout_ms: int, count: Count) -> Replica:
    """Reads of the replica at `url`, where it has caught up with `primary`."""
    connect = partial(reader, url, timeout_ms=timeout_ms, connect_seconds=ANSWER_SECONDS)
    return Replica(primary, connect, size, count)


async def reader_of(session: AsyncSession) -> Reader:
    """Reads inside the session's own transaction; no JSON comes as values here."""
    raw = await (await session.connection()).get_raw_connection()
    found: Reader = raw.driver_connection  # type: ignore[assignment]  # asyncpg's own connection
    return found


async def _read_json(connection: Any) -> None:
    """JSON comes as values, as it does through SQLAlchemy; binds are texts already."""
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", decoder=json.loads, encoder=str, format="text"
    )
