"""The one clock: instants in UTC, local days in the tenant's zone; tests put their own in its place."""

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


def shift(by: timedelta) -> None:
    """Move this process's clock; for tests only. `timedelta()` sets it right again."""
    global _offset
    _offset = by
