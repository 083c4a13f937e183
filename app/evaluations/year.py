"""The evaluation year, and how much of a registration lies in it; local days, both ends included.

Source: policy `evaluation.year_ends_on`.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.policies import service as policies

DAY = timedelta(days=1)
A_YEAR = 12


class Year(NamedTuple):
    """First and last day."""

    first: date
    last: date


async def year_of(session: AsyncSession, organization_id: UUID, day: date) -> Year:
    """The evaluation year of this organization that `day` lies in."""
    said = await policies.value(session, organization_id, "evaluation.year_ends_on")
    month, last_day = (int(part) for part in said.split("-"))
    last = _on(day.year, month, last_day)
    if day > last:
        last = _on(day.year + 1, month, last_day)
    return Year(_on(last.year - 1, month, last_day) + DAY, last)


def _on(year: int, month: int, day: int) -> date:
    """That day, or the last of its month."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def months_between(first: date, last: date) -> int:
    """Whole months from `first` to the end of `last`; never less than none."""
    end = last + DAY
    months = (end.year - first.year) * A_YEAR + end.month - first.month
    if clock.months_after(first, months) > end:
        months -= 1
    return max(months, 0)


def share_suspended(within: Year, spans: Sequence[tuple[date, date]]) -> float:
    """Of the days `within`, the share that lies in a span of suspension: 0 to 1."""
    days = (within.last - within.first).days + 1
    if days <= 0:
        return 0.0
    lost = sum(
        max((min(last, within.last) - max(first, within.first)).days + 1, 0)
        for first, last in spans
    )
    return min(lost / days, 1.0)
