"""Our own style sheet and scripts, under an address that changes with what is in them."""

from fastapi import Response

from app.console.page import ASSETS, VERSION, PageRoute
from app.core.errors import NotFound
from app.http.room import Room

router = Room(prefix="/console/static", include_in_schema=False, route_class=PageRoute)

FOR_EVER = "public, max-age=31536000, immutable"


@router.get("/{version}/{name}")
async def get_asset(version: str, name: str) -> Response:
    """One of our files.

    Raises:
        NotFound: another name, or an address of before an update.
    """
    if version != VERSION or name not in ASSETS:
        raise NotFound
    body, kind = ASSETS[name]
    return Response(body, media_type=kind, headers={"Cache-Control": FOR_EVER})
