"""结对: an employer and a community, for either side: proposed by one, confirmed by the other, ended."""

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
from app.core.errors import Invalid
from app.core.paging import Paging
from app.core.schemas import In
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.organization import PairingStatus as S
from app.organizations import pairings
from app.organizations.pairing_schemas import PairingMoveIn
from app.organizations.pairings import PairingAction as A
from app.permissions import Permission as P

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
SIDES = {"employer": "单位提出", "community": "社区提出"}
Words = Annotated[str, Query(max_length=40, pattern="^[^\x00]*$")]


class OtherIn(In):
    """With whom."""

    other_id: UUID


@router.get("/organizations/{organization_id}/pairings", openapi_extra=needs(P.PAIRING_LIST))
async def list_pairing_pages(
    visit: VisitDep, organization_id: UUID, words: Words = "", cursor: page.Cursor = None
) -> Response:
    """The pairings of a community or an employer, newest first; whom it may propose, by name."""
    return await _list(visit, organization_id, Form(), words.strip(), cursor)


@router.post("/organizations/{organization_id}/pairings", openapi_extra=needs(P.PAIRING_PROPOSE))
async def propose_one_pairing(
    visit: VisitDep, organization_id: UUID, words: Words = ""
) -> Response:
    """It waits for the other side's secretary."""

    async def use(session: AsyncSession, body: OtherIn) -> Any:
        try:
            return await pairings.propose_from(session, visit.actor, organization_id, body.other_id)
        except Invalid as error:
            raise Invalid.field("/other_id", "unknown", error.detail) from None

    async def again(form: Form) -> Response:
        return await _list(visit, organization_id, form, words.strip())

    return await forms.step(
        visit, OtherIn, use, again, _at(organization_id), "pairing_proposed", key="propose"
    )


@router.post(
    "/organizations/{organization_id}/pairings/{pairing_id}/confirm",
    openapi_extra=needs(P.PAIRING_CONFIRM),
)
async def confirm_one_pairing(visit: VisitDep, organization_id: UUID, pairing_id: UUID) -> Response:
    """It stands and has its receipt."""
    return await _move(visit, organization_id, pairing_id, A.CONFIRM)


@router.post(
    "/organizations/{organization_id}/pairings/{pairing_id}/end",
    openapi_extra=needs(P.PAIRING_END),
)
async def end_one_pairing(visit: VisitDep, organization_id: UUID, pairing_id: UUID) -> Response:
    """It is no more, or comes to nothing; why stands in its history."""
    return await _move(visit, organization_id, pairing_id, A.END)


async def _move(visit: Visit, organization_id: UUID, pairing_id: UUID, action: A) -> Response:
    async def use(session: AsyncSession, body: PairingMoveIn) -> Any:
        return await pairings.move(session, visit.actor, pairing_id, action, reason=body.reason)

    again = partial(_list, visit, organization_id)
    key, said = str(pairing_id), f"pairing_{action}"
    return await forms.step(visit, PairingMoveIn, use, again, _at(organization_id), said, key=key)


async def _list(
    visit: Visit, organization_id: UUID, refused: Form, words: str = "", cursor: str | None = None
) -> Response:
    found = await pairings.desk(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id, words
    )
    rows = found.rows.items
    after = page.next_page(visit.request, found.rows.next_cursor)
    return page.render(
        visit.request,
        "community/pairings.html",
        refused.code,
        here=_at(organization_id),
        desk=found,
        rows=rows,
        words=words,
        next_page=after and _at(organization_id) + after,
        refused=refused,
        propose=refused if refused.key == "propose" else Form("propose"),
        forms={str(row["id"]): Form(str(row["id"])) for row in rows} | {refused.key: refused},
        statuses=STATUSES,
        sides=SIDES,
        filter=Form("filter"),
    )


def _at(organization_id: UUID) -> str:
    return f"/console/organizations/{organization_id}/pairings"
