"""Say what is missing before the house can serve, or what ledger, figures and reports do not agree on."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg

from app.commands import ledger, replica, report_chains, statistics
from app.core import database, fields, revisions, suited
from app.process import field_keys
from app.settings import Settings

Check = Callable[[Any], Awaitable[str | None]]
OLDEST = 150_000
DEEP_MS = 600_000


def add(parser: argparse.ArgumentParser) -> None:
    """`--ledger` and `--statistics` count everything again, `--reports` reckons every hash again."""
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
    parser.add_argument(
        "--reports",
        action="store_true",
        help="every frozen report: its text, its place in its issuer's chain, its number",
    )


def run(settings: Settings, found: argparse.Namespace) -> int:
    """A line for each check; 0 when all are well."""
    if not settings.database_url:
        print("✗ APP_DATABASE_URL is not set")
        return 1
    fields.use(field_keys(settings))
    deeper = [
        examine
        for is_wanted, examine in (
            (found.ledger, ledger.examine),
            (found.statistics, statistics.examine),
            (found.reports, report_chains.examine),
        )
        if is_wanted
    ]
    return asyncio.run(_examine(settings, deeper, rebuild=found.statistics and found.rebuild))


async def _examine(
    settings: Settings, deeper: Sequence[Callable[[Any], Awaitable[int]]], *, rebuild: bool
) -> int:
    try:
        connection = await database.reader(
            settings.database_url, timeout_ms=DEEP_MS if deeper else 5_000
        )
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        print(f"✗ the database cannot be reached: {type(error).__name__}")
        return 1
    bad = await _check(connection)
    if settings.database_replica_url:
        bad += await replica.examine(settings.database_replica_url, connection)
    if rebuild and not bad:
        await statistics.rebuild(settings)
    for examine in deeper if not bad else ():
        bad += await examine(connection)
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
    wanted = revisions.head()
    return None if found == wanted else f"is {found}, wants {wanted}; run `python -m app migrate`"


async def _settings(connection: Any) -> str | None:
    wanted = await suited.missing(connection)
    return f"as the database's owner: {'; '.join(wanted)}" if wanted else None


async def _statements(connection: Any) -> str | None:
    """Prepared statements outlive a transaction only where the pooler carries them.

    A pooler shows another process than the one that works. PgBouncer names what it carries anew; where
    our own names arrive, it is too old, or was told not to.
    """
    if await connection.fetchval("SELECT pg_backend_pid()") == connection.get_server_pid():
        return None
    names = await connection.fetch("SELECT name FROM pg_prepared_statements")
    if not any(row["name"].startswith("__asyncpg_") for row in names):
        return None
    return "the pooler carries none; PgBouncer 1.21 or newer, max_prepared_statements = 200"


CHECKS: dict[str, Check] = {
    "PostgreSQL version": _version,
    "Chinese text search": _trigrams,
    "schema": _schema,
    "database settings": _settings,
    "prepared statements": _statements,
}
