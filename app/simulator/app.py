"""The simulated platform of WeChat as an ASGI app of its own; never a part of the product's.

Source: facts.md §12.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response

from app.simulator import controls
from app.simulator.door import answer
from app.simulator.messages import Template
from app.simulator.platform import CALLS
from app.simulator.world import Account, World


def create_simulator(
    *,
    appid: str,
    secret: str,
    templates: Iterable[Template] = (),
    pages: Collection[str] = (),
) -> FastAPI:
    """A platform with one account; no `pages`: any page is published. All state is in memory."""
    world = World(Account(appid, secret, tuple(templates), pages))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await world.pushes.close()

    async def call(request: Request) -> Response:
        return await answer(world, request)

    app = FastAPI(title="WeChat simulator", lifespan=lifespan)
    app.state.world = world
    for path in CALLS:
        app.add_api_route(path, call, methods=["GET", "POST"], include_in_schema=False)
    app.include_router(controls.router)
    return app
