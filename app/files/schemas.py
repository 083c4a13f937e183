"""Photos on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text
from app.files.lifecycle import FileAction
from app.models.file import FileStatus


class HideIn(In):
    """Why a photo is not shown; its uploader is told."""

    reason: Annotated[str, Text(100), Field(examples=["照片里有他人面部"])]


class PhotoOut(Out):
    """One photo, and links to it for who may see it."""

    id: UUID
    status: Annotated[
        FileStatus,
        Field(
            description="Only `shown` is seen by others than the uploader; `held` (待核) also by the"
            " community's staff, who decide."
        ),
    ]
    width: Annotated[int, Field(description="Pixels.")]
    height: Annotated[int, Field(description="Pixels.")]
    photo: Annotated[
        str | None,
        Field(
            description="Path of a link that needs no login and expires after 10 to 15 minutes;"
            " null where the reader may not see the photo (yet)."
        ),
    ]
    thumbnail: Annotated[str | None, Field(description="As `photo`, at most 320 pixels wide.")]
    open_to: list[FileAction]


class HeldPhoto(PhotoOut):
    """A photo that waits for the community's decision, and what it belongs to."""

    subject_kind: Annotated[str, Field(examples=["need"])]
    subject_id: UUID
    created_at: datetime


class PhotoMovedOut(Out):
    """Where a photo stands after a step."""

    id: UUID
    status: FileStatus
