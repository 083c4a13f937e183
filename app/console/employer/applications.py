"""报到确认: whom an employer is asked to confirm as its own, many at once; for a district those on whom
its employers were silent."""

from uuid import UUID

from fastapi import Response

from app.console import forms, page
from app.console.community.registrations import STATUSES
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.core.sorting import WorkSort
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.members import confirming, work_lists
from app.members.schemas import ConfirmManyIn
from app.models.member import RegistrationStatus as S
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATES = {
    status: STATUSES[status]
    for status in (S.PENDING_EMPLOYER, S.RETURNED_BY_EMPLOYER, S.PENDING_COMMUNITY)
}
# Why one of many was not confirmed, by the code of its refusal.
NOT_CONFIRMED = {
    "not_found": "没有找到，可能已撤回",
    "forbidden": "不由您办理",
    "bad_transition": "已被他人办理",
}
MINE = (P.EMPLOYER_ROSTER, P.EMPLOYER_CHECKS)


@router.get("/organizations/{organization_id}/applications", openapi_extra=needs(*MINE))
async def list_application_pages(
    visit: VisitDep,
    organization_id: UUID,
    status: S = S.PENDING_EMPLOYER,
    cursor: page.Cursor = None,
) -> Response:
    """The employer's registrations in one state, who waited longest first."""
    return await _list(visit, organization_id, status, cursor, Form())


@router.post("/organizations/{organization_id}/applications/confirm", openapi_extra=needs(*MINE))
async def confirm_many_applications(visit: VisitDep, organization_id: UUID) -> Response:
    """Those that were ticked, each in the branch that its member has named; on the same page, what
    became of them."""
    form = await forms.submit(
        visit,
        ConfirmManyIn,
        lambda session, body: confirming.confirm_many(
            session, visit.actor, organization_id, body.ids
        ),
    )
    return await _list(visit, organization_id, S.PENDING_EMPLOYER, None, form)


async def _list(
    visit: Visit, organization_id: UUID, status: S, cursor: str | None, form: Form
) -> Response:
    found = await work_lists.employer_page(
        visit.reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        organization_id,
        status=status,
        sort=WorkSort.AGE,
    )
    answers = list((form.result or {}).values())
    return page.render(
        visit.request,
        "employer/applications.html",
        form.code,
        organization_id=organization_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        status=status,
        states=STATES,
        may_tick=status is S.PENDING_EMPLOYER,
        form=form,
        filter=Form("filter"),
        confirmed=answers.count(None),
        refused=[NOT_CONFIRMED[code] for code in answers if code is not None],
    )
