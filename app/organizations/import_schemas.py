"""Imported files on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Flag, In, Out
from app.models.organization import ImportKind, ImportStatus


class ImportOut(Out):
    """A file that was previewed; figures only, whoever it names."""

    id: UUID
    kind: ImportKind
    organization_id: UUID
    status: ImportStatus
    counts: Annotated[dict[str, int], Field(description="Rows by what becomes of them.")]
    due_at: Annotated[datetime | None, Field(description="Until then it may be applied.")]


class DivisionStep(StrEnum):
    ADDED = "added"
    RENAMED = "renamed"
    MOVED = "moved"


class DivisionChange(Out):
    """One line of a division file that changes something."""

    line: int
    code: str
    name: str
    change: DivisionStep
    was_name: str | None
    was_parent_name: str | None


class DivisionGone(Out):
    """A division that the file no longer has."""

    code: str | None
    name: str
    is_used: Annotated[bool, Field(description="Something lives below it: it is never closed.")]


class DivisionPreview(ImportOut):
    """What a division file would change; the lists hold the first 200."""

    changes: list[DivisionChange]
    vanished: list[DivisionGone]


class ApplyIn(In):
    """How a previewed file is applied."""

    close_vanished: Annotated[
        Flag, Field(description="Divisions only: close what is no longer in the file.")
    ] = False
