"""服务证明: checked against the records behind it, issued, refused, revoked and printed, each on its page."""

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
from app.core.paging import Paging
from app.http.deps import PAGE_ROWS, needs
from app.http.room import Room
from app.models.record import CertificateStatus as S
from app.permissions import Permission as P
from app.records import certificate_reading, certificate_routes, certificates
from app.records.certificate_schemas import CertificateReasonIn, PrintIn

router = Room(prefix="/console", include_in_schema=False, route_class=PageRoute)

STATUSES = labels.of(S)
KEYS = ("check", "issue", "refuse", "revoke", "pdf")


@router.get("/communities/{community_id}/certificates", openapi_extra=needs(P.RECORD_KEEP))
async def list_certificate_pages(
    visit: VisitDep, community_id: UUID, status: S = S.REQUESTED, cursor: page.Cursor = None
) -> Response:
    """The community's certificates in one state, the latest first."""
    found = await certificate_reading.page_of_community(
        visit.reader, visit.actor, Paging(PAGE_ROWS, cursor), community_id, status
    )
    return page.render(
        visit.request,
        "community/certificates.html",
        rows=found.items,
        next_page=page.next_page(visit.request, found.next_cursor),
        status=status,
        statuses=STATUSES,
        filter=Form("filter"),
    )


@router.get("/certificates/{certificate_id}", openapi_extra=needs(P.CERTIFICATE_READ))
async def show_one_certificate(visit: VisitDep, certificate_id: UUID) -> Response:
    """One certificate with what it says, and the forms that are open to the reader."""
    return await _show(visit, certificate_id, Form())


@router.post("/certificates/{certificate_id}/check", openapi_extra=needs(P.CERTIFICATE_CHECK))
async def check_one_certificate(visit: VisitDep, certificate_id: UUID) -> Response:
    """The records behind it were looked at; the secretary issues it."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await certificates.check(session, visit.actor, certificate_id)

    return await _move(visit, certificate_id, "check", forms.Nothing, use)


@router.post("/certificates/{certificate_id}/issue", openapi_extra=needs(P.CERTIFICATE_ISSUE))
async def issue_one_certificate(visit: VisitDep, certificate_id: UUID) -> Response:
    """Numbered and frozen."""

    async def use(session: AsyncSession, _: forms.Nothing) -> Any:
        return await certificates.issue(session, visit.actor, certificate_id)

    return await _move(visit, certificate_id, "issue", forms.Nothing, use)


@router.post("/certificates/{certificate_id}/refuse", openapi_extra=needs(P.CERTIFICATE_CHECK))
async def refuse_one_certificate(visit: VisitDep, certificate_id: UUID) -> Response:
    """The member has none, and is told why."""

    async def use(session: AsyncSession, body: CertificateReasonIn) -> Any:
        return await certificates.refuse(session, visit.actor, certificate_id, body.reason)

    return await _move(visit, certificate_id, "refuse", CertificateReasonIn, use)


@router.post("/certificates/{certificate_id}/revoke", openapi_extra=needs(P.CERTIFICATE_ISSUE))
async def revoke_one_certificate(visit: VisitDep, certificate_id: UUID) -> Response:
    """It holds no more, and whoever verifies it sees that."""

    async def use(session: AsyncSession, body: CertificateReasonIn) -> Any:
        return await certificates.revoke(session, visit.actor, certificate_id, body.reason)

    return await _move(visit, certificate_id, "revoke", CertificateReasonIn, use)


@router.post("/certificates/{certificate_id}/pdf", openapi_extra=needs(P.CERTIFICATE_READ))
async def print_one_certificate(visit: VisitDep, certificate_id: UUID) -> Response:
    """The same bytes as over the API; a document number is printed and kept nowhere."""

    async def use(session: AsyncSession, body: PrintIn) -> Any:
        return await certificates.printable(session, visit.actor, certificate_id, body)

    form = await forms.submit(visit, PrintIn, use, key="pdf")
    if form.is_refused:
        return await _show(visit, certificate_id, form)
    return await certificate_routes.on_paper(visit.request, form.result)


async def _move(
    visit: Visit,
    certificate_id: UUID,
    key: str,
    shape: type[Shape],
    use: Callable[[AsyncSession, Shape], Awaitable[Any]],
) -> Response:
    again = partial(_show, visit, certificate_id)
    to = f"/console/certificates/{certificate_id}"
    return await forms.step(visit, shape, use, again, to, f"certificate_{key}", key=key)


async def _show(visit: Visit, certificate_id: UUID, refused: Form) -> Response:
    row = await certificate_reading.show(visit.reader, visit.actor, certificate_id)
    return page.render(
        visit.request,
        "community/certificate.html",
        refused.code,
        row=row,
        statuses=STATUSES,
        refused=refused,
        forms={key: Form(key) for key in KEYS} | {refused.key: refused},
    )
