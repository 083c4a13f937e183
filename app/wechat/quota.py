"""When a used-up quota of WeChat is full again."""

from datetime import datetime, timedelta
from math import ceil

from app.core import clock


def seconds_to_next_minute(now: datetime) -> int:
    """Whole seconds, at least 1."""
    return 60 - now.second


def seconds_to_next_day(now: datetime) -> int:
    """Whole seconds to the next midnight in Asia/Shanghai, at least 1."""
    midnight = clock.day_starts(clock.local_day(now) + timedelta(days=1))
    return ceil((midnight - now).total_seconds())
