"""A worker killed in the middle, WeChat out of order: told once, sent at most twice, nothing lost.

The worker is a process of its own, ended by SIGKILL; who goes on after it is one in this process.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import events, worker
from app.core import clock
from app.emergency.events import CallUpMoved
from app.models.member import Registration
from app.models.organization import Organization
from app.models.outbox import OutboxEntry
from app.models.person import WechatAccount
from app.models.report import MessageCredit, Notification, OutgoingMessage, OutgoingStatus
from app.settings import Settings
from tests.commands.test_commands import running, until
from tests.conftest import make_settings
from tests.factories.emergency import make_call_up
from tests.factories.members import make_registration
from tests.simulator.hands import APPID, SECRET, Hands, simulator, simulator_url

__all__ = ["simulator", "simulator_url"]

Sessions = async_sessionmaker[AsyncSession]
CALL = "emergency_call"
KEYS = ["thing1", "thing2", "time3", "phone_number4"]
SEND = "/cgi-bin/message/subscribe/send"
WECHAT = {"WECHAT_APPID": APPID, "WECHAT_SECRET": SECRET}
S = OutgoingStatus


@pytest.fixture
async def called(committed: FastAPI, simulator: Hands) -> Registration:
    """A member who has accepted one message of an emergency; the fact that calls him is not told."""
    codes = await simulator.codes()
    template = {"template_id": CALL, "title": "应急集结", "keys": KEYS}
    await simulator.ask("POST", "templates", template)
    await simulator.accept(codes["openid"], CALL)
    async with committed.state.sessions.begin() as session:
        row = await make_registration(session)
        session.add(WechatAccount(appid=APPID, openid=codes["openid"], person_id=row.person_id))
        session.add(MessageCredit(person_id=row.person_id, template=CALL, left=1))
        community = await session.get_one(Organization, row.community_id)
        call_up = await make_call_up(session, community, [row], contact_phone="0513-85000000")
        fact = CallUpMoved(call_up_id=call_up.id, action="activate", status="active")
        events.record(session, fact)
    return row


@asynccontextmanager
async def killed(database_url: str, simulator: Hands) -> AsyncIterator[Callable[[], Any]]:
    """A worker that runs until it is killed, at the latest at the end."""
    more = {f"APP_{name}": value for name, value in WECHAT.items()}
    more |= {"APP_WECHAT_BASE_URL": simulator.url, "APP_LOG_LEVEL": "ERROR"}
    more["MEASURED"] = ""  # who is killed could only leave half a measurement
    async with running(database_url, "worker", **more) as process:

        async def kill() -> None:
            process.kill()
            await asyncio.to_thread(process.wait, 20)

        yield kill


@asynccontextmanager
async def working(database_url: str, simulator: Hands) -> AsyncIterator[None]:
    """A worker works in this process."""
    settings: Settings = make_settings(
        database_url,
        wechat_base_url=simulator.url,
        wechat_timeout_seconds=1,
        **{name.lower(): value for name, value in WECHAT.items()},
    )
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 30)


class Stand(NamedTuple):
    """How things stand: lines of the inbox, facts not told, messages, credits left."""

    lines: int
    untold: int
    messages: list[tuple[OutgoingStatus, int, str | None]]
    credits: int | None


async def stand(sessions: Sessions) -> Stand:
    async with sessions() as session:
        count = select(func.count())
        messages = await session.execute(
            select(OutgoingMessage.status, OutgoingMessage.attempts, OutgoingMessage.error)
        )
        return Stand(
            await session.scalar(count.select_from(Notification)) or 0,
            await session.scalar(count.where(OutboxEntry.told_at.is_(None))) or 0,
            [(row.status, row.attempts, row.error) for row in messages],
            await session.scalar(select(func.sum(MessageCredit.left))),
        )


def all_is_told(sessions: Sessions) -> Callable[[], Awaitable[bool]]:
    """Whether no fact waits: of this test, or of a day that the worker has written meanwhile."""

    async def check() -> bool:
        return (await stand(sessions)).untold == 0

    return check


def ends(sessions: Sessions, *status: OutgoingStatus) -> Callable[[], Awaitable[bool]]:
    """Whether every message stands so by now."""

    async def check() -> bool:
        found = [each[0] for each in (await stand(sessions)).messages]
        return bool(found) and set(found) <= set(status)

    return check


async def test_a_worker_killed_while_telling_tells_once(
    committed: FastAPI, database_url: str, simulator: Hands, called: Registration
) -> None:
    """It has told half of it: nothing of that stands. Who comes next tells all of it, once."""
    sessions: Sessions = committed.state.sessions

    async def is_in_the_middle() -> bool:
        async with sessions() as session:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'outgoing_messages'::regclass"
            return bool(await session.scalar(text(waiting)))

    async with killed(database_url, simulator) as kill:
        async with sessions.begin() as other:
            await other.execute(text("LOCK TABLE outgoing_messages IN SHARE MODE"))
            assert await until(is_in_the_middle)
            await kill()
        assert await stand(sessions) == Stand(0, 1, [], 1)
    async with working(database_url, simulator):
        assert await until(ends(sessions, S.SENT))
        assert await until(all_is_told(sessions))
    assert await stand(sessions) == Stand(1, 0, [(S.SENT, 1, None)], 0)
    assert len(await simulator.ask("GET", "messages")) == 1


async def test_a_worker_killed_while_sending_loses_nothing(
    committed: FastAPI,
    database_url: str,
    simulator: Hands,
    called: Registration,
) -> None:
    """Whether WeChat has taken it nobody knows: it is sent once more, after a minute. Its receiver has
    accepted one message, so WeChat refuses the second."""
    sessions: Sessions = committed.state.sessions
    await simulator.fault("hang", path=SEND, after_effect=True)

    async def is_out() -> bool:
        return await simulator.calls(SEND) == 1

    async with killed(database_url, simulator) as kill:
        assert await until(is_out)
        await kill()
    found = await stand(sessions)
    assert (found.lines, found.messages, found.credits) == (1, [(S.WAITING, 1, None)], 0)
    await simulator.ask("DELETE", "faults")
    async with sessions.begin() as session:  # the minute is over
        await session.execute(update(OutgoingMessage).values(not_before=clock.now()))
    async with working(database_url, simulator):
        assert await until(ends(sessions, S.DROPPED))
        assert await until(all_is_told(sessions))
    assert await stand(sessions) == Stand(1, 0, [(S.DROPPED, 2, "F:43101")], 0)
    assert len(await simulator.ask("GET", "messages")) == 1


@pytest.mark.parametrize(
    ("fault", "in_the_end"),
    [
        ("43101", S.DROPPED),  # WeChat knows better: no credit is left
        ("45009", S.SENT),
        ("40001", S.SENT),
        ("invalid_json", S.SENT),
    ],
)
async def test_whatever_wechat_answers_everybody_is_told_and_reads_it(
    committed: FastAPI,
    database_url: str,
    simulator: Hands,
    called: Registration,
    fault: str,
    in_the_end: OutgoingStatus,
) -> None:
    sessions: Sessions = committed.state.sessions
    kind: dict[str, Any] = {"kind": "errcode", "errcode": int(fault)} if fault.isdigit() else {}
    await simulator.fault(**{"kind": fault} | kind, path=SEND, times=None)

    async def is_tried() -> bool:
        found = await stand(sessions)
        return bool(found.messages) and found.messages[0][2:] != (None,)

    async with working(database_url, simulator):
        assert await until(is_tried)
        head = {"Authorization": f"Bearer {committed.state.tokens.sign(called.person_id)}"}
        async with AsyncClient(transport=ASGITransport(committed), base_url="http://test") as user:
            answer = await user.get("/api/v1/me/notifications", headers=head)
        assert [each["message"] for each in answer.json()["items"]] == ["emergency_call_up"]
        await simulator.ask("DELETE", "faults")
        async with sessions.begin() as session:
            await session.execute(update(OutgoingMessage).values(not_before=clock.now()))
        assert await until(ends(sessions, in_the_end))
        assert await until(all_is_told(sessions))
    found = await stand(sessions)
    assert (found.lines, found.untold, found.credits) == (1, 0, 0)
    arrived = len(await simulator.ask("GET", "messages"))
    assert arrived == (in_the_end is S.SENT)
