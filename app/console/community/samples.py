"""抽查: what chance has drawn of the records, checked in the list by somebody who did not approve it."""

from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from app import labels
from app.console import forms, page
from app.console.forms import Form
from app.console.page import PageRoute
from app.console.visit import Visit, VisitDep
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.record import RecordStatus as R
from app.models.record import SampleStatus as S
from app.permissions import Permission as P
from app.records import sample_reading, samples
from app.records.sample_schemas import AuditIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
EMPTY = {
    S.WAITING: (
        "没有等待核对的抽查记录。",
        "每月初按政策设定的比例从上月的服务记录里随机抽取，会出现在这里。",
    ),
    S.RIGHT: ("还没有核对无误的记录。", "在“待核对”里核对后，会出现在这里。"),
    S.WRONG: ("没有发现问题的记录。", "核对时写明的问题会留在这里，记录由社区复核。"),
}
RECORDS = labels.of(R)
SOURCES = {
    "order": "服务订单",
    "post": "岗位值勤",
    "declared": "本人补录",
    "wish": "微心愿",
    "shift": "应急班次",
    "campaign_shift": "活动班次",
}


@router.get("/organizations/{organization_id}/samples", openapi_extra=needs(P.RECORD_DRAWN))
async def list_sample_pages(
    visit: VisitDep, organization_id: UUID, status: S = S.WAITING, cursor: page.Cursor = None
) -> Response:
    """What was drawn at the place and below, in one state; the latest draw first."""
    return await _list(visit, organization_id, status, cursor, Form())


@router.post(
    "/organizations/{organization_id}/samples/{sample_id}/audit",
    openapi_extra=needs(P.SAMPLE_AUDIT),
)
async def audit_one_sample(
    visit: VisitDep, organization_id: UUID, sample_id: UUID, cursor: page.Cursor = None
) -> Response:
    """What was found stands with it; what is wrong goes back to the community."""

    async def use(session: AsyncSession, body: AuditIn) -> Any:
        return await samples.audit(session, visit.actor, sample_id, body.action, body.note)

    again = partial(_list, visit, organization_id, S.WAITING, cursor)
    to = f"/console/organizations/{organization_id}/samples"
    return await forms.step(visit, AuditIn, use, again, to, "sample_audit", key=str(sample_id))


async def _list(
    visit: Visit, organization_id: UUID, status: S, cursor: str | None, refused: Form
) -> Response:
    found = await sample_reading.page_of_samples(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), organization_id, status
    )
    address = f"/console/organizations/{organization_id}/samples"
    after = urlencode({"status": status, "cursor": found.next_cursor or ""})
    return page.render(
        visit.request,
        "community/samples.html",
        refused.code,
        rows=found.items,
        address=address,
        here=f"?{urlencode({'cursor': cursor})}" if cursor else "",
        next_page=found.next_cursor and f"{address}?{after}",
        status=status,
        statuses=STATUSES,
        empty=EMPTY[status],
        records=RECORDS,
        sources=SOURCES,
        forms={str(row["id"]): Form(str(row["id"])) for row in found.items}
        | {refused.key: refused},
        refused=refused,
        filter=Form("filter"),
    )
