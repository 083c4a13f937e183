"""What tests of claims share: the worker's rounds, and what somebody was told."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.deadlines import advance_next
from app.events import tell_next
from app.models.report import Notification
from app.wiring import DEADLINES, LISTENERS

Sessions = async_sessionmaker[AsyncSession]


async def work(sessions: Sessions) -> None:
    """Everything that is overdue is done, and everybody is told, until nothing is left."""
    while await tell_next(sessions, LISTENERS) or await advance_next(sessions, DEADLINES):
        pass


async def told(sessions: Sessions) -> dict[str, tuple[set[object], str]]:
    """Message → who has it, and its latest text; also that of records."""
    found: dict[str, tuple[set[object], str]] = {}
    async with sessions() as session:
        for row in await session.scalars(select(Notification).order_by(Notification.id)):
            people, _ = found.get(row.message, (set(), ""))
            found[row.message] = (people | {row.person_id}, row.text)
    return found
