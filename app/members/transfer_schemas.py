"""Transfers on the wire."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text
from app.members.lifecycle import TransferAction
from app.members.schemas import ApplicationIn, HistoryOut, RegistrationAcceptIn
from app.models.member import TransferKind, TransferStatus


class Side(StrEnum):
    """From where an organization looks at a transfer."""

    OUT = "out"
    IN = "in"


class EmployerTransferIn(In):
    """The new employer: by its roster's line that was offered, or by asking it."""

    member_id: Annotated[
        UUID | None, Field(description="A line of `GET /me/registration-offer`.")
    ] = None
    application: ApplicationIn | None = None


class RefuseTransferIn(In):
    """Why not, with a reason of `registration.return_reasons`."""

    reason_code: Annotated[str, Text(40)]
    reason_text: Annotated[str, Text(200)] | None = None


class TakeInIn(RegistrationAcceptIn):
    """Where a community places the member; `branch_id` is the Party branch, of an employer only."""

    branch_id: UUID | None = None


class TransferState(Out):
    """What a step answers."""

    id: UUID
    kind: TransferKind
    status: TransferStatus
    registration_id: UUID
    new_registration_id: Annotated[
        UUID | None, Field(description="Once it is effective: with the new receipt.")
    ]


class TransferItem(Out):
    """One line of an organization's list; name and phone are masked."""

    id: UUID
    kind: TransferKind
    status: TransferStatus
    name: Annotated[str, Field(description="Masked.")]
    phone: Annotated[str | None, Field(description="Masked.")]
    is_protected: bool
    employer_name: Annotated[str, Field(description="Of the registration that is left.")]
    from_name: str
    to_name: str
    asked_at: datetime


class TransferOut(TransferItem):
    """One transfer with its history; the new residence only for the member and the new community."""

    registration_id: UUID
    new_registration_id: UUID | None
    from_id: UUID
    to_id: UUID
    branch_name: Annotated[str | None, Field(description="The member's Party branch.")]
    is_on_roster: Annotated[
        bool, Field(description="False: the member applied, the new employer has no line of him.")
    ]
    ground: str | None
    ground_note: str | None
    compound_name: str | None
    building_name: str | None
    building_text: str | None
    suggested_grid_id: Annotated[UUID | None, Field(description="From the building.")]
    suggested_functional_branch_id: UUID | None
    suggested_functional_group_id: UUID | None
    open_to: Annotated[list[TransferAction], Field(description="The buttons to draw.")]
    history: list[HistoryOut]
