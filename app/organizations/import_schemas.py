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


class RowStep(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class RowTaken(Out):
    """A row that is understood, and what becomes of it."""

    sheet: Annotated[str, Field(description="Code of the sheet.", examples=["buildings"])]
    row: Annotated[int, Field(description="As the spreadsheet counts it.")]
    step: RowStep


class CellRefusal(Out):
    """A refused cell, as a person finds it; what it held is not repeated."""

    sheet: str
    row: int
    column: Annotated[str, Field(description="Code of the column.", examples=["phone"])]
    code: str
    message: Annotated[str, Field(description="Sheet, row, column and reason, in Chinese.")]


class RowsPreview(ImportOut):
    """What a file of rows would change; the lists hold the first 200."""

    taken: Annotated[list[RowTaken], Field(description="Rows that add or change something.")]
    refused: Annotated[list[CellRefusal], Field(description="Correct them and send it again.")]
    unread: Annotated[list[str], Field(description="Sheets and columns that were left alone.")]


class ApplyIn(In):
    """How a previewed file is applied."""

    close_vanished: Annotated[
        Flag, Field(description="Divisions only: close what is no longer in the file.")
    ] = False
