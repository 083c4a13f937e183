"""Figures by month, counted again from the source rows: what the summaries say otherwise, or written.

Source: design.md §6 *reports*.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import database
from app.settings import Settings
from app.statistics import gathering, summing

REBUILD_MS = 3_600_000


async def rebuild(settings: Settings) -> None:
    """Every summary is written anew where it differs, in one transaction."""
    engine = database.engine(settings.database_url, pool=1, timeout_ms=REBUILD_MS)
    async with AsyncSession(engine) as session, session.begin():
        await summing.rebuild(session)
    await engine.dispose()


async def examine(connection: Any) -> int:
    """A line for each summary and for everything that differs; how many differ.

    Facts that the worker has not told yet are no fault, nor are organizations that have changed within
    the last minute: how many wait is said.
    """
    differing = 0
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for name, rows in (await summing.differences(connection)).items():
            differing += len(rows)
            print(f"✗ {name}: {len(rows)} differ" if rows else f"✓ {name}")
            for row in rows:
                print(f"    {row['what']}: says {row['says']}, counted {row['counted']}")
        waiting = await connection.fetchval(summing.WAITING)
        changed = await connection.fetchval(gathering.CHANGED)
    print(f"{waiting} facts wait to be told")
    print(f"{changed} organizations wait to be counted as they are")
    return differing
