"""Messages to WeChat: sent over real HTTP to the simulator; whatever it does, nothing is lost."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.ids import new_id
from app.core.retries import pause
from app.models.person import WechatAccount
from app.models.report import MessageCredit, Notification, OutgoingMessage, OutgoingStatus
from app.notifications.outgoing import STALE, send_next
from app.wechat.client import Account, WeChat
from app.wechat.token import SharedToken
from tests.factories.people import make_person
from tests.simulator.hands import APPID, SECRET, TEMPLATE, Hands, simulator, simulator_url
from tests.wechat.sealing import seal, unseal

__all__ = ["simulator", "simulator_url"]

Sessions = async_sessionmaker[AsyncSession]
DATA = {"thing1": "报到申请", "time2": "2026年3月2日 09:30", "phrase3": "已通过"}
SEND = "/cgi-bin/message/subscribe/send"


async def no_pause(seconds: float) -> None:
    """Time passes on its own."""


@pytest.fixture
async def wechat(simulator: Hands, committed: FastAPI) -> AsyncIterator[WeChat]:
    tokens = SharedToken(committed.state.sessions, APPID, seal=seal, unseal=unseal, sleep=no_pause)
    account = Account(simulator.url, APPID, SECRET, timeout=1, budget=4)
    client = WeChat(account, tokens, sleep=no_pause)
    yield client
    await client.close()


@pytest.fixture
async def hasty(simulator: Hands, committed: FastAPI) -> AsyncIterator[WeChat]:
    """Gives up soon, for tests that wait for many a time-out."""
    tokens = SharedToken(committed.state.sessions, APPID, seal=seal, unseal=unseal, sleep=no_pause)
    client = WeChat(
        Account(simulator.url, APPID, SECRET, timeout=0.1, budget=0.1), tokens, sleep=no_pause
    )
    yield client
    await client.close()


async def queue(sessions: Sessions, openid: str | None, **columns: Any) -> None:
    async with sessions.begin() as session:
        person = await make_person(session)
        if openid is not None:
            session.add(WechatAccount(appid=APPID, openid=openid, person_id=person.id))
        notification = Notification(
            outbox_id=1,
            person_id=person.id,
            message="registration_accepted",
            title="报到成功",
            text="",
            subject_kind="registration",
            subject_id=new_id(),
        )
        session.add(notification)
        await session.flush()
        session.add(MessageCredit(person_id=person.id, template=TEMPLATE, left=3))
        session.add(
            OutgoingMessage(
                notification_id=notification.id,
                person_id=person.id,
                template=TEMPLATE,
                # whatever the hour at which the tests run
                **{"data": DATA, "is_urgent": True} | columns,
            )
        )


async def credits_left(sessions: Sessions) -> int | None:
    async with sessions() as session:
        return await session.scalar(select(MessageCredit.left))


async def only(sessions: Sessions) -> OutgoingMessage:
    async with sessions() as session:
        return (await session.scalars(select(OutgoingMessage))).one()


async def test_a_message_reaches_who_accepted_it(
    committed: FastAPI, simulator: Hands, wechat: WeChat
) -> None:
    sessions: Sessions = committed.state.sessions
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid)
    await queue(sessions, openid)
    assert await send_next(sessions, wechat)
    assert not await send_next(sessions, wechat)
    (arrived,) = await simulator.ask("GET", "messages")
    assert arrived["values"]["thing1"] == "报到申请"
    row = await only(sessions)
    assert (row.status, row.sent_at is not None) == (OutgoingStatus.SENT, True)


async def test_without_a_credit_it_is_dropped_and_the_credit_written_down(
    committed: FastAPI, simulator: Hands, wechat: WeChat
) -> None:
    sessions: Sessions = committed.state.sessions
    await queue(sessions, (await simulator.codes())["openid"])
    assert await send_next(sessions, wechat)
    row = await only(sessions)
    assert (row.status, row.error) == (OutgoingStatus.DROPPED, "F:43101")
    assert await credits_left(sessions) == 0


async def test_what_wechat_refuses_for_its_form_gives_the_credit_back(
    committed: FastAPI, simulator: Hands, wechat: WeChat
) -> None:
    sessions: Sessions = committed.state.sessions
    openid = (await simulator.codes())["openid"]
    await queue(sessions, openid)
    await simulator.fault(errcode=43107, path=SEND)
    assert await send_next(sessions, wechat)
    assert (await only(sessions)).error == "C:43107"
    assert await credits_left(sessions) == 4  # its own is given back


async def test_who_has_no_account_gets_none(committed: FastAPI, wechat: WeChat) -> None:
    sessions: Sessions = committed.state.sessions
    await queue(sessions, None)
    assert await send_next(sessions, wechat)
    assert (await only(sessions)).error == "no_account"


async def fail(simulator: Hands, kind: str, path: str, **fields: Any) -> None:
    """That path answers in this way for ever: `40001`, or a kind of fault."""
    if kind.isdigit():
        await simulator.fault(errcode=int(kind), path=path, times=None, **fields)
    else:
        await simulator.fault(kind, path=path, times=None, **fields)


async def try_in_vain(
    sessions: Sessions, wechat: WeChat, move_clock: Callable[[timedelta], None], times: int
) -> None:
    """So many tries fail, each as soon as it is due; the message waits."""
    for attempt in range(1, times + 1):
        assert await send_next(sessions, wechat)
        assert not await send_next(sessions, wechat)
        row = await only(sessions)
        assert (row.status, row.attempts) == (OutgoingStatus.WAITING, attempt)
        move_clock(row.not_before - clock.now() + clock._offset)


async def expect_it_once(sessions: Sessions, simulator: Hands, wechat: WeChat) -> None:
    """With the faults gone the message goes out; its receiver has it once."""
    await simulator.ask("DELETE", "faults")
    assert await send_next(sessions, wechat)
    assert not await send_next(sessions, wechat)
    assert (await only(sessions)).status is OutgoingStatus.SENT
    assert len(await simulator.ask("GET", "messages")) == 1


@pytest.mark.parametrize(
    ("kind", "has_token", "times"),
    [
        ("bad_gateway", False, 4),
        ("bad_gateway", True, 4),
        ("invalid_json", True, 4),
        ("hang", False, 3),
        ("hang", True, 3),
        ("40001", False, 4),
        ("40001", True, 4),
        ("45011", True, 4),
        ("40164", True, 4),
        ("48001", True, 4),
        ("45009", True, 1),
    ],
)
async def test_however_long_wechat_is_away_the_message_arrives_once(
    committed: FastAPI,
    simulator: Hands,
    wechat: WeChat,
    hasty: WeChat,
    move_clock: Callable[[timedelta], None],
    kind: str,
    has_token: bool,
    times: int,
) -> None:
    """A used-up day's quota is waited for until midnight.

    The credit was used up when the message was queued: once, however many tries it takes.
    """
    sessions: Sessions = committed.state.sessions
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid)
    await queue(sessions, openid)
    if has_token:
        await wechat.get_unlimited_code("a")
    await fail(simulator, kind, "authorised" if kind.isdigit() else "*")
    await try_in_vain(sessions, hasty if kind == "hang" else wechat, move_clock, times)
    await expect_it_once(sessions, simulator, wechat)
    assert await credits_left(sessions) == 3


def test_twenty_tries_take_half_a_day() -> None:
    waits = [pause(tried) for tried in range(1, 21)]
    assert waits[:3] == [timedelta(seconds=10), timedelta(seconds=20), timedelta(seconds=40)]
    assert timedelta(hours=11) < sum(waits, timedelta()) < STALE


@pytest.mark.parametrize("errcode", [40037, 41030, 43107, 47003, 40003])
async def test_what_can_never_succeed_is_dropped_at_once(
    committed: FastAPI, simulator: Hands, wechat: WeChat, errcode: int
) -> None:
    sessions: Sessions = committed.state.sessions
    await queue(sessions, (await simulator.codes())["openid"])
    await simulator.fault(errcode=errcode, path=SEND)
    assert await send_next(sessions, wechat)
    assert (await only(sessions)).status is OutgoingStatus.DROPPED


async def test_a_lost_answer_is_asked_for_once_more_and_no_more(
    committed: FastAPI,
    simulator: Hands,
    wechat: WeChat,
    move_clock: Callable[[timedelta], None],
) -> None:
    """Each try did arrive: the receiver has two at the very most, and the row says that it is open."""
    sessions: Sessions = committed.state.sessions
    openid = (await simulator.codes())["openid"]
    for _ in range(5):
        await simulator.accept(openid)
    await queue(sessions, openid)
    await fail(simulator, "bad_gateway", SEND, after_effect=True)
    for _ in range(8):
        await send_next(sessions, wechat)
        move_clock(clock._offset + timedelta(hours=1))
    row = await only(sessions)
    assert (row.status, row.error, row.attempts) == (OutgoingStatus.UNSURE, "R:None", 2)
    assert len(await simulator.ask("GET", "messages")) == 2
    assert await credits_left(sessions) == 3


async def test_a_refusal_after_a_lost_answer_gives_no_credit_back(
    committed: FastAPI, simulator: Hands, wechat: WeChat
) -> None:
    """The lost try may have used it."""
    sessions: Sessions = committed.state.sessions
    await queue(sessions, (await simulator.codes())["openid"], unanswered=1)
    await simulator.fault(errcode=47003, path=SEND)
    assert await send_next(sessions, wechat)
    assert (await only(sessions)).status is OutgoingStatus.DROPPED
    assert await credits_left(sessions) == 3


async def test_a_lost_answer_is_not_asked_for_again_while_nobody_is_there(
    committed: FastAPI,
    simulator: Hands,
    wechat: WeChat,
    move_clock: Callable[[timedelta], None],
) -> None:
    sessions: Sessions = committed.state.sessions
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid)
    await queue(sessions, openid)
    await simulator.fault("bad_gateway", path=SEND)
    await try_in_vain(sessions, wechat, move_clock, 1)
    await fail(simulator, "bad_gateway", "/cgi-bin/stable_token")
    for attempt in range(2, 6):
        assert await send_next(sessions, wechat)
        row = await only(sessions)
        assert (row.attempts, row.unanswered) == (attempt, 1)
        move_clock(row.not_before - clock.now() + clock._offset)
    assert await simulator.calls(SEND) == 1
    await expect_it_once(sessions, simulator, wechat)


async def test_who_dies_while_sending_leaves_one_more_try(
    committed: FastAPI, simulator: Hands, wechat: WeChat
) -> None:
    sessions: Sessions = committed.state.sessions
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid)
    await queue(sessions, openid, unanswered=1)
    await expect_it_once(sessions, simulator, wechat)


async def test_who_dies_twice_while_sending_leaves_it_open(
    committed: FastAPI, simulator: Hands, wechat: WeChat
) -> None:
    sessions: Sessions = committed.state.sessions
    await queue(sessions, (await simulator.codes())["openid"], unanswered=2)
    assert await send_next(sessions, wechat)
    row = await only(sessions)
    assert (row.status, row.error) == (OutgoingStatus.UNSURE, "no_answer")
    assert await simulator.calls(SEND) == 0


@pytest.mark.parametrize(
    ("unanswered", "status"), [(0, OutgoingStatus.DROPPED), (1, OutgoingStatus.UNSURE)]
)
async def test_after_a_day_a_message_is_no_news(
    committed: FastAPI,
    simulator: Hands,
    wechat: WeChat,
    move_clock: Callable[[timedelta], None],
    unanswered: int,
    status: OutgoingStatus,
) -> None:
    sessions: Sessions = committed.state.sessions
    await queue(sessions, (await simulator.codes())["openid"], unanswered=unanswered)
    move_clock(timedelta(days=1))
    assert await send_next(sessions, wechat)
    row = await only(sessions)
    assert (row.status, row.error) == (status, "stale")
    assert await credits_left(sessions) == (3 if unanswered else 4)


async def test_a_message_that_we_cannot_even_write_stops_no_other(
    committed: FastAPI,
    simulator: Hands,
    wechat: WeChat,
    move_clock: Callable[[timedelta], None],
) -> None:
    sessions: Sessions = committed.state.sessions
    openid = (await simulator.codes())["openid"]
    await queue(sessions, openid, data={"thing1": 5})
    assert await send_next(sessions, wechat)
    assert not await send_next(sessions, wechat)
    move_clock(timedelta(minutes=1))
    assert await send_next(sessions, wechat)
    row = await only(sessions)
    assert (row.status, row.error) == (OutgoingStatus.UNSURE, "TypeError")
