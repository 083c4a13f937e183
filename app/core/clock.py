"""The one clock: instants in UTC, local days in the tenant's zone; tests put their own in its place."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")

_offset = timedelta()


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC) + _offset


def today() -> date:
    """The local day in Asia/Shanghai."""
    return local_day(now())


def local_day(moment: datetime) -> date:
    """The day that `moment` falls on in Asia/Shanghai."""
    return moment.astimezone(ZONE).date()


def day_starts(day: date) -> datetime:
    """Midnight of the local `day`, as an instant in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def day_after(day: date) -> datetime:
    """Midnight that ends the local `day`, as an instant in UTC."""
    return day_starts(day + timedelta(days=1))


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month."""
    years, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


def shift(by: timedelta) -> None:
    """Move this process's clock; for tests only. `timedelta()` sets it right again."""
    global _offset
    _offset = by
