"""The background process: tells facts, advances what is overdue, sends what leaves the house."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import deadlines, events
from app.core import database, logs
from app.main import prepare, wechat_client
from app.settings import Settings
from app.wechat.client import WeChat
from app.wiring import DEADLINES, HOUSEKEEPING, LISTENERS, SENDERS

log = logs.get(__name__)

IDLE_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 600.0

Sessions = async_sessionmaker[AsyncSession]
Work = Callable[[], Awaitable[bool]]


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Works until `stop` is set; what was begun is finished or rolled back, nothing is lost."""
    prepare(settings)
    engine = database.engine(
        settings.database_url, pool=8, timeout_ms=settings.statement_timeout_ms * 6
    )
    sessions: Sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with wechat_client(settings, sessions) as wechat:
        log.info("worker.ready")
        await asyncio.gather(*(repeat(work, stop) for work in works(sessions, wechat)))
    await engine.dispose()
    log.info("worker.stopped")


def works(sessions: Sessions, wechat: WeChat) -> Sequence[Work]:
    """What is done over and over, each on its own so that none waits for WeChat."""
    return (
        lambda: events.tell_next(sessions, LISTENERS),
        lambda: deadlines.advance_next(sessions, DEADLINES),
        *(lambda send=send: send(sessions, wechat) for send in SENDERS),
        lambda: keep_house(sessions),
    )


async def keep_house(sessions: Sessions) -> bool:
    """What is past its time is forgotten; each job in a transaction of its own."""
    for job in HOUSEKEEPING:
        async with sessions.begin() as session:
            await job(session)
    await asyncio.sleep(HOUSEKEEPING_SECONDS)
    return False


async def repeat(work: Work, stop: asyncio.Event) -> None:
    """Does `work` at once again while there is some, else after a second; errors end nothing."""
    running = asyncio.create_task(_for_ever(work))
    await stop.wait()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def _for_ever(work: Work) -> None:
    while True:
        try:
            found = await work()
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("worker.failed", exc_info=error)
            found = False
        if not found:
            await asyncio.sleep(IDLE_SECONDS)
