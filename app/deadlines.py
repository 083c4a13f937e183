"""Silence, time-outs, reminders: one job for all lives. Source: engineering.md A7.

Entering a status with a time-out sets `due_at`; leaving clears it. The job takes the longest
overdue row of each life and hands it to the room it belongs to, a row a transaction.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock, logs

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Deadline:
    """`act(session, row)` is what happens to a row of `table` when its `column` is past.

    `act` moves the row or sets the column anew; the column is cleared before, so that a row on
    which nothing happens is not taken again.
    """

    table: type[Any]
    act: Callable[[AsyncSession, Any], Awaitable[None]]
    column: str = "due_at"


async def advance_next(
    sessions: async_sessionmaker[AsyncSession], deadlines: tuple[Deadline, ...]
) -> bool:
    """One overdue row of each life is dealt with; False when none was overdue."""
    moved = [await _advance(sessions, deadline) for deadline in deadlines]
    return any(moved)


async def _advance(sessions: async_sessionmaker[AsyncSession], deadline: Deadline) -> bool:
    column = getattr(deadline.table, deadline.column)
    async with sessions.begin() as session:
        row = await session.scalar(
            select(deadline.table)
            .where(column <= clock.now())
            .order_by(column)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return False
        setattr(row, deadline.column, None)
        await deadline.act(session, row)
        await session.flush()
        log.info("deadline.passed", table=deadline.table.__tablename__, row_id=str(row.id))
        return True
