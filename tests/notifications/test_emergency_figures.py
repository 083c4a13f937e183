"""2,000 members are told about one emergency: how long it takes, and what a page costs meanwhile."""

import asyncio
import statistics
import time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import events
from app.core import clock
from app.core.db import made_id
from app.emergency.events import CallUpMoved
from app.models.emergency import Reply
from app.models.member import Registration
from app.models.report import MessageCredit, Notification
from tests.commands.test_commands import running, until
from tests.emergency.test_call_ups import make_crowd
from tests.factories.emergency import make_call_up
from tests.factories.organizations import make_community, make_employer

MEMBERS = 2_000
Sessions = async_sessionmaker[AsyncSession]


async def call(session: AsyncSession, town: Any, *, most: int) -> UUID:
    """So many of the town are called; the worker has not told them yet."""
    call_up = await make_call_up(session, town.community)
    called = (
        select(made_id(clock.now()), literal(call_up.id), Registration.id, Registration.person_id)
        .where(Registration.community_id == town.community.id)
        .limit(most)
    )
    await session.execute(
        insert(Reply).from_select(
            ["id", "call_up_id", "registration_id", "person_id"], called, include_defaults=False
        )
    )
    fact = CallUpMoved(call_up_id=call_up.id, action="activate", status="active")
    events.record(session, fact)
    return call_up.id


@pytest.mark.scale
async def test_what_two_thousand_told_cost_and_a_page_meanwhile(
    committed: FastAPI, database_url: str
) -> None:
    """Half of them have accepted the template: for these a message is queued as well."""
    sessions: Sessions = committed.state.sessions
    async with sessions.begin() as session:
        community, employer = await make_community(session), await make_employer(session)
        town: Any = SimpleNamespace(community=community, employer=employer)
        people = await make_crowd(session, town, MEMBERS)
        half = people[: MEMBERS // 2]
        session.add_all(
            MessageCredit(person_id=one, template="emergency_call", left=1) for one in half
        )

    async def lines(call_up: UUID) -> int:
        count = select(func.count()).where(Notification.subject_id == call_up)
        async with sessions() as session:
            return await session.scalar(count) or 0

    async def read(user: AsyncClient) -> float:
        head = {"Authorization": f"Bearer {committed.state.tokens.sign(people[0])}"}
        began = time.perf_counter()
        assert (await user.get("/api/v1/me/notifications", headers=head)).status_code == 200
        return time.perf_counter() - began

    async with (
        running(database_url, "worker", APP_LOG_LEVEL="ERROR"),
        AsyncClient(transport=ASGITransport(committed), base_url="http://test") as user,
    ):
        async with sessions.begin() as session:
            first = await call(session, town, most=1)
        assert await until(lambda: lines(first))
        before = [await read(user) for _ in range(200)]
        async with sessions.begin() as session:
            second = await call(session, town, most=MEMBERS)
        began, meanwhile = time.perf_counter(), []
        while await lines(second) < MEMBERS:
            meanwhile.append(await read(user))
            await asyncio.sleep(0)
        seconds = time.perf_counter() - began
    quiet, busy = (statistics.quantiles(each, n=20)[-1] * 1000 for each in (before, meanwhile))
    print(  # noqa: T201 - the figures of docs/being-told.md, shown by -s
        f"\n{MEMBERS} told in {seconds:.2f} s; a page's p95 {quiet:.1f} ms, meanwhile {busy:.1f} ms"
    )
