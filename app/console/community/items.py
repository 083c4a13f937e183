"""负面清单: alleged by the community, agreed to by the branch, confirmed, reviewed by the subdistrict; the
member answers in between, in the mini-program. Each step is another person's."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core import clock
from app.core.paging import Paging
from app.evaluations import item_reading, negative_items, reading
from app.evaluations.schemas import AllegationIn, EvaluationReasonIn
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.negative_item import NegativeItemStatus as S
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
ITEMS = "negative_list.items"
ONE = "/negative-items/{negative_item_id}"
OF_MEMBER = "/registrations/{registration_id}/negative-items"


@router.get("/organizations/{organization_id}/negative-items", openapi_extra=needs(P.CONDUCT_LIST))
async def list_item_pages(
    visit: VisitDep,
    organization_id: UUID,
    status: S | page.Unused = "",
    cursor: page.Cursor = None,
) -> Response:
    """Those of the place that the reader has a part in, the latest first."""
    await reading.allowed(visit.reader, visit.actor, organization_id, P.CONDUCT_LIST)
    found = await reading.page(
        visit.reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        "items",
        organization_id,
        status or None,
    )
    return page.render(
        visit.request,
        "community/items.html",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        names=await _names(visit),
        status=status,
        statuses=STATUSES,
        filter=Form("filter"),
    )


@router.get(OF_MEMBER, openapi_extra=needs(P.NEGATIVE_ALLEGE))
async def show_allegation_form(visit: VisitDep, registration_id: UUID) -> Response:
    """What could be said of a member, and by which words of the list."""
    return await _show_form(visit, registration_id, Form())


@router.post(OF_MEMBER, openapi_extra=needs(P.NEGATIVE_ALLEGE))
async def allege_one_item(visit: VisitDep, registration_id: UUID) -> Response:
    """One has said it; the branch's secretary is asked, the member not yet."""

    async def use(session: AsyncSession, body: AllegationIn) -> UUID:
        return (await negative_items.allege(session, visit.actor, registration_id, body)).id

    form = await forms.submit(visit, AllegationIn, use)
    if form.is_refused:
        return await _show_form(visit, registration_id, form)
    return page.go(f"/console/negative-items/{form.result}", "item_allege")


@router.get(ONE, openapi_extra=needs(P.NEGATIVE_READ))
async def show_one_item(visit: VisitDep, negative_item_id: UUID) -> Response:
    """One item as this reader may see it, with the steps that are his."""
    return await _show(visit, negative_item_id, Form())


@router.post(f"{ONE}/agree", openapi_extra=needs(P.NEGATIVE_AGREE))
async def agree_to_one_item(visit: VisitDep, negative_item_id: UUID) -> Response:
    """Two have said it, and the member is asked."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await negative_items.agree(session, visit.actor, negative_item_id)

    return await _move(visit, negative_item_id, "agree", forms.Nothing, use)


@router.post(f"{ONE}/confirm", openapi_extra=needs(P.NEGATIVE_CONFIRM))
async def confirm_one_item(visit: VisitDep, negative_item_id: UUID) -> Response:
    """After the answer it is held up; the subdistrict reviews it."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await negative_items.confirm(session, visit.actor, negative_item_id)

    return await _move(visit, negative_item_id, "confirm", forms.Nothing, use)


@router.post(f"{ONE}/review", openapi_extra=needs(P.NEGATIVE_REVIEW))
async def review_one_item(visit: VisitDep, negative_item_id: UUID) -> Response:
    """It goes out in the subdistrict's name, when the member has not objected in time."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await negative_items.review(session, visit.actor, negative_item_id)

    return await _move(visit, negative_item_id, "review", forms.Nothing, use)


@router.post(f"{ONE}/drop", openapi_extra=needs(P.NEGATIVE_DROP))
async def drop_one_item(visit: VisitDep, negative_item_id: UUID) -> Response:
    """It is not held up, and nothing of it is told."""

    async def use(session: AsyncSession, body: EvaluationReasonIn) -> Any:
        return await negative_items.drop(session, visit.actor, negative_item_id, body.reason)

    return await _move(visit, negative_item_id, "drop", EvaluationReasonIn, use)


async def _move(
    visit: Visit,
    item_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again = partial(_show, visit, item_id)
    to = f"/console/negative-items/{item_id}"
    return await forms.step(visit, shape, use, again, to, f"item_{key}", key=key)


async def _show_form(visit: Visit, registration_id: UUID, form: Form) -> Response:
    row = await item_reading.show_allegeable(visit.reader, visit.actor, registration_id)
    said = await dictionaries.sections(visit.reader, ITEMS)
    return page.render(
        visit.request,
        "community/item_form.html",
        form.code,
        row=row,
        form=form,
        items={
            code: entry for code, entry in said[ITEMS].items() if entry.get("enabled") is not False
        },
        today=clock.today(),
    )


async def _show(visit: Visit, item_id: UUID, refused: Form) -> Response:
    row = await item_reading.show_item(visit.reader, visit.actor, item_id)
    said = await dictionaries.sections(visit.reader, ITEMS)
    return page.render(
        visit.request,
        "community/item.html",
        refused.code,
        row=row,
        entry=said[ITEMS].get(row["code"], {}),
        place_id=_place_of(row),
        statuses=STATUSES,
        refused=refused,
        form=refused if refused.key == "drop" else Form("drop"),
    )


def _place_of(row: dict[str, Any]) -> UUID | None:
    """Where the reader finds the item in a list; the member and his employer in none."""
    if {P.NEGATIVE_CONFIRM, P.NEGATIVE_REVIEW} & set(row["grants"]):
        community_id: UUID = row["community_id"]
        return community_id
    return row["functional_branch_id"] if P.NEGATIVE_AGREE in row["grants"] else None


async def _names(visit: Visit) -> dict[str, str]:
    said = await dictionaries.sections(visit.reader, ITEMS)
    return {code: entry["name"] for code, entry in said[ITEMS].items()}
