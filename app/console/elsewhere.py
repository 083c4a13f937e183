"""Whatever else is asked for below /console: a page that says so."""

from fastapi import Response
from fastapi.responses import RedirectResponse

from app.console.page import HOME, PageRoute
from app.core.errors import NotFound
from app.http.room import Room

router = Room(include_in_schema=False, route_class=PageRoute)


@router.get("/console")
async def go_home() -> RedirectResponse:
    """The first page has one address."""
    return RedirectResponse(HOME, 308)


@router.api_route("/console/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def find_nothing(path: str) -> Response:
    """There is no such page.

    Raises:
        NotFound: always.
    """
    raise NotFound
