"""The background process: tells facts, advances what is overdue, sends what leaves the house."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import deadlines, events
from app.core import database, logs, terms
from app.notifications import texts
from app.process import prepare, sms_gateway, wechat_client
from app.settings import Settings
from app.sms.client import SmsGateway
from app.wechat.client import WeChat
from app.wechat.repeat import Sleep
from app.wiring import DEADLINES, HOUSEKEEPING, LISTENERS, MINUTELY, SENDERS, TERMS

log = logs.get(__name__)

IDLE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
HOUSEKEEPING_SECONDS = 600.0
MINUTE_SECONDS = 60.0
MOST_BATCHES = 100

Sessions = async_sessionmaker[AsyncSession]
Work = Callable[[], Awaitable[bool]]
Job = Callable[[AsyncSession], Awaitable[None]]


class LoopEnded(Exception):
    """A loop of the worker is no more, though nobody has stopped it."""


async def run(settings: Settings, stop: asyncio.Event) -> None:
    """Works until `stop` is set; what was begun is finished or rolled back, nothing is lost.

    Raises:
        ExceptionGroup: a loop came to an end by itself; the others are stopped.
    """
    prepare(settings)
    engine = database.engine(
        settings.database_url, pool=8, timeout_ms=settings.statement_timeout_ms * 6
    )
    sessions = database.sessions(engine)
    async with wechat_client(settings, sessions) as wechat, sms_gateway(settings) as gateway:
        log.info("worker.ready")
        async with asyncio.TaskGroup() as loops:
            for work in works(sessions, wechat, gateway):
                loops.create_task(repeat(work, stop))
    await engine.dispose()
    log.info("worker.stopped")


def works(sessions: Sessions, wechat: WeChat, gateway: SmsGateway | None) -> Sequence[Work]:
    """What is done over and over, each on its own so that none waits for WeChat or the gateway."""
    texting = () if gateway is None else (lambda: texts.send_next(sessions, gateway),)
    return (
        lambda: events.tell_next(sessions, LISTENERS),
        lambda: deadlines.advance_next(sessions, DEADLINES),
        *(lambda send=send: send(sessions, wechat) for send in SENDERS),
        lambda: keep_up(sessions),
        *texting,
        lambda: keep_house(sessions),
    )


async def keep_house(sessions: Sessions, *, sleep: Sleep = asyncio.sleep) -> bool:
    """What is past its time is forgotten, what is due by the clock is done; each job in a transaction
    of its own, none stops another."""
    for term in TERMS:
        try:
            await _forget(sessions, term)
        except Exception as error:
            log.error("term.failed", table=str(term.since.class_.__table__), exc_info=error)
    await _each(HOUSEKEEPING, sessions)
    await sleep(HOUSEKEEPING_SECONDS)
    return False


async def keep_up(sessions: Sessions, *, sleep: Sleep = asyncio.sleep) -> bool:
    """What is due every minute, in the same way."""
    await _each(MINUTELY, sessions)
    await sleep(MINUTE_SECONDS)
    return False


async def _each(jobs: Sequence[Job], sessions: Sessions) -> None:
    for job in jobs:
        try:
            async with sessions.begin() as session:
                await job(session)
        except Exception as error:
            log.error("housekeeping.failed", job=job.__module__, exc_info=error)


async def _forget(sessions: Sessions, term: terms.Term) -> None:
    """A bounded number of batches: the rest in ten minutes, so that no table starves the others."""
    for _ in range(MOST_BATCHES):
        async with sessions.begin() as session:
            gone = await terms.forget(session, term)
        if gone < terms.MOST:
            return


async def repeat(work: Work, stop: asyncio.Event, *, sleep: Sleep = asyncio.sleep) -> None:
    """Does `work` at once again while there is some, else after a second, until `stop` is set.

    An error of `work` is logged and put off, longer each time.

    Raises:
        LoopEnded: it came to an end by itself all the same; the process must not live on without.
    """
    running = asyncio.create_task(_for_ever(work, sleep))
    told = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((running, told), return_when=asyncio.FIRST_COMPLETED)
    finally:
        told.cancel()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    if not stop.is_set():
        raise LoopEnded


async def _for_ever(work: Work, sleep: Sleep) -> None:
    failures = 0
    while True:
        try:
            found = await work()
            failures = 0
        except Exception as error:
            log.error("worker.failed", exc_info=error)
            failures += 1
            found = False
        if not found:
            await sleep(min(IDLE_SECONDS * 2 ** min(failures, 10), LONGEST_PAUSE_SECONDS))
