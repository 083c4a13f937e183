"""Where WeChat pushes to: checked, kept once, answered at once."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.terms import forget
from app.models.house import WechatPush
from app.models.outbox import OutboxEntry
from app.pushes import service
from app.settings import Environment
from app.wechat.crypto import PushCipher, push_signature

PATH = "/wechat/push"
TOKEN, KEY, APPID = (
    "tokFixture01",
    "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE",
    "wx0123456789abcdef",
)
STAMP, NONCE = "1767225600", "42424242"
EVENT: dict[str, Any] = {
    "ToUserName": "gh_0123456789ab",
    "FromUserName": "oFixtureOpenid000000000001",
    "CreateTime": 1767225600,
    "MsgType": "event",
    "Event": "debug_demo",
}
XML = "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in EVENT.items())
BODIES = {"json": json.dumps(EVENT), "xml": XML + "</xml>"}


@pytest.fixture(autouse=True)
def configured(app: FastAPI) -> None:
    """The console's settings of facts.md §7."""
    app.state.settings = app.state.settings.model_copy(
        update={
            "wechat_push_token": type(app.state.settings.wechat_push_token)(TOKEN),
            "wechat_push_aes_key": type(app.state.settings.wechat_push_aes_key)(KEY),
            "wechat_appid": APPID,
        }
    )


def plain() -> dict[str, str]:
    return {
        "signature": push_signature(TOKEN, STAMP, NONCE),
        "timestamp": STAMP,
        "nonce": NONCE,
    }


async def send_secure(client: AsyncClient, form: str) -> Response:
    encrypted = PushCipher(KEY, APPID).encrypt(BODIES[form])
    params = {
        "timestamp": STAMP,
        "nonce": NONCE,
        "encrypt_type": "aes",
        "msg_signature": push_signature(TOKEN, STAMP, NONCE, encrypted),
    }
    body = {"ToUserName": "gh_0123456789ab", "Encrypt": encrypted}
    if form == "json":
        return await client.post(PATH, params=params, content=json.dumps(body))
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in body.items())
    return await client.post(PATH, params=params, content=f"<xml>{inner}</xml>")


async def kept(session: AsyncSession) -> list[Any]:
    return list((await session.scalars(select(WechatPush))).all())


async def test_the_console_gets_its_word_back_as_plain_text(client: AsyncClient) -> None:
    answer = await client.get(PATH, params=plain() | {"echostr": "4242"})
    assert (answer.status_code, answer.text) == (200, "4242")
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_check_that_is_not_signed_is_refused(client: AsyncClient) -> None:
    for params in ({}, plain() | {"echostr": "4242", "nonce": "1"}):
        answer = await client.get(PATH, params=params)
        assert (answer.status_code, answer.json()["code"]) == (403, "push_forged")


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("is_secure", [True, False])
async def test_a_push_is_kept_sealed_and_announced(
    client: AsyncClient, session: AsyncSession, form: str, is_secure: bool
) -> None:
    if is_secure:
        answer = await send_secure(client, form)
    else:
        answer = await client.post(PATH, params=plain(), content=BODIES[form])
    assert (answer.status_code, answer.text) == (200, "success")
    assert answer.headers["content-type"].startswith("text/plain")
    (row,) = await kept(session)
    assert row.event == "debug_demo"
    assert b"oFixture" not in row.body
    fact = (await session.execute(select(OutboxEntry.name, OutboxEntry.payload))).one()
    assert tuple(fact) == ("push.arrived", {"push_id": row.id, "event": "debug_demo"})
    push = await service.read(session, row.id)
    assert push is not None
    assert (push.openid, push.kind) == ("oFixtureOpenid000000000001", "event")


async def test_a_push_that_comes_again_is_answered_and_kept_once(
    client: AsyncClient, session: AsyncSession
) -> None:
    for form in ("json", "xml", "json"):
        assert (await send_secure(client, form)).text == "success"
    assert len(await kept(session)) == 1
    assert len((await session.scalars(select(OutboxEntry))).all()) == 1


async def test_a_forged_push_is_refused_and_leaves_nothing(
    client: AsyncClient, session: AsyncSession
) -> None:
    for params in ({}, plain() | {"signature": "0" * 40}):
        answer = await client.post(PATH, params=params, content=BODIES["json"])
        assert (answer.status_code, answer.json()["code"]) == (403, "push_forged")
    assert await kept(session) == []


async def test_production_takes_secure_pushes_only(
    app: FastAPI, client: AsyncClient, session: AsyncSession
) -> None:
    app.state.settings = app.state.settings.model_copy(
        update={"environment": Environment.PRODUCTION}
    )
    answer = await client.post(PATH, params=plain(), content=BODIES["json"])
    assert answer.status_code == 403
    assert (await send_secure(client, "json")).status_code == 200


@pytest.mark.parametrize("body", ["", "[]", "{}", "<xml>", '{"Event": "x"}', "<!DOCTYPE x><xml/>"])
async def test_a_signed_body_that_is_no_push_is_refused(client: AsyncClient, body: str) -> None:
    answer = await client.post(PATH, params=plain(), content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "push_unreadable")


async def test_an_oversized_push_is_refused(client: AsyncClient) -> None:
    answer = await client.post(PATH, params=plain(), content=b"x" * (256 * 1024 + 1))
    assert answer.status_code == 413


async def test_a_push_without_an_event_goes_by_its_kind(
    client: AsyncClient, session: AsyncSession
) -> None:
    body = {"MsgType": "text" * 20, "FromUserName": "o", "CreateTime": 1, "Content": "你好"}
    await client.post(PATH, params=plain(), content=json.dumps(body))
    (row,) = await kept(session)
    assert row.event == ("text" * 20)[:60]


async def test_pushes_are_forgotten_after_thirty_days(
    client: AsyncClient, session: AsyncSession, move_clock: Callable[[timedelta], None]
) -> None:
    await send_secure(client, "json")
    move_clock(timedelta(days=29))
    await forget(session, *service.TERMS)
    assert len(await kept(session)) == 1
    move_clock(timedelta(days=31))
    await forget(session, *service.TERMS)
    session.expire_all()
    assert await kept(session) == []
    assert await service.read(session, 10**9) is None
