"""Silence, time-outs, reminders: one job for all lives. Source: engineering.md A7.

Entering a status with a time-out sets `due_at`; leaving clears it. The job takes the longest
overdue row of each life and hands it to the room it belongs to, a row a transaction. A row that
fails is put off, longer each time, and after ten times waits for an operator (`deadline_failures`).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    TextClause,
    delete,
    exists,
    func,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.core import clock, logs
from app.models.history import History
from app.models.house import DeadlineFailure

log = logs.get(__name__)

MOST_ATTEMPTS = 10
PARKED = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Deadline:
    """`act(session, row)` is what happens to a row of `table` when its `column` is past.

    `act` moves the row or sets the column anew; the column is cleared before, so that a row on
    which nothing happens is not taken again.

    `under` is a row that every other step of this life locks before it: (its table, the column that
    names it). Both are locked, or neither, and nobody is waited for, so no two wait in a ring.
    """

    table: type[Any]
    act: Callable[[AsyncSession, Any], Awaitable[None]]
    column: str = "due_at"
    under: tuple[type[Any], InstrumentedAttribute[Any]] | None = None


def told_since(
    steps: type[History], of: InstrumentedAttribute[UUID], row_id: Any, reminded: str
) -> ScalarSelect[datetime]:
    """When it was first told that a row is overdue, since its last step of another kind; else null.

    A reminder moves its clock on, so this is when the row was due.
    """
    told, later = aliased(steps), aliased(steps)
    key = of.key
    return (
        select(func.min(told.at))
        .where(
            getattr(told, key) == row_id,
            told.action == literal_column(f"'{reminded}'"),
            ~exists().where(
                getattr(later, key) == getattr(told, key),
                later.action != literal_column(f"'{reminded}'"),
                later.id > told.id,
            ),
        )
        .scalar_subquery()
    )


async def advance_next(
    sessions: async_sessionmaker[AsyncSession], deadlines: tuple[Deadline, ...]
) -> bool:
    """One overdue row of each life is dealt with; False when none was overdue."""
    async with sessions.begin() as session:
        found = await session.scalars(_where_due(deadlines), {"now": clock.now()})
    moved = [await _advance(sessions, deadlines[place]) for place in found.all()]
    return any(moved)


@cache
def _where_due(deadlines: tuple[Deadline, ...]) -> TextClause:
    """In which of them something is overdue, by their places: one question for all lives."""
    ways = []
    for place, line in enumerate(deadlines):
        overdue = f"SELECT FROM {line.table.__tablename__} WHERE {line.column} <= :now"
        ways.append(f"SELECT {place} WHERE EXISTS ({overdue})")
    return text(" UNION ALL ".join(ways))


async def _advance(sessions: async_sessionmaker[AsyncSession], deadline: Deadline) -> bool:
    """The longest overdue row is dealt with, or put off: a bad one holds up no other."""
    table = deadline.table
    row_id: UUID | None = None
    try:
        async with sessions.begin() as session:
            row_id = await session.scalar(_overdue(deadline))
            if row_id is None:
                return False
            row = await session.get_one(table, row_id)
            setattr(row, deadline.column, None)
            await deadline.act(session, row)
            await session.flush()
            await session.execute(delete(DeadlineFailure).where(*_failure_of(deadline, row_id)))
    except Exception as error:
        if row_id is None:
            raise
        await _put_off(sessions, deadline, row_id, error)
    else:
        log.info("deadline.passed", table=table.__tablename__, row_id=str(row_id))
    return True


def _overdue(deadline: Deadline) -> Select[UUID]:
    """The longest overdue row that nobody else is at work on."""
    table, column = deadline.table, getattr(deadline.table, deadline.column)
    found, locked = select(table.id), [table]
    if deadline.under is not None:
        above, names = deadline.under
        found, locked = found.join(above, above.id == names), [above, table]
    return (
        found.where(column <= clock.now())
        .order_by(column)
        .limit(1)
        .with_for_update(of=locked, skip_locked=True, key_share=True)
    )


async def _put_off(
    sessions: async_sessionmaker[AsyncSession], deadline: Deadline, row_id: UUID, error: Exception
) -> None:
    """Due again after 2, 4, 8 … minutes; after the tenth time it waits for an operator."""
    table, column, now = deadline.table, getattr(deadline.table, deadline.column), clock.now()
    counting = insert(DeadlineFailure).values(
        table_name=table.__tablename__,
        column_name=deadline.column,
        row_id=row_id,
        attempts=1,
        error=type(error).__name__[:60],
        failed_at=now,
    )
    async with sessions.begin() as session:
        counted = await session.execute(
            counting.on_conflict_do_update(
                index_elements=["table_name", "column_name", "row_id"],
                set_={
                    "attempts": DeadlineFailure.attempts + 1,
                    "error": counting.excluded.error,
                    "failed_at": now,
                },
            ).returning(DeadlineFailure.attempts)
        )
        attempts = counted.scalar_one()
        wait = PARKED if attempts >= MOST_ATTEMPTS else timedelta(minutes=2**attempts)
        await session.execute(
            update(table)
            .where(table.id == row_id, column <= now)
            .values({deadline.column: now + wait})
        )
    log.error(
        "deadline.failed",
        table=table.__tablename__,
        row_id=str(row_id),
        attempts=attempts,
        exc_info=error,
    )


def _failure_of(deadline: Deadline, row_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        DeadlineFailure.table_name == deadline.table.__tablename__,
        DeadlineFailure.column_name == deadline.column,
        DeadlineFailure.row_id == row_id,
    )
