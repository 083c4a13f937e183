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
