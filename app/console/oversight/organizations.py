"""组织: the tree below a place, an organization with its children; adding, changing and closing one."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.person import Role
from app.organizations import desk, places, service, words
from app.organizations.kinds import PLACES
from app.organizations.schemas import ChildIn, CloseIn, CloseReason, OrganizationChange
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

RUNS = (
    Role.CITY_ADMIN,
    Role.DISTRICT_ADMIN,
    Role.SUBDISTRICT_ADMIN,
    Role.COMMUNITY_SECRETARY,
)
CLOSINGS = labels.of(CloseReason)
FIELDS = {
    "name": "名称",
    "position": "排列次序",
    "grid_id": "对应网格",
    "compound_id": "所在小区",
    "compound_type": "小区类型",
    "code": "统一社会信用代码",
    "unit_kind": "单位性质",
    "stated_headcount": "在职党员数",
    "households": "户数",
}


@router.get("/organizations/{organization_id}", openapi_extra=needs(P.ORGANIZATION_EDIT))
async def show_one_organization(
    visit: VisitDep,
    organization_id: UUID,
    kind: Annotated[str, Query(max_length=40)] = "",
    cursor: page.Cursor = None,
) -> Response:
    """The organization, what stands below it kind by kind, and how it is changed."""
    return await _show(visit, organization_id, Form(), kind=kind, cursor=cursor)


@router.get("/organizations/{organization_id}/children", openapi_extra=needs(P.ORGANIZATION_EDIT))
async def show_new_organization(
    visit: VisitDep, organization_id: UUID, kind: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """The form for a new organization of one kind below this one."""
    return await _show_new(visit, organization_id, Form(values={"kind": [kind]}))


@router.post("/organizations/{organization_id}/children", openapi_extra=needs(P.ORGANIZATION_EDIT))
async def add_one_organization(visit: VisitDep, organization_id: UUID) -> Response:
    """There is a new organization below this one."""

    async def use(session: AsyncSession, body: ChildIn) -> Any:
        return await service.create(session, visit.actor, organization_id, body)

    form = await forms.submit(visit, ChildIn, use)
    if form.is_refused:
        return await _show_new(visit, organization_id, form)
    to = f"/console/organizations/{organization_id}?kind={form.result.kind}"
    return page.go(to, "organization_added")


@router.post("/organizations/{organization_id}/change", openapi_extra=needs(P.ORGANIZATION_EDIT))
async def change_one_organization(visit: VisitDep, organization_id: UUID) -> Response:
    """The organization is as edited."""

    async def use(session: AsyncSession, body: OrganizationChange) -> Any:
        return await service.change(session, visit.actor, organization_id, body)

    again = partial(_show, visit, organization_id)
    to = f"/console/organizations/{organization_id}"
    return await forms.step(
        visit, OrganizationChange, use, again, to, "organization_changed", key="change"
    )


@router.post("/organizations/{organization_id}/close", openapi_extra=needs(P.ORGANIZATION_EDIT))
async def close_one_organization(visit: VisitDep, organization_id: UUID) -> Response:
    """The organization has ended; on to the one above it."""

    async def use(session: AsyncSession, body: CloseIn) -> Any:
        return await service.close(session, visit.actor, organization_id, body.reason_code)

    form = await forms.submit(visit, CloseIn, use, key="close")
    if form.is_refused:
        return await _show(visit, organization_id, form)
    return page.go(f"/console/organizations/{form.result.parent_id}", "organization_closed")


async def names(visit: Visit) -> tuple[dict[str, str], dict[str, str]]:
    """Kinds of organizations and types of compounds in the tenant's words."""
    *kinds, compounds = await words.read_names(visit.reader, *words.KINDS, words.COMPOUND_TYPES)
    return {code: name for each in kinds for code, name in each.items()}, compounds


def way(visit: Visit, place: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The way down to a place; what is above all that the visitor runs is told, not linked."""
    own = {str(each) for role in RUNS for each in visit.actor.held.get(role, ())}
    path, is_own = [], False
    for each in place["path"]:
        is_own = is_own or each["id"] in own
        path.append(each | {"is_own": is_own})
    return path


async def _show(
    visit: Visit, organization_id: UUID, form: Form, *, kind: str = "", cursor: str | None = None
) -> Response:
    place = await desk.show(visit.reader, visit.actor, organization_id, P.ORGANIZATION_EDIT)
    kinds, compounds = await names(visit)
    below = [
        (code, name, place["below"][code]) for code, name in kinds.items() if code in place["below"]
    ]
    shown = kind if kind in place["below"] else next((code for code, _, _ in below), "")
    paging = Paging(PAGE_ROWS, cursor)
    if place["kind"] == "compound":
        found = await places.buildings(visit.reader, paging, organization_id)
    else:
        found = await service.page(
            visit.reader, paging, parent_id=organization_id, kind=shown, only_taking_part=False
        )
    return page.render(
        visit.request,
        "oversight/organization.html",
        form.code,
        place=place,
        way=way(visit, place),
        form=form,
        change=form if form.key == "change" else Form("change"),
        close=form if form.key == "close" else Form("close"),
        labels=FIELDS,
        own=_own_fields(place["kind"]),
        kinds=kinds,
        compounds=compounds,
        below=below,
        shown=shown,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        addable=_addable(place["kind"], kinds),
        closings=CLOSINGS,
        is_division=place["kind"] not in PLACES,
    )


async def _show_new(visit: Visit, organization_id: UUID, form: Form) -> Response:
    place = await desk.show(visit.reader, visit.actor, organization_id, P.ORGANIZATION_EDIT)
    kinds, compounds = await names(visit)
    addable = _addable(place["kind"], kinds)
    kind = form.value("kind")
    if kind not in dict(addable):
        kind = ""
    needed = PLACES.get(kind)
    beside = ""
    if needed is not None and (needed.needs_grid or needed.needs_compound):
        beside = "grid" if needed.needs_grid else "compound"
    options = await desk.beside(visit.reader, place["lineage"], beside) if beside else []
    return page.render(
        visit.request,
        "oversight/organization_child.html",
        form.code,
        place=place,
        form=form,
        labels=FIELDS,
        kind=kind,
        kinds=kinds,
        addable=addable,
        own=_own_fields(kind),
        compounds=compounds,
        beside=beside,
        options=[(each["id"], each["name"]) for each in options],
    )


def _addable(kind: str, kinds: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(code, kinds[code]) for code in desk.made_below(kind) if code in kinds]


def _own_fields(kind: str) -> set[str]:
    """Fields that an organization of this kind has beside its name and place."""
    return {field for field, kinds in service.OWN_FIELDS.items() if kind in kinds}
