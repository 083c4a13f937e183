"""The web process."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.core import database, fields, logs, migrations, paging
from app.core.errors import Invalid, TooMany
from app.http import problems
from app.http.actors import Actors, Tokens
from app.http.middleware import Edge, Meter
from app.settings import Settings
from app.wiring import CONSTRAINTS, ROUTERS

MOST_BODY_BYTES = 256 * 1024


def create_app(settings: Settings) -> FastAPI:
    """The application: routes, problems, the edge; connections open with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = database.engine(
            settings.database_url,
            pool=settings.database_pool,
            timeout_ms=settings.statement_timeout_ms,
        )
        app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
        app.state.reader = await database.reader(
            settings.database_url,
            size=settings.reader_pool,
            timeout_ms=settings.statement_timeout_ms,
        )
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        yield
        await app.state.reader.close()
        await engine.dispose()

    app = FastAPI(
        title="双报到 · double registration",
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        max_body_size=MOST_BODY_BYTES,
        responses=problems.answers(Invalid, TooMany),
        generate_unique_id_function=lambda route: route.name,
    )
    prepare(settings)
    state = app.state
    state.settings, state.meter, state.schema_version = settings, Meter(), migrations.head()
    state.actors, state.tokens = Actors(), tokens(settings)
    problems.install(app, CONSTRAINTS)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Edge, meter=state.meter)
    return app


def prepare(settings: Settings) -> None:
    """Logs, keys of personal fields, the key of cursors: what every process sets up first."""
    logs.configure(settings.log_level)
    fields.use(settings.keys())
    paging.use(settings.derive("cursors"))


def tokens(settings: Settings) -> Tokens:
    """Access tokens under the present secret; tokens of the previous one are still read."""
    return Tokens(settings.token_keys(), settings.access_token_minutes)
