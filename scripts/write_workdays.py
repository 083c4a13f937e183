"""Writes app/core/workdays.csv: the days of the mainland that are not as their weekday says.

Run it when the `holidays` package has learnt the arrangement of another year; a test compares both.
"""

import csv
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import holidays

TABLE = Path(__file__).resolve().parents[1] / "app/core/workdays.csv"
FIRST, LAST = date(2000, 1, 1), date(2040, 12, 31)


def lines() -> Iterator[tuple[str, str, str]]:
    """Day, whether it is worked, and what it is called; in the order of days."""
    years = range(FIRST.year, LAST.year + 1)
    free = holidays.country_holidays("CN", years=years, language="zh_CN")
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        if day in free:
            yield day.isoformat(), "false", free[day]
        elif free.is_working_day(day) != (day.weekday() < 5):
            yield day.isoformat(), "true", ""


def main() -> int:
    """The table is as the package knows it today."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("day", "is_workday", "name"))
        writer.writerows(lines())
    return 0


if __name__ == "__main__":
    sys.exit(main())
