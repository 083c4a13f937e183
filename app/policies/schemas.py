"""Content and policies on the wire."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from app.core.schemas import Day, Flag, In, Out, Text, Whole


def _one_error(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """One error for the field in the place of one for each form it might have had."""
    try:
        return handler(value)
    except ValidationError:
        raise PydanticCustomError("bad_value", "取值格式不正确") from None


Number = Annotated[int, Whole(0, 1_000_000)]
Value = Annotated[
    Flag | Number | Annotated[str, Text(100)] | list[Number] | list[Annotated[str, Text(40)]],
    WrapValidator(_one_error),
]


class ContentEntry(Out):
    """One entry of a dictionary, as this tenant has it."""

    code: str
    version: Annotated[int, Field(description="Send it back when editing.")]
    data: Annotated[
        dict[str, Any],
        Field(description="`name` is for people; `enabled: false` is not offered."),
    ]


class Dictionaries(Out):
    """All content by section; the order of a list is the order on the screen."""

    sections: dict[str, list[ContentEntry]]


class ContentChange(In):
    """What is left out stays as it is; a code never changes."""

    version: Annotated[int, Whole(1, 1_000_000_000), Field(description="As it was read.")]
    name: Annotated[Annotated[str, Text(40)] | None, Field(examples=["助老服务"])] = None
    note: Annotated[str, Text(400)] | None = None
    text: Annotated[
        Annotated[str, Text(4000)] | None, Field(description="Of phrases, consents, prints.")
    ] = None
    enabled: Annotated[Flag | None, Field(description="Offered or not.")] = None
    value: Annotated[
        Value | None, Field(description="Of entries that are one value; of the form it has.")
    ] = None


class PolicyIn(In):
    """A value that holds from a day on, here and below."""

    key: Annotated[str, Text(80), Field(examples=["orders.release_cutoff_hours"])]
    value: Annotated[Value, Field(description="Of the policy's own type.", examples=[24])]
    effective_on: Annotated[Day, Field(description="Local day; today or later.")]
    basis: Annotated[str, Text(400), Field(description="Why: a document, a decision.")]


class PolicyOut(Out):
    """A value as it was set."""

    id: UUID
    organization_id: UUID
    key: str
    value: Any
    effective_on: date
    basis: str


class PolicyExplained(Out):
    """Which value holds today, and why."""

    key: str
    value: Any
    organization_id: Annotated[
        UUID | None, Field(description="Who set it; null for the shipped default.")
    ]
    organization_name: str | None
    effective_on: date | None
    basis: str | None
    type: str
    unit: str | None
    choices: list[str] | None
    set_by: Annotated[str, Field(description="The lowest level that may set it, or `locked`.")]
    note: str | None
