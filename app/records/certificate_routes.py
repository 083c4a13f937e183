"""Certificates of service (服务证明): asked for, checked, issued, printed, revoked."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.errors import Forbidden, NotFound
from app.core.paging import Page, Slice
from app.http.deps import ActorDep, PagingDep, ReadDep, SessionDep, needs
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.lifecycle import BadTransition
from app.models.record import Certificate, CertificateStatus
from app.permissions import Permission as P
from app.records import certificate_reading, certificates, printing
from app.records.certificate_schemas import (
    CertificateIn,
    CertificateLine,
    CertificateOut,
    CertificateReasonIn,
    CertificateShown,
    MyCertificate,
    PrintIn,
)
from app.records.certificates import AlreadyAsked, NothingServed, NotIssued, OwnCertificate

router = Room(prefix="/api/v1", tags=["certificates"], route_class=KeyedRoute)
# what is typed for the paper is kept nowhere, so its answer is not remembered under a key
paper = Room(prefix="/api/v1", tags=["certificates"])

PDF = "application/pdf"
DECIDED = answers(NotFound, Forbidden, BadTransition, OwnCertificate)


@router.get("/me/certificates", summary="我的服务证明", response_model=Page[MyCertificate])
async def list_my_certificates(
    reader: ReadDep, actor: ActorDep, paging: PagingDep
) -> Slice[dict[str, Any]]:
    """My certificates, the latest first."""
    return await certificate_reading.page_of_mine(reader, actor, paging)


@router.post(
    "/me/certificates",
    status_code=201,
    summary="申请开具服务证明",
    response_model=CertificateOut,
    responses=answers(NothingServed, AlreadyAsked),
)
async def request_certificate(
    session: SessionDep, actor: ActorDep, body: CertificateIn
) -> Certificate:
    """I want what I did between two days certified; it costs nothing."""
    return await certificates.request(session, actor, body)


@router.get(
    "/organizations/{community_id}/certificates",
    summary="社区的服务证明",
    response_model=Page[CertificateLine],
    responses=answers(NotFound, Forbidden),
    openapi_extra=needs(P.RECORD_KEEP),
)
async def list_certificates(
    reader: ReadDep,
    actor: ActorDep,
    paging: PagingDep,
    community_id: UUID,
    status: Annotated[
        CertificateStatus, Query(description="One state.")
    ] = CertificateStatus.REQUESTED,
) -> Slice[dict[str, Any]]:
    """The community's certificates in one state, the latest first."""
    return await certificate_reading.page_of_community(reader, actor, paging, community_id, status)


@router.get(
    "/certificates/{certificate_id}",
    summary="查看服务证明",
    response_model=CertificateShown,
    responses=answers(NotFound),
    openapi_extra=needs(P.CERTIFICATE_READ),
)
async def get_certificate(reader: ReadDep, actor: ActorDep, certificate_id: UUID) -> dict[str, Any]:
    """One certificate: the records behind it, and what stands on the paper once it is issued."""
    return await certificate_reading.show(reader, actor, certificate_id)


@router.post(
    "/certificates/{certificate_id}/check",
    summary="核对服务证明",
    response_model=CertificateOut,
    responses=DECIDED,
    openapi_extra=needs(P.CERTIFICATE_CHECK),
)
async def check_certificate(
    session: SessionDep, actor: ActorDep, certificate_id: UUID
) -> Certificate:
    """The records behind it were looked at."""
    return await certificates.check(session, actor, certificate_id)


@router.post(
    "/certificates/{certificate_id}/issue",
    summary="开具服务证明",
    response_model=CertificateOut,
    responses=answers(NotFound, Forbidden, BadTransition, OwnCertificate, NothingServed),
    openapi_extra=needs(P.CERTIFICATE_ISSUE),
)
async def issue_certificate(
    session: SessionDep, actor: ActorDep, certificate_id: UUID
) -> Certificate:
    """It is numbered, frozen and verifiable; one of the same days before is superseded."""
    return await certificates.issue(session, actor, certificate_id)


@router.post(
    "/certificates/{certificate_id}/refuse",
    summary="不予开具",
    response_model=CertificateOut,
    responses=DECIDED,
    openapi_extra=needs(P.CERTIFICATE_CHECK),
)
async def refuse_certificate(
    session: SessionDep, actor: ActorDep, certificate_id: UUID, body: CertificateReasonIn
) -> Certificate:
    """The member learns why he has none."""
    return await certificates.refuse(session, actor, certificate_id, body.reason)


@router.post(
    "/certificates/{certificate_id}/withdraw",
    summary="撤回申请",
    response_model=CertificateOut,
    responses=answers(NotFound, Forbidden, BadTransition),
    openapi_extra=needs(P.CERTIFICATE_OWN),
)
async def withdraw_certificate(
    session: SessionDep, actor: ActorDep, certificate_id: UUID
) -> Certificate:
    """I need it no more."""
    return await certificates.withdraw(session, actor, certificate_id)


@router.post(
    "/certificates/{certificate_id}/revoke",
    summary="撤销服务证明",
    response_model=CertificateOut,
    responses=DECIDED,
    openapi_extra=needs(P.CERTIFICATE_ISSUE),
)
async def revoke_certificate(
    session: SessionDep, actor: ActorDep, certificate_id: UUID, body: CertificateReasonIn
) -> Certificate:
    """It holds no more, and whoever verifies it sees that."""
    return await certificates.revoke(session, actor, certificate_id, body.reason)


@paper.post(
    "/certificates/{certificate_id}/pdf",
    summary="打印服务证明",
    response_class=Response,
    responses=answers(NotFound, NotIssued)
    | {200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}},
    openapi_extra=needs(P.CERTIFICATE_READ),
)
async def print_certificate(
    request: Request, actor: ActorDep, certificate_id: UUID, body: PrintIn
) -> Response:
    """The certificate as PDF; a document number is printed as it was typed, and kept nowhere."""
    async with request.app.state.sessions.begin() as session:  # given back before the page is set
        content = await certificates.printable(session, actor, certificate_id, body)
    return await on_paper(request, content)


async def on_paper(request: Request, content: dict[str, Any]) -> Response:
    """The PDF of what `certificates.printable` has found."""
    url = request.app.state.settings.public_url
    pdf = await asyncio.to_thread(printing.certificate, content, url)
    headers = {
        "Content-Disposition": f'attachment; filename="{content["number"]}.pdf"',
        "Cache-Control": "no-store",
    }
    return Response(pdf, media_type=PDF, headers=headers)
