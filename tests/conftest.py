"""One server for the whole run, a database for each worker, a rolled-back transaction a test.

The server is the embedded PostgreSQL, or the one in APP_TEST_DATABASE_URL. Its template database is
built by the migrations once and holds the tenant's content as shipped; workers copy it.
"""

import asyncio
import gc
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import hypothesis
import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from hypothesis import HealthCheck
from sqlalchemy import event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from app.core import clock, database, migrations
from app.core.db import Base
from app.core.embedded import EmbeddedPostgres
from app.http.actors import Actors
from app.main import create_app, tokens
from app.models.organization import ContentItem
from app.models.person import Person
from app.policies import shipped
from app.process import prepare
from app.settings import Environment, Settings
from tests import joined
from tests.budgets import Counted
from tests.factories.world import World, make_world

# how long a machine takes is no matter of a test
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")
joined.watch()

PREFIX = os.environ.get("APP_TEST_PREFIX", "app")
TEMPLATE = f"{PREFIX}_template"
LONG = (
    "test_story",
    "test_miniprogram",
    "test_commands",
    "test_killed",
    "test_proxies",
    "test_token_race",
    "test_stand",
    "test_every_page",
)
# compiled once and kept: all tests of a worker together ask more than a process does
STATEMENTS = 5_000
_server: list[EmbeddedPostgres] = []


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process starts the server and builds the template; workers inherit both."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    if "APP_TEST_DATABASE_URL" not in os.environ:
        server = EmbeddedPostgres(Path(tempfile.mkdtemp(prefix="app-tests-")), durable=False)
        server.start()
        _server.append(server)
        os.environ["APP_TEST_DATABASE_URL"] = server.url("postgres")
    asyncio.run(recreate(TEMPLATE, "template0"))
    migrations.upgrade(url_of(TEMPLATE))
    asyncio.run(fill(TEMPLATE))
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with processes of their own come first: the last one would leave the other cores idle."""
    items.sort(key=lambda item: not item.path.name.startswith(LONG))


def pytest_collection_finish() -> None:
    """What was imported stays: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


def pytest_unconfigure() -> None:
    """The server goes with the run."""
    for server in _server:
        server.stop(remove=True)
        os.environ.pop("APP_TEST_DATABASE_URL")
    _server.clear()


def url_of(name: str) -> str:
    """The address of a database on the server of this run."""
    server = make_url(os.environ["APP_TEST_DATABASE_URL"])
    return server.set(database=name).render_as_string(hide_password=False)


async def recreate(name: str, template: str) -> None:
    """The database is a fresh copy of `template`."""
    dsn = make_url(url_of("postgres"))
    admin = await asyncpg.connect(
        user=dsn.username,
        password=dsn.password,
        host=str(dsn.query.get("host") or dsn.host),
        port=dsn.port or 5432,
        database="postgres",
        timeout=30,
        command_timeout=60,
    )
    await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    # who waits for a lock that is never given back fails; who has forgotten one loses it
    guards = ("lock_timeout = '60s'", "idle_in_transaction_session_timeout = '120s'")
    for guard in (*guards, "jit = off", "work_mem = '16MB'"):
        await admin.execute(f'ALTER DATABASE "{name}" SET {guard}')
    await admin.close()


async def fill(name: str) -> None:
    """The database holds the tenant's content as shipped."""
    engine = create_async_engine(url_of(name))
    async with AsyncSession(engine) as session, session.begin():
        await shipped.load(session)
    await engine.dispose()


@pytest.fixture(scope="session")
async def url(worker_id: str) -> str:
    """A migrated database of this worker, in which nothing is ever committed."""
    await recreate(f"{PREFIX}_{worker_id}", TEMPLATE)
    return url_of(f"{PREFIX}_{worker_id}")


@pytest.fixture(scope="session")
async def database_url(worker_id: str) -> str:
    """A second database of this worker, for what needs real commits; see `committed`."""
    await recreate(f"{PREFIX}_races_{worker_id}", TEMPLATE)
    return url_of(f"{PREFIX}_races_{worker_id}")


def make_settings(url: str, **fields: Any) -> Settings:
    """Settings of a test; reads neither `.env` nor the environment's own values."""
    return Settings(
        **{
            "environment": Environment.TEST,
            "database_url": url,
            "log_level": "ERROR",
            "files_url": "memory:///",
        }
        | fields,
        _env_file=None,
    )


@cache
def plain_settings(url: str) -> Settings:
    """Those of most tests, which copy them: to read them takes as long as a short test."""
    return make_settings(url)


@pytest.fixture(scope="session")
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    made = create_async_engine(url, query_cache_size=STATEMENTS)
    yield made
    await made.dispose()


Made = TypeVar("Made")


@asynccontextmanager
async def settled(
    name: str, build: Callable[[AsyncSession], Awaitable[Made]]
) -> AsyncIterator[tuple[AsyncEngine, Made]]:
    """A database in which `build` was committed, and what it made: for a world that many tests share.

    A module whose tests stand in it names its engine `engine`; what they change is rolled back.
    """
    await recreate(name, TEMPLATE)
    prepare(make_settings(url_of(name)))
    engine = create_async_engine(url_of(name), query_cache_size=STATEMENTS)
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        made = await build(session)
    yield engine, made
    await engine.dispose()


