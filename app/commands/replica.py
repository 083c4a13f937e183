"""Whether the replica is one of our own database, and how far behind."""

from typing import Any

import asyncpg

from app.core import database
from app.core.replica import IDENTITY, POSITION

BEHIND = """SELECT pg_is_in_recovery() AS is_replica,
greatest(pg_wal_lsn_diff($1::text::pg_lsn, pg_last_wal_replay_lsn()), 0)::bigint AS bytes,
extract(epoch FROM now() - pg_last_xact_replay_timestamp())::int AS seconds"""


async def examine(url: str, primary: Any) -> int:
    """One line; 1 where what stands at `url` is no replica of the primary's database.

    One that cannot be reached is no failing of the house, for the primary answers in its place.
    """
    try:
        connection = await database.reader(url, timeout_ms=5_000, connect_seconds=5)
    except (OSError, asyncpg.PostgresError) as error:
        print(f"! replica: cannot be reached ({type(error).__name__}); the primary answers")
        return 0
    is_ours = await connection.fetch(IDENTITY) == await primary.fetch(IDENTITY)
    (found,) = await connection.fetch(BEHIND, await primary.fetchval(POSITION))
    await connection.close()
    if not is_ours or not found["is_replica"]:
        what = "a replica" if is_ours else "of the same system and database"
        print(f"✗ replica: it is not {what}; nothing is read there")
        return 1
    since = f", last change {found['seconds']} s ago" if found["bytes"] else ""
    print(f"✓ replica: {found['bytes']} bytes behind{since}")
    return 0
