"""Who has just become somebody is not refused for what the house remembered of him.

Roles and places are remembered for seconds, in each process for itself (`actors.py`). `FreshRoute` is
the route class of doors that open with a first place: a refusal there is looked into once more.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.core.errors import Forbidden, NotFound
from app.permissions import Actor


class FreshRoute(APIRoute):
    """A route that answers once more when it refused a remembered actor who has changed since.

    For routes without a session: what was begun there would not be undone.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wraps FastAPI's handler; whom the house knows rightly pays one statement for a refusal."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await answer(request)
            except (NotFound, Forbidden):
                remembered: Actor | None = getattr(request.state, "remembered", None)
                if remembered is None or not await _has_changed(request, remembered):
                    raise
            return await answer(request)

        return handle


async def _has_changed(request: Request, remembered: Actor) -> bool:
    """Roles and places were read anew, and are not what they were."""
    state, person_id = request.app.state, remembered.person_id
    state.actors.forget(person_id)
    fresh: Actor = await state.actors.find(state.reader, person_id)
    return fresh != remembered
