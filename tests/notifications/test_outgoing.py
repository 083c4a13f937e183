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
from app.models.person import WechatAccount
from app.models.report import MessageCredit, Notification, OutgoingMessage, OutgoingStatus
from app.notifications.outgoing import MOST_ATTEMPTS, send_next
from app.wechat.client import Account, WeChat
from app.wechat.token import SharedToken
from tests.factories.people import make_person
from tests.simulator.hands import APPID, SECRET, TEMPLATE, Hands, simulator, simulator_url
from tests.wechat.sealing import seal, unseal

__all__ = ["simulator", "simulator_url"]

Sessions = async_sessionmaker[AsyncSession]
DATA = {"thing1": "报到申请", "time2": "2026年3月2日 09:30", "phrase3": "已通过"}


async def no_pause(seconds: float) -> None:
    """Time passes on its own."""


@pytest.fixture
async def wechat(simulator: Hands, committed: FastAPI) -> AsyncIterator[WeChat]:
    tokens = SharedToken(committed.state.sessions, APPID, seal=seal, unseal=unseal, sleep=no_pause)
    account = Account(simulator.url, APPID, SECRET, timeout=0.5, budget=2)
    client = WeChat(account, tokens, sleep=no_pause)
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
                data=DATA,
                **columns,
            )
        )


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
    async with sessions() as session:
        assert await session.scalar(select(MessageCredit.left)) == 0


async def test_an_unknown_value_is_dropped_without_touching_the_credit(
    committed: FastAPI, simulator: Hands, wechat: WeChat
) -> None:
    sessions: Sessions = committed.state.sessions
    openid = (await simulator.codes())["openid"]
    await queue(sessions, openid)
    await simulator.fault(errcode=43107, path="/cgi-bin/message/subscribe/send")
    assert await send_next(sessions, wechat)
    assert (await only(sessions)).error == "C:43107"
    async with sessions() as session:
        assert await session.scalar(select(MessageCredit.left)) == 3


async def test_who_has_no_account_gets_none(committed: FastAPI, wechat: WeChat) -> None:
    sessions: Sessions = committed.state.sessions
    await queue(sessions, None)
    assert await send_next(sessions, wechat)
    assert (await only(sessions)).error == "no_account"


@pytest.mark.parametrize("kind", ["bad_gateway", "hang", "40001"])
async def test_while_wechat_is_down_messages_wait_and_go_out_afterwards(
    committed: FastAPI,
    simulator: Hands,
    wechat: WeChat,
    move_clock: Callable[[timedelta], None],
    kind: str,
) -> None:
    sessions: Sessions = committed.state.sessions
    openid = (await simulator.codes())["openid"]
    await simulator.accept(openid)
    await queue(sessions, openid)
    path = "/cgi-bin/message/subscribe/send"
    if kind == "40001":
        await simulator.fault(errcode=40001, path=path, times=None)
    else:
        await simulator.fault(kind, path=path, times=None)
    assert await send_next(sessions, wechat)
    row = await only(sessions)
    assert (row.status, row.attempts) == (OutgoingStatus.WAITING, 1)
    assert row.not_before > clock.now()
    assert not await send_next(sessions, wechat)
    await simulator.ask("DELETE", "faults")
    move_clock(timedelta(days=1))
    assert await send_next(sessions, wechat)
    assert (await only(sessions)).status is OutgoingStatus.SENT


async def test_what_never_goes_through_is_dropped_in_the_end(
    committed: FastAPI, simulator: Hands, wechat: WeChat
) -> None:
    sessions: Sessions = committed.state.sessions
    await queue(sessions, (await simulator.codes())["openid"], attempts=MOST_ATTEMPTS - 1)
    await simulator.fault(errcode=45009, path="/cgi-bin/message/subscribe/send")
    assert await send_next(sessions, wechat)
    assert (await only(sessions)).status is OutgoingStatus.DROPPED
