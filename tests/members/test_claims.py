"""Claims are counted before their own transaction begins."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from tests.factories.people import make_person


@pytest.fixture
async def narrow(committed: FastAPI, database_url: str) -> AsyncIterator[FastAPI]:
    """The application with one connection for all that writes."""
    wide = committed.state.sessions
    engine = create_async_engine(database_url, pool_size=1, max_overflow=0, pool_timeout=1)
    committed.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    yield committed
    committed.state.sessions = wide
    await engine.dispose()


async def test_a_claim_holds_one_connection_at_a_time(narrow: FastAPI) -> None:
    async with narrow.state.sessions.begin() as session:
        person = await make_person(session)
    token = narrow.state.tokens.sign(person.id)
    async with AsyncClient(transport=ASGITransport(narrow), base_url="http://test") as client:
        answer = await client.post(
            "/api/v1/registrations/claims",
            json={"code": "AAAAAA", "name": "张三"},
            headers={"Authorization": f"Bearer {token}"},
        )
    assert (answer.status_code, answer.json()["code"]) == (403, "consent_missing")
