"""The same key and body: the same answer, and the change made once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI, Form, UploadFile
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.errors import Conflict
from app.core.schemas import In, Text
from app.core.terms import forget
from app.http import repeat
from app.http.deps import ActorDep, SessionDep
from app.http.repeat import KeyedRoute
from app.main import create_app
from app.models.house import IdempotencyKey, RateWindow
from app.models.person import Person
from tests.conftest import make_settings
from tests.factories.people import make_person

KEY = {"Idempotency-Key": "tap-00000001"}
Headers = Callable[[Person], dict[str, str]]


class NoteIn(In):
    words: Annotated[str, Text(100)]


def make_router() -> APIRouter:
    router = APIRouter(route_class=KeyedRoute)

    @router.post("/notes", status_code=201)
    async def add_note(session: SessionDep, actor: ActorDep, body: NoteIn) -> dict[str, str]:
        window = RateWindow(
            key=body.words, window_ends_at=clock.now() + timedelta(days=1), attempts=1
        )
        if body.words == "refuse":
            raise Conflict
        session.add(window)
        await session.flush()
        return {"words": body.words}

    @router.post("/files", status_code=204)
    async def add_file(
        session: SessionDep, actor: ActorDep, file: UploadFile, title: Annotated[str, Form()]
    ) -> None:
        words = (await file.read()).decode() + title
        session.add(
            RateWindow(key=words, window_ends_at=clock.now() + timedelta(days=1), attempts=1)
        )

    return router


@pytest.fixture(scope="module")
def house(url: str) -> FastAPI:
    """An application of its own, with the notes."""
    made = create_app(make_settings(url))
    made.include_router(make_router())
    return made


@pytest.fixture(scope="module")
async def busy_house(database_url: str) -> AsyncIterator[FastAPI]:
    made = create_app(make_settings(database_url, database_pool=12, reader_pool=12))
    made.include_router(make_router())
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def wire(app: FastAPI) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def notes(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(RateWindow)) or 0


async def test_a_repeated_tap_changes_once_and_answers_the_same(
    wire: AsyncClient, session: AsyncSession, sign_in: Headers
) -> None:
    head = sign_in(await make_person(session)) | KEY
    first = await wire.post("/notes", json={"words": "a"}, headers=head)
    again = await wire.post("/notes", json={"words": "a"}, headers=head)
    assert (
        (first.status_code, first.json())
        == (again.status_code, again.json())
        == (
            201,
            {"words": "a"},
        )
    )
    assert await notes(session) == 1


async def test_the_same_key_with_another_body_is_refused(
    wire: AsyncClient, session: AsyncSession, sign_in: Headers
) -> None:
    head = sign_in(await make_person(session)) | KEY
    await wire.post("/notes", json={"words": "a"}, headers=head)
    other = await wire.post("/notes", json={"words": "b"}, headers=head)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await notes(session) == 1


async def test_a_key_belongs_to_a_person(
    wire: AsyncClient, session: AsyncSession, sign_in: Headers
) -> None:
    for words in ("a", "b"):
        head = sign_in(await make_person(session)) | KEY
        assert (await wire.post("/notes", json={"words": words}, headers=head)).is_success
    assert await notes(session) == 2


async def test_a_refused_tap_may_be_tried_again(
    wire: AsyncClient, session: AsyncSession, sign_in: Headers
) -> None:
    head = sign_in(await make_person(session)) | KEY
    refused = await wire.post("/notes", json={"words": "refuse"}, headers=head)
    taken = await wire.post("/notes", json={"words": "b"}, headers=head)
    assert (refused.status_code, taken.status_code) == (409, 201)


async def test_an_upload_is_told_apart_by_its_bytes(
    wire: AsyncClient, session: AsyncSession, sign_in: Headers
) -> None:
    head = sign_in(await make_person(session)) | KEY

    async def send(content: bytes) -> tuple[int, str]:
        answer = await wire.post(
            "/files", files={"file": ("a.txt", content)}, data={"title": "t"}, headers=head
        )
        return answer.status_code, answer.text

    assert await send(b"one") == await send(b"one") == (204, "")
    assert (await send(b"two"))[0] == 422
    assert await notes(session) == 1


async def test_without_a_key_each_call_is_its_own(
    wire: AsyncClient, session: AsyncSession, sign_in: Headers
) -> None:
    head = sign_in(await make_person(session))
    for words in ("a", "b"):
        assert (await wire.post("/notes", json={"words": words}, headers=head)).is_success
    assert await session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0


async def test_what_is_stored_is_sealed_and_forgotten_after_two_days(
    wire: AsyncClient,
    session: AsyncSession,
    sign_in: Headers,
    sessions: async_sessionmaker[AsyncSession],
    move_clock: Callable[[timedelta], None],
) -> None:
    head = sign_in(await make_person(session)) | KEY
    await wire.post("/notes", json={"words": "secret-words"}, headers=head)
    assert b"secret-words" not in (await session.scalar(select(IdempotencyKey.body)) or b"")
    await forget(session, *repeat.TERMS)
    assert await session.scalar(select(func.count()).select_from(IdempotencyKey)) == 1
    move_clock(timedelta(hours=49))
    await forget(session, *repeat.TERMS)
    assert await session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0


async def test_ten_taps_at_once_change_once(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        person = await make_person(session)
    head = {"Authorization": f"Bearer {committed.state.tokens.sign(person.id)}"} | KEY
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        answers = await asyncio.gather(
            *(client.post("/notes", json={"words": "a"}, headers=head) for _ in range(10))
        )
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, '{"words":"a"}')}
    async with committed.state.sessions() as session:
        written = select(func.count()).where(
            RateWindow.key == "a"
        )  # servers of other tests count too
        assert await session.scalar(written) == 1
