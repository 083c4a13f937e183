"""报到情况: how many of the employer's members are registered, altogether and by branch; who, is on the
roster, one click on."""

from uuid import UUID

from fastapi import Response

from app.console import page
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.members import standing_reading
from app.members.standing import Standing
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

# A figure: its column, its words, and which lines of the roster it counts.
FIGURES = (
    ("registered_online", "线上报到", Standing.REGISTERED),
    ("registered_offline", "线下报到", Standing.REGISTERED),
    ("suspended", "已暂停", Standing.SUSPENDED),
    ("under_way", "办理中", Standing.UNDER_WAY),
    ("not_registered", "未报到", Standing.NOT_REGISTERED),
)


@router.get("/employers/{employer_id}/standing", openapi_extra=needs(P.EMPLOYER_ROSTER))
async def list_standing_pages(
    visit: VisitDep, employer_id: UUID, cursor: page.Cursor = None
) -> Response:
    """The figures, beside the headcount that was stated, and those of each branch in their order."""
    found = await standing_reading.show(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), employer_id
    )
    return page.render(
        visit.request,
        "employer/standing.html",
        employer_id=employer_id,
        whole=found.whole,
        rows=found.branches.items,
        next_page=page.next_page(visit.request, found.branches.next_cursor),
        figures=FIGURES,
    )
