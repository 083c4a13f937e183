"""Attempts are counted in windows of time: login, codes, verification. Source: engineering.md B25."""

import math
from datetime import timedelta

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.errors import TooMany
from app.core.terms import Term
from app.models.house import RateWindow

TERMS = (Term(RateWindow.window_ends_at),)


async def count(
    sessions: async_sessionmaker[AsyncSession], key: str, *, most: int, window: timedelta
) -> None:
    """One more attempt under `key`; committed by itself, so a refused request counts as well.

    Raises:
        TooMany: more than `most` in the running window.
    """
    now = clock.now()
    is_over = RateWindow.window_ends_at <= now
    statement = (
        insert(RateWindow)
        .values(key=key, window_ends_at=now + window, attempts=1)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "attempts": case((is_over, 1), else_=RateWindow.attempts + 1),
                "window_ends_at": case((is_over, now + window), else_=RateWindow.window_ends_at),
            },
        )
        .returning(RateWindow.attempts, RateWindow.window_ends_at)
    )
    async with sessions.begin() as session:
        attempts, ends_at = (await session.execute(statement)).one()
    if attempts > most:
        raise TooMany(retry_after=max(1, math.ceil((ends_at - now).total_seconds())))
