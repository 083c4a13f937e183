"""报到: a community's registrations, those that wait accepted many at once."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from app import labels
from app.console import forms, page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.core.sorting import WorkSort
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.members import accepting, work_lists
from app.members.schemas import AcceptManyIn
from app.models.member import RegistrationStatus as S
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
# Why one of many was not accepted, by the code of its refusal.
NOT_ACCEPTED = {
    "not_found": "没有找到，可能已撤回",
    "forbidden": "只有书记可以办理",
    "bad_transition": "已被他人办理",
}


@router.get("/communities/{community_id}/registrations", openapi_extra=needs(P.COMMUNITY_READ))
async def list_registration_pages(
    visit: VisitDep,
    community_id: UUID,
    status: S = S.PENDING_COMMUNITY,
    receipt_number: Annotated[str, Query(max_length=60)] = "",
    cursor: page.Cursor = None,
) -> Response:
    """The community's registrations in one state, who waited longest first."""
    return await _list(visit, community_id, status, receipt_number.strip(), cursor)


@router.post(
    "/communities/{community_id}/registrations/accept", openapi_extra=needs(P.COMMUNITY_REGISTER)
)
async def accept_many_registrations(visit: VisitDep, community_id: UUID) -> Response:
    """Those that were ticked, each placed as its building suggests; the page says what became of each."""
    form = await forms.submit(
        visit,
        AcceptManyIn,
        lambda session, body: accepting.accept_many(session, visit.actor, community_id, body.ids),
    )
    if form.is_refused:
        return await _list(visit, community_id, S.PENDING_COMMUNITY, "", None, form)
    return page.render(
        visit.request,
        "community/registrations_accepted.html",
        community_id=community_id,
        accepted=[row for row in form.result.values() if not isinstance(row, str)],
        refused=[
            NOT_ACCEPTED.get(code, code) for code in form.result.values() if isinstance(code, str)
        ],
    )


async def _list(
    visit: Visit,
    community_id: UUID,
    status: S,
    receipt_number: str,
    cursor: str | None,
    form: Form | None = None,
) -> Response:
    found = await work_lists.community_page(
        visit.reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        community_id,
        status=status,
        receipt_number=receipt_number or None,
        sort=WorkSort.AGE,
    )
    form = form or Form()
    return page.render(
        visit.request,
        "community/registrations.html",
        form.code,
        community_id=community_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        status=status,
        statuses=STATUSES,
        receipt_number=receipt_number,
        form=form,
        filter=Form("filter"),
    )
