"""职务与权限: who holds which role in an organization, giving and ending one; the posts held there."""

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.forms import Form
from app.console.oversight import organizations
from app.console.page import PageRoute
from app.console.visit import ROLE_NAMES, Visit, VisitDep
from app.core.paging import Paging
from app.core.schemas import In
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.identity import roles
from app.identity.schemas import RoleIn
from app.organizations import desk
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

FIELDS = {
    "role": "角色",
    "phone": "手机号",
    "name": "姓名",
    "valid_from": "起始日期",
    "valid_to": "截止日期",
}


class EndIn(In):
    """Which role ends."""

    role_id: UUID


@router.get("/organizations/{organization_id}/roles", openapi_extra=needs(P.ORGANIZATION_STAFF))
async def show_roles(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """Who holds which role here, now or in days to come, masked; and the form to give one."""
    return await _show(visit, organization_id, Form(), cursor)


@router.post("/organizations/{organization_id}/roles", openapi_extra=needs(P.ORGANIZATION_STAFF))
async def give_one_role(visit: VisitDep, organization_id: UUID) -> Response:
    """A person has a role here and below, from and to these days."""

    async def use(session: AsyncSession, body: RoleIn) -> Any:
        return await roles.give(session, visit.actor, organization_id, body)

    return await _step(visit, organization_id, RoleIn, use, "give", "role_given")


@router.post(
    "/organizations/{organization_id}/roles/ended", openapi_extra=needs(P.ORGANIZATION_STAFF)
)
async def end_one_role(visit: VisitDep, organization_id: UUID) -> Response:
    """The role is gone within seconds, whoever or whatever had given it."""

    async def use(session: AsyncSession, body: EndIn) -> Any:
        return await roles.end(session, visit.actor, body.role_id)

    return await _step(visit, organization_id, EndIn, use, "end", "role_ended")


@router.get(
    "/organizations/{organization_id}/appointments", openapi_extra=needs(P.ORGANIZATION_STAFF)
)
async def show_appointments(
    visit: VisitDep, organization_id: UUID, cursor: page.Cursor = None
) -> Response:
    """Posts held in this very organization, masked; whose people have not signed in as well."""
    paging = Paging(PAGE_ROWS, cursor)
    found = await desk.appointments(visit.reader, visit.actor, paging, organization_id)
    place = await desk.show(visit.reader, visit.actor, organization_id, P.ORGANIZATION_STAFF)
    return page.render(
        visit.request,
        "oversight/appointments.html",
        place=place,
        way=organizations.way(visit, place),
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
    )


async def _step(
    visit: Visit, organization_id: UUID, shape: Any, use: Any, key: str, said: str
) -> Response:
    """As `forms.step`; whose role it is has it, or lacks it, from his next request on."""
    form = await forms.submit(visit, shape, use, key=key)
    if form.is_refused:
        return await _show(visit, organization_id, form)
    visit.request.app.state.actors.forget(form.result.person_id)
    return page.go(f"/console/organizations/{organization_id}/roles", said)


async def _show(
    visit: Visit, organization_id: UUID, form: Form, cursor: str | None = None
) -> Response:
    paging = Paging(PAGE_ROWS, cursor)
    found = await roles.page(visit.reader, visit.actor, paging, organization_id)
    place = await desk.show(visit.reader, visit.actor, organization_id, P.ORGANIZATION_STAFF)
    lasting, acting = roles.offered(visit.actor, place["kind"], place["lineage"])
    return page.render(
        visit.request,
        "oversight/roles.html",
        form.code,
        place=place,
        way=organizations.way(visit, place),
        form=form,
        give=form if form.key == "give" else Form("give"),
        labels=FIELDS,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        names=ROLE_NAMES,
        offered=[(each.value, ROLE_NAMES[each]) for each in lasting]
        + [(each.value, f"{ROLE_NAMES[each]}（代理，须填截止日期）") for each in acting],
        endable={*lasting, *acting},
    )
