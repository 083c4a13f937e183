"""Organizations on the wire."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import PLAIN, Flag, In, Out, Text, Whole

# No line breaks or other control characters: a name stands on one line.


class OrganizationBrief(Out):
    """One line of a list of organizations; public."""

    id: UUID
    kind: Annotated[str, Field(description="A code of `organization_kinds`.", examples=["grid"])]
    name: Annotated[str, Field(examples=["学田社区"])]
    code: Annotated[str | None, Field(description="Of the statistics bureau, 6 to 12 digits.")]
    takes_part: Annotated[bool, Field(description="Members may register here.")]


class OrganizationOut(OrganizationBrief):
    """One organization; public."""

    parent_id: UUID | None
    parent_name: str | None
    community_kind: Annotated[str | None, Field(description="urban or village.")]
    compound_id: Annotated[UUID | None, Field(description="Of a building: its compound.")]
    compound_type: str | None
    grid_id: Annotated[UUID | None, Field(description="The grid it is embedded in.")]
    unit_kind: str | None
    version: Annotated[int, Field(description="Send it back when editing.")]


class OrganizationChanged(Out):
    """What a change left; read the organization again for its names."""

    id: UUID
    kind: str
    name: str
    takes_part: bool
    version: int


class CommunityFound(Out):
    """A community that takes part, with what stands above it."""

    id: UUID
    name: str
    subdistrict_name: str
    district_name: Annotated[str | None, Field(description="Null where there is none.")]


class BuildingOut(Out):
    """A building of a compound; public."""

    id: UUID
    name: Annotated[str, Field(examples=["12幢"])]
    grid_id: UUID
    grid_name: str


class ChildIn(In):
    """A new organization below the one in the path."""

    kind: Annotated[
        str, Text(40), Field(description="A code of `organization_kinds`.", examples=["grid"])
    ]
    name: Annotated[str, Text(100, pattern=PLAIN), Field(examples=["第三网格"])]
    position: Annotated[int, Whole(0, 100_000), Field(description="Order among its sisters.")] = 0
    grid_id: Annotated[
        UUID | None, Field(description="Of a grid branch or functional group: its grid.")
    ] = None
    compound_id: Annotated[UUID | None, Field(description="Of a building: its compound.")] = None
    compound_type: Annotated[
        Annotated[str, Text(20)] | None,
        Field(description="A code of `compound_types`.", examples=["old"]),
    ] = None
    code: Annotated[
        Annotated[str, Text(18)] | None,
        Field(description="Unified social credit code of an employer."),
    ] = None
    unit_kind: Annotated[str, Text(40)] | None = None
    stated_headcount: Annotated[
        Annotated[int, Whole(0, 1_000_000)] | None,
        Field(description="In-service members the employer states."),
    ] = None
    paired_community_id: UUID | None = None
    households: Annotated[int, Whole(0, 1_000_000)] | None = None


class OrganizationChange(In):
    """What is left out stays as it is."""

    version: Annotated[int, Whole(1, 1_000_000_000), Field(description="As it was read.")]
    name: Annotated[str, Text(100, pattern=PLAIN)] | None = None
    position: Annotated[int, Whole(0, 100_000)] | None = None
    takes_part: Annotated[
        Flag | None, Field(description="Of a community; decided above the community.")
    ] = None
    compound_type: Annotated[str, Text(20)] | None = None
    unit_kind: Annotated[str, Text(40)] | None = None
    stated_headcount: Annotated[int, Whole(0, 1_000_000)] | None = None
    paired_community_id: UUID | None = None
    households: Annotated[int, Whole(0, 1_000_000)] | None = None


class CloseReason(StrEnum):
    MERGED = "merged"
    DISSOLVED = "dissolved"
    DEMOLISHED = "demolished"
    ENTERED_WRONGLY = "entered_wrongly"
    OTHER = "other"


class CloseIn(In):
    """Why an organization ends."""

    reason_code: CloseReason
