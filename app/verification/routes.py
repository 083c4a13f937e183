"""Anybody may ask whether a document is genuine; nothing personal is answered."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import Field
from sqlalchemy import bindparam, select
from sqlalchemy.types import String

from app.core import ids
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.core.schemas import In, Out, Text
from app.http import limits
from app.http.deps import AddressDep, ReadDep
from app.http.problems import answers
from app.http.room import Room
from app.models.house import CodeStatus, DocumentDigest, VerificationCode
from app.models.organization import ContentItem, Organization
from app.models.report import Report

router = Room(tags=["verification"])

MOST_A_MINUTE = 30
CodePath = Annotated[str, Path(min_length=10, max_length=40, pattern=r"^[0-9A-Za-z]+$")]

FIND_ROW = (
    select(
        VerificationCode.document_kind,
        ContentItem.data["name"].astext.label("document_name"),
        Organization.name.label("issuer_name"),
        VerificationCode.issued_on,
        VerificationCode.standing,
    )
    .join(Organization, Organization.id == VerificationCode.issuer_id)
    .outerjoin(
        ContentItem,
        (ContentItem.section == "numbers") & (ContentItem.code == VerificationCode.document_kind),
    )
    .where(VerificationCode.code_hash == bindparam("code_hash", type_=String()))
)
FIND = Prepared(FIND_ROW)


printed = (
    select(DocumentDigest.digest)
    .where(
        DocumentDigest.subject_id == VerificationCode.subject_id,
        DocumentDigest.digest == bindparam("sha256", type_=String()),
    )
    .exists()
)
frozen = (
    select(Report.id)
    .where(
        Report.id == VerificationCode.subject_id,
        Report.content_hash == bindparam("sha256", type_=String()),
    )
    .exists()
)
COMPARE = Prepared(FIND_ROW.add_columns((printed | frozen).label("is_unchanged")))


class NotGenuine(NotFound):
    """No document of ours carries this code."""

    code, title = "not_genuine", "查无此件，请核对校验码"


class VerificationOut(Out):
    """Source: `masks.verification_page` of the content: genuine or not, kind, issuer, day, state."""

    document_kind: Annotated[str, Field(examples=["registration_receipt"])]
    document_name: Annotated[str | None, Field(description="Chinese.", examples=["报到回执"])]
    issuer_name: str
    issued_on: date
    standing: Annotated[CodeStatus, Field(description="valid, superseded by a new one, or void.")]


class ComparedOut(VerificationOut):
    """As above, and whether it is the document that we gave."""

    is_unchanged: Annotated[
        bool, Field(description="These are the bytes that we printed, or the frozen text.")
    ]


class DocumentIn(In):
    """What the client has reckoned over the file itself: the file stays where it is."""

    sha256: Annotated[
        str,
        Text(64, pattern=r"^[0-9a-f]{64}$"),
        Field(
            description="SHA-256 of the PDF, or `content_hash`, in lower case hex.",
        ),
    ]


@router.get(
    "/v/{code}",
    summary="核验文件真伪",
    response_model=VerificationOut,
    responses=answers(NotGenuine),
)
async def verify_document(
    request: Request,
    reader: ReadDep,
    address: AddressDep,
    code: CodePath,
) -> dict[str, Any]:
    """What the document with this code is; public, and limited for each network.

    Raises:
        NotGenuine: no document carries the code.
        TooMany: this network asked too often.
    """
    return await _found(request, reader, address, FIND, {"code_hash": ids.digest(code.upper())})


@router.post(
    "/v/{code}/document",
    summary="核验文件是否被改动",
    response_model=ComparedOut,
    responses=answers(NotGenuine),
)
async def compare_document(
    request: Request, reader: ReadDep, address: AddressDep, code: CodePath, body: DocumentIn
) -> dict[str, Any]:
    """Whether a file is the one that we gave, by its digest; else as `verify_document`.

    Raises:
        NotGenuine, TooMany: as there.
    """
    binds = {"code_hash": ids.digest(code.upper()), "sha256": body.sha256}
    return await _found(request, reader, address, COMPARE, binds)


async def _found(
    request: Request, reader: Reader, address: str, statement: Prepared, binds: dict[str, Any]
) -> dict[str, Any]:
    await limits.count(
        request.app.state.sessions,
        f"verify|{address}",
        most=MOST_A_MINUTE,
        window=timedelta(minutes=1),
    )
    row = await statement.one(reader, binds)
    if row is None:
        raise NotGenuine
    return row
