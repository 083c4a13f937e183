"""Residents on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text


class ResidenceIn(In):
    """Where I live: a community, and a building from the list or in my own words."""

    community_id: UUID
    building_id: UUID | None = None
    building_text: Annotated[str, Text(60)] | None = None


class ResidentIn(In):
    """A resident without a phone, entered by staff; everything but the place may be unknown."""

    name: Annotated[str, Text(30)] | None = None
    building_id: UUID | None = None
    building_text: Annotated[str, Text(60)] | None = None


class ResidenceOut(Out):
    """One of my residences."""

    id: UUID
    community_id: UUID
    community_name: str
    building_name: str | None
    building_text: str | None


class ResidentOut(Out):
    """A resident was bound or entered."""

    id: UUID
    community_id: UUID


class ResidentLine(Out):
    """One line of the community's list."""

    id: UUID
    name: Annotated[str | None, Field(description="Masked.")]
    building_name: str | None
    building_text: str | None
    has_account: bool
