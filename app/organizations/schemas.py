"""Organizations on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out


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
    compound_type: str | None
    version: Annotated[int, Field(description="Send it back when editing.")]
