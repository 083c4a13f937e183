"""Overdue rows are dealt with once each, longest overdue first."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.deadlines import Deadline, advance_next
from app.models.organization import Import, ImportKind
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
