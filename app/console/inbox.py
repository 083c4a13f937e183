"""待办: what waits for the visitor, across his roles, the oldest deadline first."""

from fastapi import Response

from app.console import page
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.http.room import Room

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)


@router.get("/")
async def show_inbox(visit: VisitDep) -> Response:
    """Everything that waits, each with the page where it is finished."""
    return page.render(visit.request, "inbox.html", items=[])
