"""No secret, code, token, openid, name or phone reaches a log line."""

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from app.models.person import Person
from tests.identity.conftest import Enter, speaking
from tests.simulator.hands import SECRET, Hands


@pytest.fixture
def lines(app: FastAPI, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """Everything that this process logs, of every level, as it goes out."""
    handler = next(
        each for each in logging.getLogger().handlers if isinstance(each, logging.StreamHandler)
    )
    written = io.StringIO()
    before = handler.setStream(written)
    logging.getLogger().setLevel("DEBUG")
    yield lambda: written.getvalue() + capsys.readouterr().err
    logging.getLogger().setLevel("ERROR")
    handler.setStream(before)


async def test_a_whole_life_leaves_no_trace_of_a_person_in_the_log(
    app: FastAPI, client: AsyncClient, simulator: Hands, enter: Enter, lines: Callable[[], str]
) -> None:
    user = await enter("13812349876")
    await user.agree()
    codes = await simulator.codes(user.phone)
    await user.ask("PUT", "me/phone", json={"code": codes["phone_code"]})
    await user.ask("PUT", "me/phone", json={"code": codes["phone_code"]})
    await user.ask("PATCH", "me", json={"name": "司马相如", "version": 2})
    renewed = await client.post(
        "/api/v1/sessions/refresh", json={"refresh_token": user.tokens["refresh_token"]}
    )
    await client.post("/api/v1/sessions", json={"code": codes["phone_code"]})
    for said in (None, {"errcode": 40164, "errmsg": "rid: 6a4f0001-00000001-00000001"}):
        async with speaking(app, {"/sns/jscode2session": said}):
            await client.post("/api/v1/sessions", json={"code": codes["login_code"]})
    await user.ask("DELETE", "me")
    text = lines()
    assert "request.answered" in text
    assert "wechat.unavailable" in text
    for secret in (
        user.phone,
        "司马相如",
        codes["openid"],
        codes["login_code"],
        codes["phone_code"],
        user.tokens["access_token"],
        user.tokens["refresh_token"],
        renewed.json()["refresh_token"],
        SECRET,
    ):
        assert secret not in text
    assert "fixture-token" not in text


async def test_an_exception_with_a_phone_in_it_is_logged_without(
    app: FastAPI,
    client: AsyncClient,
    enter: Enter,
    lines: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = await enter("13812349877")
    await user.agree()

    async def broken(*_: Any) -> Person:
        raise RuntimeError(f"phone {user.phone}")

    monkeypatch.setattr("app.identity.phones.bind", broken)
    answer = await user.bind()
    assert answer.status_code == 500
    text = lines()
    assert "RuntimeError" in text
    assert user.phone not in text + answer.text
