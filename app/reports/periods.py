"""Feedback periods: local days, both ends included; over, and at most a year."""

from datetime import date, timedelta
from typing import NamedTuple

from app.core import clock
from app.core.errors import Invalid

EARLIEST = 2000


class Period(NamedTuple):
    """Local days, both included."""

    first: date
    last: date


class BadPeriod(Invalid):
    """The period ends before it begins, has days still to come, is longer than a year, or began
    before there was anything to report."""

    code, title = "bad_period", "反馈期间不正确"


def check_period(first: date, last: date) -> Period:
    """The period, if it makes sense and no day of it is still to come.

    Raises:
        BadPeriod: see there; the field is named.
    """
    today = clock.today()
    a_year_on = (first.year + 1, first.month, first.day)
    for pointer, is_wrong, message in (
        ("/period_from", first > today, "期间尚未开始"),
        ("/period_from", first.year < EARLIEST, "期间过早"),
        ("/period_to", last < first, "结束日期早于开始日期"),
        ("/period_to", last > today, "结束日期不能晚于今天"),
        ("/period_to", a_year_on <= (last.year, last.month, last.day), "反馈期间最长一年"),
    ):
        if is_wrong:
            raise BadPeriod.field(pointer, "bad_period", message)
    return Period(first, last)


def year_closed(closes: str, today: date) -> Period:
    """The last whole year whose facts are closed today; `closes` is its last day, as 11-30."""
    month, day = map(int, closes.split("-"))
    last = date(today.year, month, day)
    if last > today:
        last = date(today.year - 1, month, day)
    return year_to(last)


def year_to(last: date) -> Period:
    """The whole year that ends on this day."""
    return Period(clock.months_after(last, -12) + timedelta(days=1), last)


def ended(months: int, today: date) -> Period:
    """The last stretch of so many whole months of a calendar year that is over; 12 are a multiple."""
    begun = date(today.year, (today.month - 1) // months * months + 1, 1)
    return Period(clock.months_after(begun, -months), begun - timedelta(days=1))
