"""The roster on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.paging import Page
from app.core.schemas import Flag, In, Out
from app.members.roster_plan import Step
from app.models.member import RegistrationStatus
from app.organizations.import_schemas import ImportOut


class LeaveIn(In):
    """What becomes of lines that the file no longer has."""

    leave_missing: Annotated[Flag, Field(description="They have left; else they stay.")] = False


class RosterRow(Out):
    """A row that adds or changes a line of the roster."""

    row: Annotated[int, Field(description="As the spreadsheet counts it.")]
    step: Annotated[
        Step, Field(description="`phone_changed`: known again by name and branch; look twice.")
    ]


class IdleRow(Out):
    """A row of somebody who is not in service, and is not taken."""

    row: Annotated[int, Field(description="As the spreadsheet counts it.")]
    state: Annotated[str, Field(description="A code of `registration.not_in_service`.")]
    name: Annotated[str, Field(description="Its name in Chinese.", examples=["离退休"])]


class RosterError(Out):
    """One cell that was refused."""

    row: Annotated[int, Field(description="As the spreadsheet counts it.")]
    column: str
    code: str
    message: Annotated[str, Field(description="Chinese, with row and column.")]


class RosterPreview(ImportOut):
    """What a roster would change; the lists hold the first 200. While anything is refused it
    cannot be applied.
    """

    taken: Annotated[list[RosterRow], Field(description="Rows that add or change something.")]
    not_in_service: Annotated[list[IdleRow], Field(description="Told by the branch's name.")]
    refused: Annotated[list[RosterError], Field(description="Correct them and send it again.")]
    unread: Annotated[list[str], Field(description="Sheets and columns that are never read.")]
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
    is_claimed: Annotated[
        bool, Field(description="It is somebody's own: a claim code is for who is not found.")
    ]
    version: int


class Figures(Out):
    """How many are registered; counts of persons, never an order of them."""

    members: Annotated[int, Field(description="Lines; who only asks to be one is not counted.")]
    registered_online: int
    registered_offline: Annotated[int, Field(description="At the counter or on paper.")]
    suspended: int
    under_way: Annotated[int, Field(description="Waits, or was returned.")]
    not_registered: int


class StandingOut(Figures):
    """Of all members of an employer, or of a branch of it."""

    without_branch: Annotated[int, Field(description="Of these, whose line names no branch.")]
    stated_headcount: Annotated[
        int | None, Field(description="As the employer has stated it; null of a branch.")
    ]


class BranchStandingOut(Figures):
    """Of the members of one branch."""

    branch_id: UUID
    branch_name: str


class StandingPage(Page[BranchStandingOut]):
    """Branches in their official order, after the whole."""

    whole: StandingOut


class ClaimCodeOut(Out):
    """Given to the member by the employer; nobody can read it again."""

    code: str
    expires_at: datetime
