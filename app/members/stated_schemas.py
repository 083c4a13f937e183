"""Skills and free times on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Out, Text, Whole


class StatedIn(In):
    """What a member can do and when he is free, as a whole."""

    version: Annotated[int, Whole(1, 1_000_000)]
    skills: Annotated[
        list[Annotated[str, Text(60)]],
        Field(default_factory=list, max_length=20, description="Codes of `skills`."),
    ]
    availability: Annotated[
        list[Annotated[str, Text(40)]],
        Field(default_factory=list, max_length=20, description="Codes of `availability`."),
    ]


class StatedOut(Out):
    """What is said of the member now."""

    id: UUID
    skills: list[str]
    availability: list[str]
    version: int
