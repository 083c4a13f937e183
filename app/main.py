"""The web process."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.console import page
from app.constraints import CONSTRAINTS
from app.core import database, revisions
from app.doors import ROUTERS
from app.http import problems
from app.http.actors import Actors, Tokens
from app.http.contract import Described
from app.http.hot import HotDoors
from app.http.index import Index
from app.http.middleware import BodyLimit, Edge, Meter
from app.process import prepare, wechat_client
from app.settings import Settings

MOST_BODY_BYTES = 256 * 1024  # routes that take files say their own


def create_app(settings: Settings) -> FastAPI:
    """The application: routes, problems, the edge; connections open with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = database.engine(
            settings.database_url,
            pool=settings.database_pool,
            timeout_ms=settings.statement_timeout_ms,
        )
        app.state.sessions = database.sessions(engine)
        app.state.reader, app.state.writer = (
            database.readers(
                settings.database_url, size=size, timeout_ms=settings.statement_timeout_ms
            )
            for size in (settings.reader_pool, settings.taker_pool)
        )
        if settings.database_replica_url:
            app.state.replica = database.replica(
                settings.database_replica_url,
                app.state.reader,
                size=settings.reader_pool,
                timeout_ms=settings.statement_timeout_ms,
                count=app.state.meter.count_report_read,
            )
        async with wechat_client(settings, app.state.sessions) as app.state.wechat:
            gc.collect()
            gc.freeze()
            gc.set_threshold(5_000, 20, 20)
            yield
        if app.state.replica is not None:
            await app.state.replica.close()
        await app.state.reader.close()
        await app.state.writer.close()
        await engine.dispose()

    app = Described(
        title="双报到 · double registration",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # app/http/docs.py serves the file
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # see app/http/middleware.py
    )
    prepare(settings)
    state = app.state
    state.settings, state.meter, state.schema_version = settings, Meter(), revisions.head()
    state.actors, state.tokens, state.replica = Actors(), tokens(settings), None
    routes = [route for router in ROUTERS for route in router.routes]
    problems.install(app, CONSTRAINTS, problems.methods_of(routes))
    app.router.routes.extend([Index(routes), *routes])
    app.add_middleware(BodyLimit, max_body_size=MOST_BODY_BYTES)
    app.add_middleware(HotDoors, routes=routes, handlers=app.exception_handlers)
    app.add_middleware(Edge, meter=state.meter, policies={page.PREFIX: page.HEADERS})
    return app


def tokens(settings: Settings) -> Tokens:
    """Access tokens under the present secret; tokens of the previous one are still read."""
    return Tokens(settings.token_keys(), settings.access_token_minutes)
