"""Anybody may ask whether a document is genuine; nothing personal is answered."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import Field
from sqlalchemy import bindparam, select
from sqlalchemy.types import String

from app.core import ids
from app.core.errors import NotFound
from app.core.prepared import Prepared
from app.core.schemas import Out
from app.http import limits
from app.http.deps import AddressDep, ReadDep
from app.http.problems import answers
from app.http.room import Room
from app.models.house import CodeStatus, VerificationCode
from app.models.organization import ContentItem, Organization

router = Room(tags=["verification"])

MOST_A_MINUTE = 30

FIND = Prepared(
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
    code: Annotated[str, Path(min_length=10, max_length=40, pattern=r"^[0-9A-Za-z]+$")],
) -> dict[str, Any]:
    """What the document with this code is; public, and limited for each network.

    Raises:
        NotGenuine: no document carries the code.
        TooMany: this network asked too often.
    """
    await limits.count(
        request.app.state.sessions,
        f"verify|{address}",
        most=MOST_A_MINUTE,
        window=timedelta(minutes=1),
    )
    row = await FIND.one(reader, {"code_hash": ids.digest(code.upper())})
    if row is None:
        raise NotGenuine
    return row
