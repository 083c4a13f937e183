"""Signing in with a code of WeChat, staying signed in, signing out."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.core.terms import forget
from app.identity import sessions as logins
from app.models.house import RateWindow
from app.models.person import Person, RefreshToken, WechatAccount
from app.wechat.client import WeChat
from tests.identity.conftest import Enter, speaking
from tests.simulator.hands import APPID, Hands

LOGIN, REFRESH = "/api/v1/sessions", "/api/v1/sessions/refresh"


async def people(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Person)) or 0


async def test_of_somebody_new_nothing_is_kept_but_the_openid(
    session: AsyncSession, enter: Enter
) -> None:
    user = await enter()
    openid = (await user.simulator.codes(user.phone))["openid"]
    account, person = (
        await session.execute(
            select(WechatAccount, Person).join(Person, Person.id == WechatAccount.person_id)
        )
    ).one()
    assert (account.appid, account.openid, account.unionid) == (APPID, openid, None)
    assert str(person.id) == user.tokens["person_id"]
    assert (person.name, person.phone, person.phone_hash) == (None, None, None)
    assert user.tokens["expires_in"] == 1800
    assert "session_key" not in user.tokens


async def test_the_next_login_is_the_same_person_in_another_session(
    session: AsyncSession, enter: Enter
) -> None:
    first = await enter()
    again = await enter(first.phone)
    assert again.tokens["person_id"] == first.tokens["person_id"]
    assert again.tokens["session_id"] != first.tokens["session_id"]
    assert await people(session) == 1


async def test_a_code_that_comes_late_finds_the_person_that_another_login_has_made(
    session: AsyncSession, wechat: WeChat, enter: Enter
) -> None:
    user = await enter()
    account = await session.scalar(select(WechatAccount))
    assert account is not None
    # as if the other login committed between our look and our insert
    before = await people(session)
    owner = await logins._insert(session, account.appid, account.openid)
    assert str(owner) == user.tokens["person_id"]
    assert await people(session) == before


@pytest.mark.parametrize("code", ["made-up", "used"])
async def test_a_code_that_wechat_refuses_signs_nobody_in(
    client: AsyncClient, session: AsyncSession, simulator: Hands, wechat: WeChat, code: str
) -> None:
    if code == "used":
        code = (await simulator.codes("13800000001"))["login_code"]
        await wechat.code2session(code)
    answer = await client.post(LOGIN, json={"code": code})
    assert (answer.status_code, answer.json()["code"]) == (401, "login_code_refused")
    assert await people(session) == 0


async def test_a_user_whom_wechat_blocks_learns_no_more_than_that(
    client: AsyncClient, session: AsyncSession, simulator: Hands, wechat: WeChat
) -> None:
    await simulator.ask("POST", "users", {"phone": "13800000002", "is_blocked": True})
    code = (await simulator.codes("13800000002"))["login_code"]
    answer = await client.post(LOGIN, json={"code": code})
    assert (answer.status_code, answer.json()["code"]) == (403, "login_blocked")
    assert await people(session) == 0


@pytest.mark.parametrize(("errcode", "least"), [(45011, 1), (45009, 1), (40164, 60), (None, 1)])
async def test_while_wechat_is_away_nothing_is_stored(
    app: FastAPI, client: AsyncClient, session: AsyncSession, errcode: int | None, least: int
) -> None:
    said = None if errcode is None else {"errcode": errcode}
    async with speaking(app, {"/sns/jscode2session": said}):
        answer = await client.post(LOGIN, json={"code": "some-code"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= least
    assert await people(session) == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/code"),
        ({"code": ""}, "/code"),
        ({"code": 7}, "/code"),
        ({"code": "a b"}, "/code"),
        ({"code": "x" * 513}, "/code"),
        ({"code": "x", "phone": "13800138000"}, "/phone"),
    ],
)
async def test_a_login_names_the_field_that_it_refuses(
    client: AsyncClient, wechat: WeChat, body: dict[str, Any], pointer: str
) -> None:
    answer = await client.post(LOGIN, json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(("path", "key"), [(LOGIN, "login"), (REFRESH, "refresh")])
async def test_an_address_that_floods_is_told_when_to_come_back(
    client: AsyncClient, session: AsyncSession, wechat: WeChat, path: str, key: str
) -> None:
    session.add(
        RateWindow(
            key=f"{key}:127.0.0.1",
            window_ends_at=clock.now() + timedelta(seconds=40),
            attempts=10_000,
        )
    )
    await session.flush()
    name = "code" if key == "login" else "refresh_token"
    answer = await client.post(path, json={name: "x"})
    assert answer.status_code == 429
    assert 30 < int(answer.headers["retry-after"]) <= 40


async def test_a_refresh_token_is_good_for_one_use(client: AsyncClient, enter: Enter) -> None:
    user = await enter()
    answer = await client.post(REFRESH, json={"refresh_token": user.tokens["refresh_token"]})
    assert answer.status_code == 200
    renewed = answer.json()
    assert renewed["session_id"] == user.tokens["session_id"]
    assert renewed["refresh_token"] != user.tokens["refresh_token"]
    again = await client.post(REFRESH, json={"refresh_token": renewed["refresh_token"]})
    assert again.status_code == 200


async def test_refresh_tokens_are_stored_hashed(session: AsyncSession, enter: Enter) -> None:
    user = await enter()
    row = await session.scalar(select(RefreshToken))
    assert row is not None
    assert user.tokens["refresh_token"] not in (row.token_hash, row.device)
    assert len(row.token_hash) == 64


async def test_a_parallel_call_is_refused_and_the_session_lives_on(
    client: AsyncClient, enter: Enter
) -> None:
    user = await enter()
    used = {"refresh_token": user.tokens["refresh_token"]}
    renewed = (await client.post(REFRESH, json=used)).json()
    again = await client.post(REFRESH, json=used)
    assert (again.status_code, again.json()["code"]) == (401, "refresh_in_flight")
    still = await client.post(REFRESH, json={"refresh_token": renewed["refresh_token"]})
    assert still.status_code == 200


async def test_a_used_token_that_comes_back_ends_the_whole_family(
    client: AsyncClient, enter: Enter, move_clock: Callable[[timedelta], None]
) -> None:
    user, other = await enter(), await enter()
    used = {"refresh_token": user.tokens["refresh_token"]}
    renewed = (await client.post(REFRESH, json=used)).json()
    move_clock(timedelta(seconds=11))
    again = await client.post(REFRESH, json=used)
    assert (again.status_code, again.json()["code"]) == (401, "refresh_reused")
    for token in (used["refresh_token"], renewed["refresh_token"]):
        dead = await client.post(REFRESH, json={"refresh_token": token})
        assert (dead.status_code, dead.json()["code"]) == (401, "refresh_refused")
    kept = await client.post(REFRESH, json={"refresh_token": other.tokens["refresh_token"]})
    assert kept.status_code == 200


async def test_an_expired_or_forged_token_is_refused(
    client: AsyncClient,
    session: AsyncSession,
    enter: Enter,
    move_clock: Callable[[timedelta], None],
) -> None:
    forged = await client.post(REFRESH, json={"refresh_token": "A" * 43})
    assert (forged.status_code, forged.json()["code"]) == (401, "refresh_refused")
    user = await enter()
    move_clock(timedelta(days=60, seconds=1))
    old = await client.post(REFRESH, json={"refresh_token": user.tokens["refresh_token"]})
    assert (old.status_code, old.json()["code"]) == (401, "refresh_refused")
    await forget(session, *logins.TERMS)
    assert await session.scalar(select(RefreshToken.id)) is None


async def test_the_devices_are_listed_and_one_is_signed_out(
    client: AsyncClient, enter: Enter, session: AsyncSession
) -> None:
    user = await enter()
    other = await enter(user.phone)
    await client.post(REFRESH, json={"refresh_token": user.tokens["refresh_token"]})
    listed = (await other.ask("GET", "sessions")).json()
    ids = [user.tokens["session_id"], other.tokens["session_id"]]
    assert [line["session_id"] for line in listed] == ids
    assert {line["device"] for line in listed} == {"iPhone"}
    assert listed[0]["began_at"] < listed[0]["last_used_at"]

    assert (await other.ask("DELETE", f"sessions/{ids[0]}")).status_code == 204
    assert [line["session_id"] for line in (await other.ask("GET", "sessions")).json()] == ids[1:]
    assert (await other.ask("DELETE", f"sessions/{ids[0]}")).status_code == 404


async def test_the_list_of_devices_takes_one_statement_beside_the_actor(
    enter: Enter, count_statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    user = await enter()
    with count_statements() as seen:
        await user.ask("GET", "sessions")
    assert len(seen) == 2


async def test_a_stranger_signs_nobody_else_out(client: AsyncClient, enter: Enter) -> None:
    user, stranger = await enter(), await enter()
    answer = await stranger.ask("DELETE", f"sessions/{user.tokens['session_id']}")
    assert answer.status_code == 404
    kept = await client.post(REFRESH, json={"refresh_token": user.tokens["refresh_token"]})
    assert kept.status_code == 200


async def test_signing_out_needs_the_refresh_token_only(client: AsyncClient, enter: Enter) -> None:
    user = await enter()
    token = {"refresh_token": user.tokens["refresh_token"]}
    assert (await client.request("DELETE", f"{LOGIN}/current", json=token)).status_code == 204
    assert (await client.post(REFRESH, json=token)).json()["code"] == "refresh_refused"
    unknown = await client.request("DELETE", f"{LOGIN}/current", json={"refresh_token": "x"})
    assert (unknown.status_code, unknown.json()["code"]) == (401, "refresh_refused")


async def test_signing_out_everywhere_ends_every_session(client: AsyncClient, enter: Enter) -> None:
    user = await enter()
    other = await enter(user.phone)
    assert (await user.ask("DELETE", "sessions")).status_code == 204
    for tokens in (user.tokens, other.tokens):
        answer = await client.post(REFRESH, json={"refresh_token": tokens["refresh_token"]})
        assert answer.status_code == 401
    assert (await user.ask("GET", "sessions")).json() == []


async def test_the_device_is_only_its_kind(
    client: AsyncClient, session: AsyncSession, simulator: Hands, wechat: WeChat
) -> None:
    for agent in ("Mozilla/5.0 (Linux; Android 15; PJA110) MicroMessenger", "curl/8"):
        code = (await simulator.codes("13800000003"))["login_code"]
        await client.post(LOGIN, json={"code": code}, headers={"User-Agent": agent})
    devices = await session.scalars(select(RefreshToken.device).order_by(RefreshToken.id))
    assert devices.all() == ["安卓手机", "其他设备"]


async def test_a_token_of_a_closed_person_refreshes_nothing(
    client: AsyncClient, session: AsyncSession, enter: Enter
) -> None:
    user = await enter()
    await session.execute(update(Person).values(closed_at=clock.now()))
    answer = await client.post(REFRESH, json={"refresh_token": user.tokens["refresh_token"]})
    assert (answer.status_code, answer.json()["code"]) == (401, "refresh_refused")
    assert (await user.ask("DELETE", "sessions")).status_code == 401
    assert (await user.ask("DELETE", f"sessions/{new_id()}")).status_code == 401
