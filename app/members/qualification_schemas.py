"""Qualifications on the wire."""

from datetime import date
from typing import Annotated

from pydantic import Field

from app.core.schemas import Day, In, Out, Text


class QualificationIn(In):
    """A licence or certificate that was looked at; no copy of it is kept."""

    code: Annotated[str, Text(60), Field(description="Of `qualifications`; its `check` says who.")]
    last_four: Annotated[
        Annotated[str, Text(4, least=4)] | None, Field(description="Of its number.")
    ] = None
    valid_to: Annotated[
        Day | None, Field(description="Last day; the kind itself may say an earlier one.")
    ] = None


class QualificationOut(Out):
    """What is kept of a qualification."""

    code: str
    last_four: str | None
    valid_to: Annotated[date | None, Field(description="Null: for good.")]
    verified_on: date


class QualificationsOut(Out):
    """All that is kept of a member's qualifications."""

    items: list[QualificationOut]
