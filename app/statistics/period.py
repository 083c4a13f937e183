"""The months that a page of figures is about."""

from dataclasses import dataclass
from datetime import date

from app.core import clock
from app.core.errors import Invalid

MOST_MONTHS = 36


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local months, `until` not included, and what a line is of."""

    since: date
    until: date
    by: str

    @classmethod
    def of(cls, first: date | None, last: date | None, by: str) -> "Period":
        """From the month of one day to that of another; a year up to now where none is named.

        Raises:
            Invalid: it ends before it begins, or is longer than three years.
        """
        end = (last or clock.today()).replace(day=1)
        since = (first or clock.months_after(end, -11)).replace(day=1)
        until = clock.months_after(end, 1)
        if not since < until <= clock.months_after(since, MOST_MONTHS):
            raise Invalid.field("/to", "bad_period", "起止月份不正确，最长三年")
        return cls(since, until, by)

    @property
    def first_days(self) -> list[date]:
        """The first day of each month."""
        found, month = [], self.since
        while month < self.until:
            found.append(month)
            month = clock.months_after(month, 1)
        return found

    @property
    def months(self) -> list[str]:
        """Each month, as `2026-11`."""
        return [f"{month:%Y-%m}" for month in self.first_days]
