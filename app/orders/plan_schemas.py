"""Items of a community's plan on the wire."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from app.core.schemas import In, Moment, Out, Text, Whole
from app.models.order import OrderStatus

Month = Annotated[
    str,
    Text(7, least=7, pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$"),
    Field(description="Year and month.", examples=["2026-09"]),
]
Marks = Annotated[
    list[Annotated[str, Text(60)]], Field(max_length=7, description="Of `order_marks`.")
]


class PlanItemIn(In):
    """What the community means to do: a title, a month, a template."""

    title: Annotated[str, Text(30)]
    month: Month
    template: Annotated[str, Text(60), Field(description="Of `order_templates`.")]
    marks: Annotated[Marks, Field(default_factory=list)]


class PlanItemChange(In):
    """What may change; left out is left as it is."""

    version: Annotated[int, Whole(1, 1_000_000)]
    title: Annotated[str, Text(30)] | SkipJsonSchema[None] = None
    month: Month | SkipJsonSchema[None] = None
    template: Annotated[str, Text(60)] | SkipJsonSchema[None] = None
    marks: Marks | SkipJsonSchema[None] = None

    @field_validator("title", "month", "template", "marks", mode="before")
    @classmethod
    def _is_said(cls, value: Any) -> Any:
        """Nothing can be taken away."""
        if value is None:
            raise PydanticCustomError("value_required", "不能为空")
        return value


class PlanOrderIn(In):
    """One tap: without anything the draft is for the first Saturday morning that is ahead."""

    starts_at: Moment | None = None


class PlanItemOut(Out):
    """One item of the plan."""

    id: UUID
    title: str
    month: Month
    template: str
    marks: list[str]
    order_id: UUID | None
    version: int


class PlanItemLine(PlanItemOut):
    """One line of the plan, with what became of it."""

    order_status: OrderStatus | None
