"""How long rows are kept that are only of use for a while: a table of terms, and how they go.

They go in batches, each a transaction of its own, found by an index, passing over what somebody holds:
so a first run after a long standstill holds nobody up, and two workers do not wait for one another.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Delete, delete, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.core import clock, ids

MOST = 2_000  # rows that one transaction deletes


@dataclass(frozen=True)
class Term:
    """Rows go `kept` after `since`; by then nothing points to them.

    `born`: the UUIDv7 of a row, where `since` is when it was made: it has an index already. `only`: of
    the others none may lie around for long, or each run would look at them again.
    """

    since: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
    kept: timedelta = timedelta()
    born: InstrumentedAttribute[Any] | None = None
    only: ColumnElement[bool] | None = None


async def forget(session: AsyncSession, *terms: Term, most: int | None = None) -> int:
    """Of each term at most so many rows (`MOST`), the oldest first, are gone; how many in all."""
    gone = 0
    for term in terms:
        done = await session.execute(batch(term, most or MOST))
        gone += done.rowcount  # type: ignore[attr-defined]  # of a DELETE
    return gone


def batch(term: Term, most: int) -> Delete:
    """Deletes at most so many rows that nobody else holds."""
    table = term.since.class_.__table__
    before = clock.now() - term.kept
    row: ColumnElement[Any] = literal_column(f"{table.name}.ctid")
    old = select(row).select_from(table).where(term.since < before)
    if term.born is not None:
        old = old.where(term.born < ids.first_of(before))
    if term.only is not None:
        old = old.where(term.only)
    old = old.order_by(term.since if term.born is None else term.born).limit(most)
    old = old.with_for_update(of=table, skip_locked=True).correlate(None)
    return delete(table).where(row == func.any(func.array(old.scalar_subquery())))
