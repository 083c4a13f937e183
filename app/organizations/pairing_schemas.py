"""Pairings of employers and communities on the wire."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text
from app.models.organization import PairingStatus


class PairingIn(In):
    """An employer and a community that are to be paired."""

    employer_id: UUID
    community_id: UUID


class PairingMoveIn(In):
    """What goes with a step."""

    reason: Annotated[
        Annotated[str, Text(400)] | None, Field(description="Required to end a pairing.")
    ] = None


class PairingOut(Out):
    """A pairing, for either side."""

    id: UUID
    employer_id: UUID
    employer_name: str
    community_id: UUID
    community_name: str
    proposed_by: Annotated[str, Field(description="employer or community.")]
    status: PairingStatus
    receipt_number: Annotated[str | None, Field(description="Once it is confirmed.")]
    created_at: datetime
    open_to: Annotated[list[str], Field(description="Steps that the caller may take now.")]
