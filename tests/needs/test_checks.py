"""The platform's check of words, over real HTTP against the simulator."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.models.need import Need, Verdict
from app.models.person import WechatAccount
from app.needs.checks import check_next
from app.wechat.client import Account, WeChat
from app.wechat.token import SharedToken
from tests.factories.needs import make_need
from tests.factories.people import make_person
from tests.simulator.hands import APPID, SECRET, Hands, simulator, simulator_url
from tests.wechat.sealing import seal, unseal

__all__ = ["simulator", "simulator_url"]

Sessions = async_sessionmaker[AsyncSession]
PATH = "/wxa/msg_sec_check"


async def no_pause(seconds: float) -> None:
    """Time passes on its own."""


@pytest.fixture
async def wechat(simulator: Hands, committed: FastAPI) -> AsyncIterator[WeChat]:
    tokens = SharedToken(committed.state.sessions, APPID, seal=seal, unseal=unseal, sleep=no_pause)
    client = WeChat(Account(simulator.url, APPID, SECRET, 0.5, 2), tokens, sleep=no_pause)
    yield client
    await client.close()


async def ask(committed: FastAPI, openid: str | None, words: str = "想学用手机") -> None:
    async with committed.state.sessions.begin() as session:
        person = await make_person(session)
        if openid is not None:
            session.add(WechatAccount(appid=APPID, openid=openid, person_id=person.id))
        await make_need(session, requester=person, words=words)


async def verdict(committed: FastAPI) -> Verdict:
    async with committed.state.sessions() as session:
        found: Verdict = (await session.scalars(select(Need))).one().verdict
        return found


async def signed_in(simulator: Hands) -> str:
    codes = await simulator.codes()
    query = {"appid": APPID, "secret": SECRET, "grant_type": "authorization_code"}
    await simulator.http.get("/sns/jscode2session", params=query | {"js_code": codes["login_code"]})
    return codes["openid"]


async def test_clean_words_pass(committed: FastAPI, simulator: Hands, wechat: WeChat) -> None:
    await ask(committed, await signed_in(simulator))
    assert await check_next(committed.state.sessions, wechat)
    assert await verdict(committed) is Verdict.PASS
    assert not await check_next(committed.state.sessions, wechat)


async def test_risky_words_are_marked(committed: FastAPI, simulator: Hands, wechat: WeChat) -> None:
    await simulator.ask("PUT", "words", {"risky": ["坏词"]})
    await ask(committed, await signed_in(simulator), "这里有坏词")
    assert await check_next(committed.state.sessions, wechat)
    assert await verdict(committed) is Verdict.RISKY


async def test_who_is_unknown_or_long_gone_is_left_to_people(
    committed: FastAPI, simulator: Hands, wechat: WeChat
) -> None:
    await ask(committed, None)
    assert await check_next(committed.state.sessions, wechat)
    assert await verdict(committed) is Verdict.REVIEW


async def test_who_was_not_active_for_two_hours_is_left_to_people(
    committed: FastAPI, simulator: Hands, wechat: WeChat
) -> None:
    openid = await signed_in(simulator)
    await simulator.pass_time(3 * 3600)
    await ask(committed, openid)
    assert await check_next(committed.state.sessions, wechat)
    assert await verdict(committed) is Verdict.REVIEW


@pytest.mark.parametrize("kind", ["bad_gateway", "hang", "40001"])
async def test_while_the_platform_is_down_the_check_waits(
    committed: FastAPI,
    simulator: Hands,
    wechat: WeChat,
    move_clock: Callable[[timedelta], None],
    kind: str,
) -> None:
    await ask(committed, await signed_in(simulator))
    if kind == "40001":
        await simulator.fault(errcode=40001, path=PATH, times=None)
    else:
        await simulator.fault(kind, path=PATH, times=None)
    assert await check_next(committed.state.sessions, wechat)
    assert await verdict(committed) is Verdict.PENDING
    assert not await check_next(committed.state.sessions, wechat)
    await simulator.ask("DELETE", "faults")
    move_clock(timedelta(minutes=5))
    assert await check_next(committed.state.sessions, wechat)
    assert await verdict(committed) is Verdict.PASS
