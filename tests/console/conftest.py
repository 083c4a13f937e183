"""Browsers that are signed in."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.models.person import Person
from app.models.sign_in import ConsoleSession
from tests.identity.conftest import enter, wechat
from tests.simulator.hands import simulator, simulator_url

__all__ = ["enter", "simulator", "simulator_url", "wechat"]

OWN = {"Sec-Fetch-Site": "same-origin"}
Visit = Callable[[Person], Awaitable[AsyncClient]]


async def open_session(session: AsyncSession, person: Person) -> str:
    """The token of a browser in which this person is signed in."""
    token = ids.code(20)
    session.add(
        ConsoleSession(
            person_id=person.id,
            token_hash=ids.digest(token),
            device="Windows 电脑",
            address="203.0.113.7",
            expires_at=clock.now() + timedelta(hours=12),
        )
    )
    await session.flush()
    return token


@pytest.fixture
def visit(client: AsyncClient, session: AsyncSession) -> Visit:
    """The browser, signed in as somebody; its forms are its own pages'."""

    async def as_somebody(person: Person) -> AsyncClient:
        client.cookies.clear()
        client.cookies.set("console", await open_session(session, person))
        client.headers.update(OWN)
        return client

    return as_somebody
