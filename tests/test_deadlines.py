"""Overdue rows are dealt with once each, longest overdue first."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from structlog.testing import capture_logs

from app.core import clock
from app.deadlines import MOST_ATTEMPTS, Deadline, advance_next
from app.models.house import DeadlineFailure
from app.models.organization import Import, ImportKind, Organization
from tests.factories.organizations import make_community

Sessions = async_sessionmaker[AsyncSession]


async def make_imports(session: AsyncSession, *days: int) -> None:
    community = await make_community(session)
    for day in days:
        session.add(
            Import(
                kind=ImportKind.COMMUNITY,
                organization_id=community.id,
                file_digest=str(day),
                state_digest="",
                due_at=clock.now() + timedelta(days=day),
            )
        )
    await session.flush()


async def test_only_what_is_overdue_is_taken_longest_first(
    session: AsyncSession, sessions: Sessions, move_clock: Callable[[timedelta], None]
) -> None:
    seen: list[str] = []

    async def act(_: AsyncSession, row: Import) -> None:
        seen.append(row.file_digest)

    await make_imports(session, 3, 1, 9)
    await session.commit()
    deadlines = (Deadline(Import, act),)
    assert not await advance_next(sessions, deadlines)
    move_clock(timedelta(days=4))
    while await advance_next(sessions, deadlines):
        pass
    assert seen == ["1", "3"]


async def test_a_bad_row_holds_up_no_other_and_is_tried_again_later(
    committed: FastAPI, move_clock: Callable[[timedelta], None]
) -> None:
    sessions: Sessions = committed.state.sessions
    seen: list[str] = []

    async def act(_: AsyncSession, row: Import) -> None:
        seen.append(row.file_digest)
        if row.file_digest == "1" and seen.count("1") < 3:
            row.file_digest = "undone"
            raise TypeError("13800138000")

    async with sessions.begin() as session:
        await make_imports(session, 1, 3)
    move_clock(timedelta(days=4))
    with capture_logs() as logged:
        while await advance_next(sessions, (Deadline(Import, act),)):
            pass
    assert seen == ["1", "3"]
    (failed,) = (line for line in logged if line["event"] == "deadline.failed")
    assert (failed["log_level"], failed["attempts"]) == ("error", 1)
    move_clock(timedelta(days=4, minutes=1))
    assert not await advance_next(sessions, (Deadline(Import, act),))
    move_clock(timedelta(days=4, minutes=3))
    assert await advance_next(sessions, (Deadline(Import, act),))
    move_clock(timedelta(days=4, minutes=8))
    assert await advance_next(sessions, (Deadline(Import, act),))
    assert seen == ["1", "3", "1", "1"]
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(DeadlineFailure)) == 0
        assert await session.scalar(select(func.count(Import.due_at))) == 0


async def test_after_ten_attempts_a_row_waits_for_an_operator(
    committed: FastAPI, move_clock: Callable[[timedelta], None]
) -> None:
    sessions: Sessions = committed.state.sessions

    async def act(_: AsyncSession, __: Import) -> None:
        raise TypeError

    async with sessions.begin() as session:
        await make_imports(session, 1)
    for day in range(2, MOST_ATTEMPTS + 2):
        move_clock(timedelta(days=day))
        assert await advance_next(sessions, (Deadline(Import, act),))
    move_clock(timedelta(days=300))
    assert not await advance_next(sessions, (Deadline(Import, act),))
    async with sessions() as session:
        (kept,) = await session.scalars(select(DeadlineFailure))
    assert (kept.table_name, kept.column_name) == ("imports", "due_at")
    assert (kept.attempts, kept.error) == (MOST_ATTEMPTS, "TypeError")


async def test_a_database_that_is_away_is_nobodys_fault() -> None:
    engine = create_async_engine("postgresql+asyncpg://nobody@/none?host=/nowhere")
    with pytest.raises(OSError):  # noqa: PT011 - whatever the system calls a missing socket
        await advance_next(async_sessionmaker(engine), (Deadline(Import, never),))


async def test_a_question_that_cannot_be_asked_is_no_rows_fault(
    session: AsyncSession, sessions: Sessions, move_clock: Callable[[timedelta], None]
) -> None:
    await make_imports(session, 1)
    await session.commit()
    move_clock(timedelta(days=4))
    with pytest.raises(DBAPIError):
        await advance_next(
            sessions, (Deadline(Import, never, under=(Organization, Import.file_digest)),)
        )
    assert (await session.scalars(select(DeadlineFailure))).all() == []


async def never(_: AsyncSession, __: Import) -> None:
    raise AssertionError


async def test_four_workers_take_none_twice(
    committed: FastAPI, move_clock: Callable[[timedelta], None]
) -> None:
    sessions: Sessions = committed.state.sessions
    seen: list[str] = []

    async def act(_: AsyncSession, row: Import) -> None:
        await asyncio.sleep(0)
        seen.append(row.file_digest)

    async with sessions.begin() as session:
        await make_imports(session, *range(1, 13))
    move_clock(timedelta(days=20))

    async def work() -> None:
        while await advance_next(sessions, (Deadline(Import, act),)):
            pass

    await asyncio.gather(*(work() for _ in range(4)))
    assert sorted(seen) == sorted(str(day) for day in range(1, 13))
