"""Say what is missing before the house can serve, or what ledger and summaries do not agree on."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from app.commands import ledger, statistics
from app.core import database, migrations
from app.settings import Settings

Check = Callable[[Any], Awaitable[str | None]]
OLDEST = 150_000
LONG_MS = 600_000


def add(parser: argparse.ArgumentParser) -> None:
    """`--ledger` and `--statistics` count everything again, `--rebuild` writes the latter."""
    parser.add_argument(
        "--ledger",
        action="store_true",
        help="minutes, services and places of everybody, computed again from what was done",
    )
    parser.add_argument(
        "--statistics",
        action="store_true",
        help="figures of every month, computed again from the source rows",
    )
    parser.add_argument(
        "--rebuild", action="store_true", help="with --statistics: they are written first"
    )


def run(settings: Settings, found: argparse.Namespace) -> int:
    """A line for each check; 0 when all are well."""
    if not settings.database_url:
        print("✗ APP_DATABASE_URL is not set")
        return 1
    return asyncio.run(_examine(settings, found))


async def _examine(settings: Settings, found: argparse.Namespace) -> int:
    is_long = found.ledger or found.statistics
    try:
        connection = await database.reader(
            settings.database_url, timeout_ms=LONG_MS if is_long else 5_000
        )
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        print(f"✗ the database cannot be reached: {type(error).__name__}")
        return 1
    bad = await _check(connection)
    if found.ledger and not bad:
        bad = await ledger.examine(connection)
    if found.statistics and not bad:
        if found.rebuild:
            await statistics.rebuild(settings)
        bad = await statistics.examine(connection)
    await connection.close()
    return 1 if bad else 0


async def _check(connection: Any) -> int:
    bad = 0
    for name, check in CHECKS.items():
        trouble = await check(connection)
        bad += trouble is not None
        print(f"✗ {name}: {trouble}" if trouble else f"✓ {name}")
    return bad


async def _version(connection: Any) -> str | None:
    number = int(await connection.fetchval("SHOW server_version_num"))
    return None if number >= OLDEST else "PostgreSQL 15 or newer is needed"


async def _trigrams(connection: Any) -> str | None:
    """With the collation C, `pg_trgm` finds nothing in Chinese. Source: engineering.md B10."""
    try:
        found = await connection.fetchval("SELECT show_trgm('路灯')")
    except asyncpg.UndefinedFunctionError:
        return "the extension pg_trgm is missing; run `python -m app migrate`"
    return None if found else "the database's collation finds no Chinese; create it with C.UTF-8"


async def _schema(connection: Any) -> str | None:
    try:
        found = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        found = None
    wanted = migrations.head()
    return None if found == wanted else f"is {found}, wants {wanted}; run `python -m app migrate`"


async def _statements(connection: Any) -> str | None:
    """Prepared statements outlive a transaction only where the connectioner carries them."""
    for _ in range(3):
        await connection.fetchval("SELECT $1::int", 1)
    return None


CHECKS: dict[str, Check] = {
    "PostgreSQL version": _version,
    "Chinese text search": _trigrams,
    "schema": _schema,
    "prepared statements": _statements,
}
