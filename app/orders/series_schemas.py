"""Series of orders on the wire."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, field_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from app.core.schemas import Day, Flag, In, Out, Text, Whole
from app.models.order import OrderStatus
from app.models.order_series import Frequency, SeriesStatus
from app.orders.lifecycle import SeriesAction
from app.orders.schemas import INSURED, ServiceIn

CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Begin = Annotated[
    str, Text(5, least=5, pattern=CLOCK), Field(description="Local time.", examples=["19:30"])
]
Minutes = Annotated[int, Whole(10, 1_440)]


class CalendarRuleIn(In):
    """On which days: weekly on weekdays, or monthly on a day or on the nth of a weekday."""

    frequency: Frequency
    every: Annotated[int, Whole(1, 12), Field(description="Every n weeks or months.")] = 1
    weekdays: Annotated[
        list[Annotated[int, Whole(1, 7)]],
        Field(default_factory=list, max_length=7, description="1 Monday to 7 Sunday."),
    ]
    month_day: Annotated[
        Annotated[int, Whole(1, 31)] | None,
        Field(description="Monthly; the last day where a month has no such one."),
    ] = None
    month_week: Annotated[
        Annotated[int, Whole(-1, 4)] | None,
        Field(description="Monthly: the nth of the one weekday; -1: the last."),
    ] = None


class SeriesIn(ServiceIn):
    """A service that comes again. Each occurrence is an ordinary order, open some weeks ahead."""

    rule: CalendarRuleIn
    starts_on: Day
    ends_on: Annotated[Day | None, Field(description="Last day; left out: until it is ended.")] = (
        None
    )
    begins_at: Begin
    minutes: Minutes
    skips_holidays: Annotated[
        Flag | None, Field(description="Left out: as the community's policy says.")
    ] = None


class SeriesChange(In):
    """What may change; left out is left as it is. Orders changed by hand keep their changes."""

    version: Annotated[int, Whole(1, 1_000_000)]
    title: Annotated[str, Text(30)] | SkipJsonSchema[None] = None
    description: Annotated[str, Text(500)] | None = None
    place: Annotated[str, Text(60)] | SkipJsonSchema[None] = None
    seats: Annotated[int, Whole(1, 500)] | SkipJsonSchema[None] = None
    rule: CalendarRuleIn | SkipJsonSchema[None] = None
    ends_on: Day | None = None
    begins_at: Begin | SkipJsonSchema[None] = None
    minutes: Minutes | SkipJsonSchema[None] = None
    skips_holidays: Flag | SkipJsonSchema[None] = None
    insured_until: Annotated[Day, Field(description=INSURED)] | SkipJsonSchema[None] = None

    @field_validator(
        "title",
        "place",
        "seats",
        "rule",
        "begins_at",
        "minutes",
        "skips_holidays",
        "insured_until",
        mode="before",
    )
    @classmethod
    def _is_said(cls, value: Any) -> Any:
        """Only a description and a last day can be taken away."""
        if value is None:
            raise PydanticCustomError("value_required", "不能为空")
        return value


class SeriesEndIn(In):
    """Why no more orders are made."""

    reason: Annotated[str, Text(100)]


class SeriesLine(Out):
    """One line of the community's list."""

    id: UUID
    title: str
    frequency: Frequency
    every: int
    weekdays: list[int]
    month_day: int | None
    month_week: int | None
    starts_on: date
    ends_on: date | None
    begins_at: Annotated[str, Field(description="Local time.", examples=["19:30"])]
    minutes: int
    seats: int
    status: SeriesStatus


class OccurrenceLine(Out):
    """One order of the series that has not begun."""

    id: UUID
    number: str
    title: str
    starts_at: datetime
    ends_at: datetime
    seats: int
    taken: int
    status: OrderStatus
    follows_series: Annotated[bool, Field(description="False: it was changed and keeps that.")]


class SeriesOut(SeriesLine):
    """One series and what is ahead of it."""

    community_id: UUID
    description: str | None
    place: str | None
    template: str | None
    category: str | None
    marks: list[str]
    insured_until: date | None
    skips_holidays: bool
    version: int
    occurrences: Annotated[list[OccurrenceLine], Field(description="The soonest first.")]
    open_to: list[SeriesAction]


class SeriesMovedOut(Out):
    """Where a series stands after a step."""

    id: UUID
    status: SeriesStatus
    version: int
