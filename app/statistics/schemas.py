"""Figures, and frozen days, weeks and months, on the wire."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Out


class Figures(Out):
    """Sums of a month, a kind or a period. Null: too few people to be shown, or nothing to divide.

    A need stands in the month in which it was raised, an order in that of its publishing.
    """

    registered: Annotated[int | None, Field(description="At the end; every channel counts.")]
    served: Annotated[int | None, Field(description="Members who served, each once.")]
    services: int | None
    volunteer_minutes: int | None
    work_minutes: Annotated[int | None, Field(description="In working hours, kept apart.")]
    are_people_hidden: Annotated[
        bool, Field(description="Too few people, or others could be computed from these.")
    ]
    needs: Annotated[int, Field(description="Raised.")]
    accepted: int
    solved: int
    partly: int
    unsolved: int
    unanswered: Annotated[int, Field(description="On neither side of the resolution rate.")]
    resolution_percent: Annotated[float | None, Field(description="Solved of answered.")]
    responses: Annotated[int, Field(description="Needs that had a first answer.")]
    in_time: Annotated[int, Field(description="Of these, within `needs.first_answer_workdays`.")]
    in_time_percent: float | None
    response_hours: Annotated[
        int | None, Field(description="Half had the first answer in less than so many hours.")
    ]
    solutions: int
    solution_hours: Annotated[
        int | None, Field(description="Half of the solved were done in less than so many hours.")
    ]
    orders: Annotated[int, Field(description="Published.")]
    orders_taken: int
    orders_unmet: Annotated[int, Field(description="They found nobody.")]


class FiguresLine(Figures):
    """One month, kind or category."""

    group: Annotated[
        str,
        Field(
            description="month, category; by kind: mode, need_kind, need_route, order_size, "
            "unmet_reason.",
            examples=["month"],
        ),
    ]
    key: Annotated[str, Field(examples=["2026-11"])]


class OrganizationFigures(Figures):
    """An organization's figures of a whole period. No rate can be sorted by."""

    organization_id: UUID
    organization_name: str
    organization_kind: str
    headcount: Annotated[
        int | None, Field(description="Members in service of the employers there, as stated.")
    ]
    registration_percent: Annotated[
        float | None, Field(description="Of the headcount; every channel counts.")
    ]
    service_percent: Annotated[float | None, Field(description="Served, of registered.")]
    satisfaction: Annotated[
        str, Field(description="A percentage, a band, or words where raters are few.")
    ]
    votes: Annotated[int | None, Field(description="On how many it stands.")]


class StatisticsOut(OrganizationFigures):
    """The same, with its lines."""

    since: date
    until: Annotated[date, Field(description="Last day.")]
    by: str
    lines: list[FiguresLine]
