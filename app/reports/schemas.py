"""Reports on the wire."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.core.schemas import Day, In, Out, Text
from app.models.objection import ObjectionKind
from app.models.report import ReportKind, ReportStatus
from app.reports.lifecycle import ReportAction


class PeriodIn(In):
    """A feedback period, in local days; both ends belong to it."""

    period_from: Annotated[Day, Field(examples=["2025-12-01"])]
    period_to: Annotated[Day, Field(examples=["2026-11-30"])]


class IssueIn(In):
    """What the community says beside the facts; nothing is a proper answer."""

    opinion: Annotated[
        Annotated[str, Text(40)] | None,
        Field(description="A code of `opinion_phrases.community`.", examples=["steady"]),
    ] = None


class SignManyIn(In):
    """Several sheets of one community, each with the sentence that its facts propose."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class BranchOpinionIn(In):
    """What the functional branch says of its member; nothing is a proper answer."""

    opinion: Annotated[
        Annotated[str, Text(40)] | None,
        Field(
            description="A code of `opinion_phrases.functional_branch`; null takes back.",
            examples=["normal"],
        ),
    ]


class ChosenOpinion(BranchOpinionIn):
    """As for one sheet."""

    report_id: UUID


class BranchOpinionsIn(In):
    """What the functional branch says of several of its members at once."""

    items: Annotated[list[ChosenOpinion], Field(min_length=1, max_length=100)]


class OpinedOut(Out):
    """What became of one of many; `code` is null where the sheet says it."""

    id: UUID
    code: Annotated[str | None, Field(examples=["bad_transition"])]


class OpinedManyOut(Out):
    """One answer for each sheet, in the order asked."""

    items: list[OpinedOut]


class BranchSheetOut(Out):
    """A sheet that waits for its signature, as the member's functional branch sees it."""

    id: UUID
    period_from: date
    period_to: date
    name: str
    group_name: str | None
    branch_opinion: Annotated[
        str | None, Field(description="A code of `opinion_phrases.functional_branch`.")
    ]


class BranchOpinionOut(Out):
    """What the sheet will say for the functional branch."""

    id: UUID
    branch_opinion: str | None


class StatementIn(In):
    """The member's own words to his sheet, at most 200 characters."""

    words: Annotated[str, Text(200), Field(description="本人说明")]


class ObjectionIn(In):
    """What in the sheet the member objects to; it is left out until it is decided."""

    kind: Annotated[
        ObjectionKind,
        Field(
            description="`votes`: whether those who should have stood aside did; an `item` of the"
            " negative list is objected to at its own door."
        ),
    ]
    subject_id: Annotated[
        UUID | None, Field(description="The record, or the seat of an absence; none of votes.")
    ] = None
    words: Annotated[str, Text(500), Field(description="Sealed.")]


class UseIn(In):
    """What the employer made of the summary: ticked once for all its members."""

    uses: Annotated[
        list[Annotated[str, Text(40)]],
        Field(min_length=1, max_length=10, description="Codes of `use_made_options`."),
    ]
    reply: Annotated[str, Text(500)] | None = None


class ReportReasonIn(In):
    """Why."""

    reason: Annotated[str, Text(300), Field(description="Shown in the history.")]


class ReportBrief(Out):
    """One line of a list of reports."""

    id: UUID
    kind: ReportKind
    status: ReportStatus
    number: str | None
    edition: Annotated[int, Field(description="1; a correction is 2, 3, …")]
    period_from: date
    period_to: date
    issued_at: datetime | None
    read_at: datetime | None
    acknowledged_at: datetime | None


class StatementOut(Out):
    """What the member said to his sheet."""

    id: UUID
    words: str
    said_at: datetime


class ReceiptOut(Out):
    """What the employer made of the summary that a sheet is in."""

    summary_number: str
    acknowledged_at: datetime | None
    uses_made: Annotated[list[str], Field(description="Codes of `use_made_options`.")]
    reply: str | None


class ReportOut(ReportBrief):
    """One report as this reader may see it: a clerk of the employer gets facts only."""

    issuer_name: str
    content: Annotated[
        dict[str, Any],
        Field(description="The sections of the form; minutes are whole minutes, days local."),
    ]
    content_hash: Annotated[str | None, Field(description="SHA-256 over the frozen text.")]
    previous_hash: Annotated[str | None, Field(description="Of the issuer's report before.")]
    delivered_at: datetime | None
    uses_made: list[str]
    reply: str | None
    superseded_by_id: Annotated[UUID | None, Field(description="The edition that replaced it.")]
    receipt: Annotated[
        ReceiptOut | None, Field(description="Of a sheet that an employer has in a summary.")
    ]
    statements: list[StatementOut]
    open_to: Annotated[list[ReportAction], Field(description="Steps this reader may take now.")]


class DraftedOut(Out):
    """How many sheets were drafted, and which."""

    report_ids: list[UUID]
