"""The roster on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Flag, In, Out
from app.models.member import RegistrationStatus
from app.organizations.import_schemas import ImportOut


class LeaveIn(In):
    """What becomes of lines that the file no longer has."""

    leave_missing: Annotated[Flag, Field(description="They have left; else they stay.")] = False


class RosterError(Out):
    """One cell that was refused."""

    row: Annotated[int, Field(description="As the spreadsheet counts it.")]
    column: str
    code: str
    message: Annotated[str, Field(description="Chinese, with row and column.")]


class RosterPreview(ImportOut):
    """What a roster would change. While anything is refused it cannot be applied."""

    refused: list[RosterError]
    unread: Annotated[list[str], Field(description="Headers of columns that are never read.")]
    skipped: Annotated[list[int], Field(description="Rows that are sums or signatures.")]


class LineOut(Out):
    """One line of the roster."""

    id: UUID
    name: str
    phone: Annotated[str | None, Field(description="Masked.")]
    branch_name: str | None
    party_status: str
    is_protected: bool
    registration_status: RegistrationStatus | None
    community_name: str | None
    registered_on: date | None
    version: int


class ClaimCodeOut(Out):
    """Given to the member by the employer; nobody can read it again."""

    code: str
    expires_at: datetime
