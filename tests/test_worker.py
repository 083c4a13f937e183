"""The worker's loops: an error ends none of them, and a loop that is dead ends the worker."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from structlog.testing import capture_logs

from app import worker
from app.commands import cli
from app.core import clock
from app.models.house import RateWindow
from app.models.statistic import CounterChange, OrganizationMonth
from app.wiring import HOUSEKEEPING
from app.worker import LoopEnded, Work, keep_house, keep_up, repeat
from tests.factories.organizations import make_organization

Sessions = async_sessionmaker[AsyncSession]


class Pauses:
    """Notes what a loop would sleep; it sleeps a moment."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


async def test_whatever_goes_wrong_the_loop_goes_on_and_waits_longer() -> None:
    stop, calls, pauses = asyncio.Event(), 0, Pauses()

    async def work() -> bool:
        nonlocal calls
        calls += 1
        if calls <= 8:
            raise TypeError("13800138000")
        if calls == 10:
            stop.set()
        return calls < 10

    with capture_logs() as logged:
        await asyncio.wait_for(repeat(work, stop, sleep=pauses), 5)
    assert pauses.seconds[:8] == [2, 4, 8, 16, 32, 60, 60, 60]
    failed = [line for line in logged if line["event"] == "worker.failed"]
    assert [line["log_level"] for line in failed] == ["error"] * 8


async def test_who_is_told_to_stop_stops_in_the_middle_of_its_work() -> None:
    stop = asyncio.Event()

    async def work() -> bool:
        stop.set()
        await asyncio.Event().wait()
        return True

    await asyncio.wait_for(repeat(work, stop), 5)


class Killed(BaseException):
    """What no loop survives."""


@pytest.mark.parametrize("end", [Killed, asyncio.CancelledError])
async def test_a_dead_loop_is_told(end: type[BaseException]) -> None:
    async def work() -> bool:
        raise end

    expected = LoopEnded if end is asyncio.CancelledError else Killed
    with pytest.raises(expected):
        await asyncio.wait_for(repeat(work, asyncio.Event()), 5)


async def test_a_dead_loop_stops_the_others_and_the_worker(
    committed: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies() -> bool:
        raise asyncio.CancelledError

    async def idles() -> bool:
        return False

    works: tuple[Work, ...] = (dies, idles)
    monkeypatch.setattr(worker, "works", lambda *_: works)
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(worker.run(committed.state.settings, asyncio.Event()), 20)
    assert [type(error) for error in caught.value.exceptions] == [LoopEnded]


def test_the_command_ends_with_an_error_when_a_loop_is_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run(*_: Any) -> None:
        raise ExceptionGroup("loops", [LoopEnded()])

    monkeypatch.setenv("APP_DATABASE_URL", "postgresql+asyncpg://nowhere/none")
    monkeypatch.setattr(worker, "run", run)
    with capture_logs() as logged:
        assert cli.main(["worker"]) == 1
    assert [line["event"] for line in logged] == ["worker.died"]


async def test_one_job_of_the_house_stops_no_other(
    session: AsyncSession,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    move_clock: Callable[[timedelta], None],
) -> None:
    async def fails(_: AsyncSession) -> None:
        raise TypeError

    monkeypatch.setattr(worker, "HOUSEKEEPING", (fails, *HOUSEKEEPING))
    session.add(RateWindow(key="x", window_ends_at=clock.now(), attempts=1))
    await session.commit()
    move_clock(timedelta(minutes=1))
    pauses = Pauses()
    with capture_logs() as logged:
        assert not await keep_house(sessions, sleep=pauses)
    assert [line["event"] for line in logged] == ["housekeeping.failed"]
    assert await session.scalar(select(func.count()).select_from(RateWindow)) == 0
    assert pauses.seconds == [worker.HOUSEKEEPING_SECONDS]


async def test_what_facts_have_put_down_is_gathered_every_minute(
    session: AsyncSession, sessions: Sessions
) -> None:
    place = await make_organization(session, "city")
    of_first: dict[str, Any] = {"kind": "", "category": "", "bucket": 0}
    for number in (2, 3):
        session.add(
            CounterChange(
                organization_id=place.id,
                figure="served",
                month=date(2026, 1, 1),
                number=number,
                **of_first,
            )
        )
    await session.commit()
    pauses = Pauses()
    assert not await keep_up(sessions, sleep=pauses)
    assert pauses.seconds == [worker.MINUTE_SECONDS]
    assert await session.scalar(select(OrganizationMonth.number)) == 5
    assert await session.scalar(select(func.count()).select_from(CounterChange)) == 0
