"""Facts: told once they are committed, each listener on its own, none lost."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.terms import forget
from app.events import MOST_ATTEMPTS, TERMS, Event, Listeners, record, tell_next
from app.models.house import JobRun
from app.models.outbox import OutboxEntry

Sessions = async_sessionmaker[AsyncSession]


class Happened(Event):
    name: ClassVar[str] = "test.happened"
    word: str


async def writes(session: AsyncSession, number: int, event: Happened) -> None:
    session.add(JobRun(job="writes", period=f"{number}-{event.word}"))


async def fails(session: AsyncSession, number: int, event: Happened) -> None:
    session.add(JobRun(job="fails", period=f"{number}"))
    await session.flush()
    raise ValueError("13800138000")


async def runs(session: AsyncSession, job: str) -> int:
    query = select(func.count()).select_from(JobRun).where(JobRun.job == job)
    return await session.scalar(query) or 0


async def test_a_fact_is_told_to_its_listeners_and_marked(
    session: AsyncSession, sessions: Sessions
) -> None:
    record(session, Happened(word="a"))
    await session.commit()
    assert await tell_next(sessions, {Happened: (writes,)})
    assert not await tell_next(sessions, {Happened: (writes,)})
    assert await runs(session, "writes") == 1


async def test_a_fact_without_listeners_is_told_to_nobody(
    session: AsyncSession, sessions: Sessions
) -> None:
    record(session, Happened(word="a"))
    await session.commit()
    assert await tell_next(sessions, {})
    assert not await tell_next(sessions, {})


async def test_a_failing_listener_stops_no_other_and_is_tried_again_alone(
    session: AsyncSession, sessions: Sessions, move_clock: Callable[[timedelta], None]
) -> None:
    record(session, Happened(word="a"))
    await session.commit()
    listeners: Listeners = {Happened: (fails, writes)}
    assert await tell_next(sessions, listeners)
    assert (await runs(session, "writes"), await runs(session, "fails")) == (1, 0)
    assert not await tell_next(sessions, listeners)
    move_clock(timedelta(minutes=3))
    assert await tell_next(sessions, listeners)
    assert await runs(session, "writes") == 1
    move_clock(timedelta(hours=1))
    assert await tell_next(sessions, {Happened: (writes,)})
    entry = await session.scalar(select(OutboxEntry).execution_options(populate_existing=True))
    assert entry is not None
    assert (entry.attempts, entry.error, entry.waiting_for) == (2, None, None)


async def test_after_ten_attempts_a_fact_waits_for_an_operator(
    session: AsyncSession, sessions: Sessions, move_clock: Callable[[timedelta], None]
) -> None:
    record(session, Happened(word="a"))
    await session.commit()
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert await tell_next(sessions, {Happened: (fails,)})
        move_clock(clock.now() + timedelta(days=attempt) - clock.now())
    move_clock(timedelta(days=300))
    assert not await tell_next(sessions, {Happened: (fails,)})
    entry = await session.scalar(select(OutboxEntry).execution_options(populate_existing=True))
    assert entry is not None
    assert (entry.attempts, entry.error) == (10, "ValueError")


async def test_told_facts_are_forgotten_after_a_month(
    session: AsyncSession, sessions: Sessions, move_clock: Callable[[timedelta], None]
) -> None:
    record(session, Happened(word="told"))
    await session.commit()
    await tell_next(sessions, {})
    record(session, Happened(word="waiting"))
    await session.commit()
    move_clock(timedelta(days=31))
    await forget(session, *TERMS)
    words = await session.scalars(select(OutboxEntry.payload["word"].astext))
    assert words.all() == ["waiting"]


async def test_four_workers_tell_each_fact_once(committed: FastAPI) -> None:
    sessions: Sessions = committed.state.sessions
    async with sessions.begin() as session:
        for number in range(12):
            record(session, Happened(word=str(number)))

    async def work() -> int:
        told = 0
        while await tell_next(sessions, {Happened: (writes,)}):
            told += 1
        return told

    assert sum(await asyncio.gather(*(work() for _ in range(4)))) == 12
    async with sessions() as session:
        assert await runs(session, "writes") == 12
