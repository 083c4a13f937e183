"""Runs on the wire."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out
from app.models.report_run import RunKind


class RunOut(Out):
    """One period's reports of everybody below."""

    id: UUID
    kind: RunKind
    period_from: date
    period_to: date
    created_at: datetime


class RunLine(RunOut):
    """How far it is."""

    tasks: Annotated[int, Field(description="Communities and employers to work through.")]
    done: int
    failed: Annotated[int, Field(description="Could not be done yet, and are tried again.")]


class MissingOut(Out):
    """What one organization still lacks; people are counted, not named."""

    id: UUID
    code: Annotated[str, Field(description="Empty, if it has none.")]
    name: str
    has_secretary: bool
    members: Annotated[int, Field(description="Registered at some time of the period.")]
    without_consent: Annotated[int, Field(description="They report themselves.")]
    unsigned: Annotated[int, Field(description="Agreed, and no signed sheet.")]


class CommunityMissingOut(MissingOut):
    """A community."""

    without_draft: Annotated[int, Field(description="Agreed, and no sheet at all.")]
    panels_short: Annotated[
        int | None,
        Field(description="Of the year's appraisal, that lack somebody; null: none is planned."),
    ]
    records_undecided: Annotated[int, Field(description="They stand in no figure.")]


class EmployerMissingOut(MissingOut):
    """An employer."""

    stated_headcount: int | None
    not_registered: Annotated[int, Field(description="In service, on the roster, nowhere here.")]
