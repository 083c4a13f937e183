"""党员: who is registered with a community, looked up by grid, group, skill and state."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from app.console import page
from app.console.community.registrations import STATUSES
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import VisitDep
from app.core.paging import Paging
from app.core.sorting import WorkSort
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.members import directory, work_lists
from app.members.work_lists import Sought
from app.models.member import RegistrationStatus as S
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATES = {status: STATUSES[status] for status in (S.ACTIVE, S.SUSPENDED, S.ENDED)}
MOST_SKILLS = 4  # of one line


@router.get("/communities/{community_id}/members", openapi_extra=needs(P.COMMUNITY_READ))
async def list_member_pages(
    visit: VisitDep,
    community_id: UUID,
    status: S = S.ACTIVE,
    grid_id: UUID | page.Unused = "",
    functional_group_id: UUID | page.Unused = "",
    skill: Annotated[str, Query(max_length=60, pattern="^[a-z_]*$")] = "",
    cursor: page.Cursor = None,
) -> Response:
    """The members of whom the desk looks for, in the order they came; name and phone masked."""
    sought = Sought(grid_id or None, functional_group_id or None, skill or None)
    found = await work_lists.community_page(
        visit.reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        community_id,
        status=status,
        receipt_number=None,
        sort=WorkSort.AGE,
        sought=sought,
    )
    choices = await directory.choices(visit.reader, visit.actor, community_id)
    return page.render(
        visit.request,
        "community/members.html",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        community_id=community_id,
        status=status,
        sought=sought,
        is_narrowed=sought != work_lists.ANYBODY,
        states=STATES,
        choices=choices,
        skills=dict(choices.skills),
        most_skills=MOST_SKILLS,
        filter=Form("filter"),
    )
