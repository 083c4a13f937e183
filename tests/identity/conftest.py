"""People who sign in against the running simulator of WeChat."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import fields
from app.wechat.client import Account, WeChat
from app.wechat.token import SharedToken
from tests.factories.people import next_phone
from tests.simulator.hands import APPID, SECRET, Hands, simulator, simulator_url

__all__ = ["simulator", "simulator_url"]

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0"


def client_of(
    url: str,
    sessions: async_sessionmaker[AsyncSession],
    transport: httpx.AsyncBaseTransport | None = None,
) -> WeChat:
    """The client of WeChat as main makes it."""
    shared = SharedToken(
        sessions,
        APPID,
        seal=lambda text: fields.keys().seal(text, "wechat_tokens.token"),
        unseal=lambda sealed: fields.keys().open(sealed, "wechat_tokens.token"),
    )
    return WeChat(Account(url, APPID, SECRET, 5, 5), shared, transport=transport)


def phone_of(number: str, country: str = "86") -> dict[str, Any]:
    """What the platform says of a phone code."""
    return {
        "errcode": 0,
        "phone_info": {
            "phoneNumber": number,
            "purePhoneNumber": number,
            "countryCode": country,
            "watermark": {"timestamp": 1767225600, "appid": APPID},
        },
    }


@asynccontextmanager
async def speaking(app: FastAPI, said: dict[str, Any]) -> AsyncIterator[None]:
    """The application's WeChat answers each path like this; None is a 502."""
    known = {"/cgi-bin/stable_token": {"access_token": "fixture-token", "expires_in": 7200}}

    def answer(request: httpx.Request) -> httpx.Response:
        body = (known | said)[request.url.path]
        return httpx.Response(502) if body is None else httpx.Response(200, json=body)

    before = app.state.wechat if hasattr(app.state, "wechat") else None
    client = client_of("http://wechat", app.state.sessions, httpx.MockTransport(answer))
    app.state.wechat = client
    yield
    app.state.wechat = before
    await client.close()


@pytest.fixture
async def wechat(
    app: FastAPI, simulator: Hands, sessions: async_sessionmaker[AsyncSession]
) -> AsyncIterator[WeChat]:
    """The client that the application holds."""
    app.state.wechat = client_of(simulator.url, sessions)
    yield app.state.wechat
    await app.state.wechat.close()


@dataclass
class User:
    """Somebody at the telephone: the codes are made anew for each call."""

    client: AsyncClient
    simulator: Hands
    phone: str
    tokens: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def ask(self, verb: str, path: str, **options: Any) -> Response:
        return await self.client.request(verb, f"/api/v1/{path}", headers=self.headers, **options)

    async def agree(self, purpose: str = "registration_core") -> None:
        """In the words that are shown now."""
        shown = (await self.ask("GET", "consents")).json()["items"]
        version = next(item["version"] for item in shown if item["purpose"] == purpose)
        answer = await self.ask("POST", "consents", json={"purpose": purpose, "version": version})
        assert answer.status_code == 201, answer.text

    async def bind(self) -> Response:
        codes = await self.simulator.codes(self.phone)
        return await self.ask("PUT", "me/phone", json={"code": codes["phone_code"]})


Enter = Callable[..., Awaitable[User]]


@pytest.fixture
def enter(client: AsyncClient, simulator: Hands, wechat: WeChat) -> Enter:
    """Signs somebody in; with the same phone it is the same WeChat user."""

    async def signed_in(phone: str | None = None) -> User:
        phone = phone or next_phone()
        codes = await simulator.codes(phone)
        answer = await client.post(
            "/api/v1/sessions",
            json={"code": codes["login_code"]},
            headers={"User-Agent": IPHONE},
        )
        assert answer.status_code == 201, answer.text
        return User(client, simulator, phone, answer.json())

    return signed_in
