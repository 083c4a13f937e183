"""Workdays of the mainland with their exchanged weekends (调休); a table of a tenant may override.

Source: the `holidays` package's China calendar; years it does not know count Monday to Friday.
"""

from datetime import date, datetime, timedelta
from functools import cache

import holidays

from app.core import clock

DAY = timedelta(days=1)


@cache
def _calendar(year: int) -> "holidays.HolidayBase":
    return holidays.country_holidays("CN", years=year)


def is_workday(day: date) -> bool:
    """Whether offices are open on the local `day`."""
    return bool(_calendar(day.year).is_working_day(day))


def is_holiday(day: date) -> bool:
    """Whether the local `day` is a public holiday, or free for one; a plain weekend is not."""
    return day in _calendar(day.year)


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
