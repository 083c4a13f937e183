"""评价: what residents answered and how satisfied they are, all together; never one of them.

Of one member only his sheet says anything, as far as it may be shown.
"""

from uuid import UUID

from fastapi import Response

from app.console import page
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.http.deps import needs
from app.http.room import Room
from app.permissions import Permission as P
from app.ratings import reading
from app.statistics import reading as statistics
from app.statistics.period import Period

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

A_YEAR = (None, None, "month")  # up to now


@router.get("/communities/{community_id}/ratings", openapi_extra=needs(P.COMMUNITY_READ))
async def show_community_ratings(visit: VisitDep, community_id: UUID) -> Response:
    """The pooled figure as it may be shown, the answers of residents and thanks passed on, of a year."""
    thanked = await reading.show(visit.reader, visit.actor, community_id)
    figures = await statistics.show(
        visit.report_reader, visit.actor, community_id, Period.of(*A_YEAR)
    )
    return page.render(
        visit.request,
        "community/ratings.html",
        community_id=community_id,
        thanks=thanked["thanks"],
        since=thanked["since"],
        figures=figures,
        answered=figures["solved"] + figures["partly"] + figures["unsolved"],
    )
