"""Workdays of the mainland with their exchanged weekends (调休); a table of a tenant may override.

Source: `workdays.csv`, written by `scripts/write_workdays.py` from the `holidays` package, which would
bring the calendars of 250 countries into each process; days it does not name are as their weekday says.
"""

import csv
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from app.core import clock

DAY = timedelta(days=1)
TABLE = Path(__file__).with_suffix(".csv")
WEEKEND = 5  # the weekday that begins it


class Named(NamedTuple):
    """A day that is not as its weekday says, and what it is called; a worked weekend is not."""

    is_workday: bool
    name: str


@cache
def _known() -> Mapping[date, Named]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            date.fromisoformat(row["day"]): Named(row["is_workday"] == "true", row["name"])
            for row in csv.DictReader(file)
        }


def is_workday(day: date) -> bool:
    """Whether offices are open on the local `day`."""
    known = _known().get(day)
    return known.is_workday if known else day.weekday() < WEEKEND


def is_holiday(day: date) -> bool:
    """Whether the local `day` is a public holiday, or free for one; a plain weekend is not."""
    known = _known().get(day)
    return known is not None and not known.is_workday


def name_of(day: date) -> str:
    """What the local `day` is called, "春节"; empty of most."""
    known = _known().get(day)
    return known.name if known else ""


def after(moment: datetime, workdays: int) -> datetime:
    """The end of the `workdays`-th workday after the local day of `moment`; an instant in UTC."""
    day = clock.local_day(moment)
    while workdays > 0:
        day += DAY
        workdays -= is_workday(day)
    return clock.day_starts(day + DAY)


def on_or_after(day: date) -> date:
    """`day` itself, or the next workday."""
    while not is_workday(day):
        day += DAY
    return day
