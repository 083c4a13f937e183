"""On which local days a calendar rule falls."""

from calendar import monthrange
from datetime import date, timedelta

from app.models.order_series import Frequency, OrderSeries

DAY, WEEK = timedelta(days=1), timedelta(days=7)
LAST = -1
FARTHEST = timedelta(days=800)  # every twelfth month, and the day may be a holiday


def falls_on(series: OrderSeries, day: date) -> bool:
    """Whether the rule of the series names `day`, between its first and its last."""
    if day < series.starts_on or (series.ends_on is not None and day > series.ends_on):
        return False
    if series.frequency is Frequency.WEEKLY:
        weeks = (_monday(day) - _monday(series.starts_on)) // WEEK
        return weeks % series.every == 0 and day.isoweekday() in series.weekdays
    months = (day.year - series.starts_on.year) * 12 + day.month - series.starts_on.month
    if months % series.every:
        return False
    if series.month_day is not None:
        return day.day == min(series.month_day, monthrange(day.year, day.month)[1])
    return day.isoweekday() in series.weekdays and _is_nth(day, series.month_week)


def days(series: OrderSeries, first: date, last: date) -> list[date]:
    """The days of the rule from `first` to `last`, both included; holidays are not looked at."""
    span = range((last - first).days + 1)
    return [day for day in (first + DAY * ahead for ahead in span) if falls_on(series, day)]


def _is_nth(day: date, week: int | None) -> bool:
    """Whether it is the `week`-th of its weekday in the month; -1: the last."""
    if week == LAST:
        return (day + WEEK).month != day.month
    return (day.day - 1) // 7 + 1 == week


def _monday(day: date) -> date:
    return day - DAY * day.weekday()
