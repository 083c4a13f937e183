"""转接: who leaves a community or an employer and who comes to it, each step with its form."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.community.registration import GROUNDS, RETURNS, returns_of
from app.console.forms import Form, Shape
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.members import directory, taking_in, transfer_reading, transfers
from app.members.lifecycle import TransferAction as A
from app.members.transfer_schemas import RefuseTransferIn, Side, TakeInIn
from app.models.member import TransferKind
from app.models.member import TransferStatus as S
from app.organizations import places
from app.permissions import Permission as P
from app.policies import dictionaries

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

SIDES = labels.of(Side)
KINDS = labels.of(TransferKind)
STATUSES = labels.of(S)
ACTIONS = labels.HISTORIES["HistoryOut"]
FORMS = ("let_go", "keep", "take_in", "turn_down")
# The forms that refuse, by the step that stands beside them: its path, its button.
REFUSALS = {
    A.KEEP: ("keep", "keep", "不同意转出"),
    A.TURN_DOWN: ("turn_down", "turn-down", "不接收转入"),
}


@router.get(
    "/organizations/{organization_id}/transfers",
    openapi_extra=needs(P.COMMUNITY_READ, P.EMPLOYER_ROSTER),
)
async def list_transfer_pages(
    visit: VisitDep,
    organization_id: UUID,
    side: Side = Side.OUT,
    status: S | page.Unused = "",
    cursor: page.Cursor = None,
) -> Response:
    """Who leaves or who comes: those that wait for this side, or in one state; oldest first."""
    found = await transfer_reading.page(
        visit.reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        organization_id,
        side=side,
        status=status or None,
    )
    return page.render(
        visit.request,
        "community/transfers.html",
        organization_id=organization_id,
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        side=side,
        sides=SIDES,
        status=status,
        statuses=STATUSES,
        kinds=KINDS,
        filter=Form("filter"),
    )


@router.get("/transfers/{transfer_id}", openapi_extra=needs(P.TRANSFER_READ))
async def show_one_transfer(visit: VisitDep, transfer_id: UUID) -> Response:
    """One transfer, with the forms that are open to the reader."""
    return await _show(visit, transfer_id, Form())


@router.post("/transfers/{transfer_id}/let-go", openapi_extra=needs(P.TRANSFER_LET_GO))
async def let_one_transfer_go(visit: VisitDep, transfer_id: UUID) -> Response:
    """The old side has no objection."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await transfers.let_go(session, visit.actor, transfer_id)

    return await _move(visit, transfer_id, A.LET_GO, forms.Nothing, use)


@router.post("/transfers/{transfer_id}/keep", openapi_extra=needs(P.TRANSFER_LET_GO))
async def keep_one_transfer(visit: VisitDep, transfer_id: UUID) -> Response:
    """The old side does not let the member go, who is told why."""

    async def use(session: AsyncSession, body: RefuseTransferIn) -> Any:
        return await transfers.keep(session, visit.actor, transfer_id, body)

    return await _move(visit, transfer_id, A.KEEP, RefuseTransferIn, use)


@router.post("/transfers/{transfer_id}/take-in", openapi_extra=needs(P.TRANSFER_TAKE_IN))
async def take_one_transfer_in(visit: VisitDep, transfer_id: UUID) -> Response:
    """From today the member is registered on the new side, placed as chosen."""

    async def use(session: AsyncSession, body: TakeInIn) -> Any:
        return await taking_in.take_in(session, visit.actor, transfer_id, body)

    return await _move(visit, transfer_id, A.TAKE_IN, TakeInIn, use)


@router.post("/transfers/{transfer_id}/turn-down", openapi_extra=needs(P.TRANSFER_TAKE_IN))
async def turn_one_transfer_down(visit: VisitDep, transfer_id: UUID) -> Response:
    """The new side does not take the member in, who is told why."""

    async def use(session: AsyncSession, body: RefuseTransferIn) -> Any:
        return await transfers.turn_down(session, visit.actor, transfer_id, body)

    return await _move(visit, transfer_id, A.TURN_DOWN, RefuseTransferIn, use)


async def _move(
    visit: Visit,
    transfer_id: UUID,
    action: A,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again = partial(_show, visit, transfer_id)
    to = f"/console/transfers/{transfer_id}"
    return await forms.step(visit, shape, use, again, to, f"transfer_{action}", key=action)


async def _show(visit: Visit, transfer_id: UUID, sent: Form) -> Response:
    row = await transfer_reading.show(visit.reader, visit.actor, transfer_id)
    is_of_community = row["kind"] is TransferKind.COMMUNITY
    units: dict[str, list[tuple[Any, str]]] = {kind: [] for kind in places.PLACED}
    branches: list[tuple[UUID, str]] = []
    if A.TAKE_IN in row["open_to"] and is_of_community:
        for unit in await places.units(visit.reader, row["to_id"]):
            units[unit["kind"]].append((unit["id"], unit["name"]))
    elif A.TAKE_IN in row["open_to"]:
        branches = await directory.branches(visit.reader, row["to_id"])
    said = await dictionaries.sections(visit.reader, RETURNS)
    takes_in = P.TRANSFER_TAKE_IN in row["grants"]
    return page.render(
        visit.request,
        "community/transfer.html",
        sent.code,
        row=row,
        place_id=row["to_id"] if takes_in else row["from_id"],
        side=Side.IN if takes_in else Side.OUT,
        takes_in=takes_in,
        is_of_community=is_of_community,
        units=units,
        branches=branches,
        reasons=list(returns_of(said[RETURNS], row["kind"])),
        refusals=[REFUSALS[each] for each in row["open_to"] if each in REFUSALS],
        forms={key: Form(key) for key in FORMS} | {sent.key: sent},
        sent=sent,
        kinds=KINDS,
        statuses=STATUSES,
        actions=ACTIONS,
        grounds=GROUNDS,
        A=A,
    )
