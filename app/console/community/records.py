"""服务记录: what members have declared, and what they dispute, decided where it stands in the list."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.console import forms, page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.core.sorting import WorkSort
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.record import RecordStatus as S
from app.models.record import ServiceRecord
from app.permissions import Actor
from app.permissions import Permission as P
from app.records import deciding, declaring, reading
from app.records.schemas import ApproveRecordIn, RecordReasonIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)


class Waiting(StrEnum):
    """The states in which a record waits for the community."""

    PENDING_APPROVAL = S.PENDING_APPROVAL
    DISPUTED = S.DISPUTED


STATUSES = {Waiting.PENDING_APPROVAL: "本人补录，待核定", Waiting.DISPUTED: "本人有异议，待复核"}
ONE = "/communities/{community_id}/records/{record_id}"
Decide = Callable[[AsyncSession, Actor, UUID, str], Awaitable[ServiceRecord]]


@router.get("/communities/{community_id}/records", openapi_extra=needs(P.RECORD_KEEP))
async def list_record_pages(
    visit: VisitDep,
    community_id: UUID,
    status: Waiting = Waiting.PENDING_APPROVAL,
    cursor: page.Cursor = None,
) -> Response:
    """What waits for a decision, who waited longest first."""
    return await _list(visit, community_id, status, cursor, Form())


@router.post(f"{ONE}/approve", openapi_extra=needs(P.RECORD_CORRECT))
async def approve_one_record(
    visit: VisitDep, community_id: UUID, record_id: UUID, cursor: page.Cursor = None
) -> Response:
    """What was declared counts, with the minutes declared or fewer."""

    async def use(session: AsyncSession, body: ApproveRecordIn) -> Any:
        return await declaring.approve(session, visit.actor, record_id, body.minutes)

    form = await forms.submit(visit, ApproveRecordIn, use, key=str(record_id))
    return await _decided(visit, community_id, form, "approve", cursor)


@router.post(f"{ONE}/reject", openapi_extra=needs(P.RECORD_CORRECT))
async def reject_one_record(
    visit: VisitDep, community_id: UUID, record_id: UUID, cursor: page.Cursor = None
) -> Response:
    """What was declared does not count, and the member is told why."""
    form = await _reasoned(visit, record_id, declaring.reject)
    return await _decided(visit, community_id, form, "reject", cursor)


@router.post(f"{ONE}/uphold", openapi_extra=needs(P.RECORD_CORRECT))
async def uphold_one_record(
    visit: VisitDep, community_id: UUID, record_id: UUID, cursor: page.Cursor = None
) -> Response:
    """The community has looked into it, and the record stands."""
    form = await _reasoned(visit, record_id, deciding.uphold)
    return await _decided(visit, community_id, form, "uphold", cursor)


@router.post(f"{ONE}/void", openapi_extra=needs(P.RECORD_CORRECT))
async def void_one_record(
    visit: VisitDep, community_id: UUID, record_id: UUID, cursor: page.Cursor = None
) -> Response:
    """The record counts nowhere any more."""
    form = await _reasoned(visit, record_id, deciding.void)
    return await _decided(visit, community_id, form, "void", cursor)


async def _reasoned(visit: Visit, record_id: UUID, decide: Decide) -> Form:
    async def use(session: AsyncSession, body: RecordReasonIn) -> Any:
        return await decide(session, visit.actor, record_id, body.reason)

    return await forms.submit(visit, RecordReasonIn, use, key=str(record_id))


async def _decided(
    visit: Visit, community_id: UUID, form: Form, action: str, cursor: str | None
) -> Response:
    is_declared = action in ("approve", "reject")
    status = Waiting.PENDING_APPROVAL if is_declared else Waiting.DISPUTED
    if form.is_refused:
        return await _list(visit, community_id, status, cursor, form)
    return page.go(_address(community_id, {"status": status}), f"record_{action}")


async def _list(
    visit: Visit, community_id: UUID, status: Waiting, cursor: str | None, refused: Form
) -> Response:
    found = await reading.page_of_community(
        visit.reader,
        visit.actor,
        Paging(PAGE_ROWS, cursor),
        community_id,
        S(status),
        WorkSort.AGE,
    )
    shown = {str(row["id"]): Form(str(row["id"])) for row in found.items}
    is_there = refused.key in shown
    after = found.next_cursor and _address(
        community_id, {"status": status, "cursor": found.next_cursor}
    )
    return page.render(
        visit.request,
        "community/records.html",
        refused.code,
        community_id=community_id,
        rows=found.items,
        next_page=after,
        here=f"?{urlencode({'cursor': cursor})}" if cursor else "",
        status=status,
        statuses=STATUSES,
        forms=shown | ({refused.key: refused} if is_there else {}),
        gone=Form() if is_there else refused,
        filter=Form("filter"),
    )


def _address(community_id: UUID, query: Mapping[str, str]) -> str:
    """Of a list: the same below the address of a form that was refused."""
    return f"/console/communities/{community_id}/records?{urlencode(query)}"
