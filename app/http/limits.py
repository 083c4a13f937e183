"""Attempts are counted in windows of time: login, codes, verification. Source: engineering.md B25."""

import math
from datetime import timedelta
from typing import Any

from sqlalchemy import DateTime, String, bindparam, case
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.errors import TooMany
from app.core.terms import Term
from app.models.house import RateWindow

TERMS = (Term(RateWindow.window_ends_at),)
WINDOWS: Any = RateWindow.__table__  # by the class, its binds would be taken for columns
ENDS_AT = bindparam("ends_at", type_=DateTime(timezone=True))
IS_OVER = WINDOWS.c.window_ends_at <= bindparam("now", type_=DateTime(timezone=True))
COUNT = (
    insert(WINDOWS)
    .values(key=bindparam("counted", type_=String()), window_ends_at=ENDS_AT, attempts=1)
    .on_conflict_do_update(
        index_elements=["key"],
        set_={
            "attempts": case((IS_OVER, 1), else_=WINDOWS.c.attempts + 1),
            "window_ends_at": case((IS_OVER, ENDS_AT), else_=WINDOWS.c.window_ends_at),
        },
    )
    .returning(WINDOWS.c.attempts, WINDOWS.c.window_ends_at)
)


async def count(
    sessions: async_sessionmaker[AsyncSession], key: str, *, most: int, window: timedelta
) -> None:
    """One more attempt under `key`; committed by itself, so a refused request counts as well.

    Raises:
        TooMany: more than `most` in the running window.
    """
    now = clock.now()
    binds = {"counted": key, "now": now, "ends_at": now + window}
    async with sessions.begin() as session:
        attempts, ends_at = (await session.execute(COUNT, binds)).one()
    if attempts > most:
        raise TooMany(retry_after=max(1, math.ceil((ends_at - now).total_seconds())))