@pytest.fixture(scope="session")
async def standing(worker_id: str) -> AsyncIterator[tuple[AsyncEngine, World]]:
    """One row of every kind, made once a worker."""
    async with settled(f"{PREFIX}_world_{worker_id}", make_world) as made:
        yield made


@pytest.fixture
def world(standing: tuple[AsyncEngine, World]) -> World:
    """The rows of the standing world; for tests whose `engine` is its."""
    return standing[1]


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """The one connection of a test; BEGIN travels with its first statement, so that comes here."""
    async with engine.connect() as connection:
        outer = await connection.begin()
        await connection.execute(text("SELECT 1"))
        yield connection
        await outer.rollback()


class OwnReader:
    """Reads on the test's own connection, one statement after the other, and counts them."""

    def __init__(self, driver: Any) -> None:
        self.driver, self.lock, self.statements = driver, asyncio.Lock(), 0

    async def fetch(self, query: str, *args: Any) -> list[Any]:
        async with self.lock:
            self.statements += 1
            async with self.driver.transaction():  # a savepoint: what is refused undoes only itself
                return list(await self.driver.fetch(query, *args))

    @asynccontextmanager
    async def lent(self) -> AsyncIterator["OwnReader"]:
        """Itself, for several statements."""
        yield self


@pytest.fixture
async def reader(connection: AsyncConnection) -> OwnReader:
    raw = await connection.get_raw_connection()
    return OwnReader(raw.driver_connection)


@pytest.fixture
def sessions(connection: AsyncConnection) -> async_sessionmaker[AsyncSession]:
    """Sessions whose commits are savepoints inside the test's own transaction."""
    return database.sessions(connection, join_transaction_mode="create_savepoint")


@pytest.fixture
async def session(
    app: FastAPI, sessions: async_sessionmaker[AsyncSession]
) -> AsyncIterator[AsyncSession]:
    """A session for arranging; `app` comes first, for it sets the keys of sealed fields."""
    async with sessions() as session:
        yield session


@pytest.fixture(scope="session")
def house(url: str) -> FastAPI:
    """The application, built once a worker: its routes are prepared at their first request."""
    return create_app(make_settings(url))


@pytest.fixture
def app(
    url: str, house: FastAPI, sessions: async_sessionmaker[AsyncSession], reader: OwnReader
) -> FastAPI:
    """The application on the test's own connection, with roles never cached."""
    made, settings = house, plain_settings(url).model_copy()
    prepare(settings)
    made.state.settings, made.state.tokens = settings, tokens(settings)
    made.state.sessions, made.state.reader = sessions, reader
    made.state.writer = reader
    made.state.wechat = None  # nobody there: a test that needs WeChat brings the simulator
    made.state.actors = Actors(seconds=0)
    return made


@pytest.fixture
async def client(
    app: FastAPI, count_statements: Callable[[], AbstractContextManager[list[str]]]
) -> AsyncIterator[AsyncClient]:
    """Speaks to the application; what fails inside it is an answer, as it is outside.

    A writing that costs more statements than its budget fails the test.
    """
    transport = Counted(app, count_statements)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.fixture
def sign_in(app: FastAPI) -> Callable[[Person], dict[str, str]]:
    """The headers of a request by this person."""
    return lambda person: {"Authorization": f"Bearer {app.state.tokens.sign(person.id)}"}


@pytest.fixture
def count_statements(
    connection: AsyncConnection, reader: OwnReader
) -> Callable[[], AbstractContextManager[list[str]]]:
    """Counts what SQLAlchemy and the driver send, without savepoints."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(*args: Any) -> None:
            if not args[2].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                seen.append(args[2])

        before = reader.statements
        event.listen(connection.sync_connection, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(connection.sync_connection, "before_cursor_execute", note)
            seen.extend(["read"] * (reader.statements - before))

    return counting


@pytest.fixture(scope="session")
async def busy_house(database_url: str) -> AsyncIterator[FastAPI]:
    """The application of `committed`, with its connections, built once a worker."""
    # a loaded machine may let 500 callers wait longer than a person would
    made = create_app(
        make_settings(database_url, database_pool=12, reader_pool=12, statement_timeout_ms=60_000)
    )
    async with made.router.lifespan_context(made):
        yield made


# Much faster than TRUNCATE, which makes each table's files anew; foreign keys and triggers rest.
EMPTY = "; ".join(
    [
        "BEGIN",
        "SET LOCAL session_replication_role = replica",
        *(
            f'DELETE FROM "{table.name}"'
            for table in Base.metadata.sorted_tables
            if table is not ContentItem.__table__
        ),
        "COMMIT",
    ]
)


@pytest.fixture
async def committed(busy_house: FastAPI) -> AsyncIterator[FastAPI]:
    """The application on a database with real commits and many connections; emptied afterwards."""
    made = busy_house
    prepare(made.state.settings)
    before = dict(made.state._state)
    made.state.tokens = tokens(made.state.settings)
    made.state.actors = Actors(seconds=0)
    yield made
    made.state._state.clear()
    made.state._state.update(before)
    async with made.state.sessions() as session:
        connection = await (await session.connection()).get_raw_connection()
        assert connection.driver_connection is not None
        await connection.driver_connection.execute(EMPTY)


@pytest.fixture
def move_clock() -> Iterator[Callable[[timedelta], None]]:
    """Moves the one clock for the length of a test."""
    yield clock.shift
    clock.shift(timedelta())
