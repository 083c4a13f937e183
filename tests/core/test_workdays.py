"""The calendar of workdays: the shipped table, and what is reckoned with it."""

import csv
import runpy
from datetime import UTC, date, datetime

import pytest

from app.core import workdays
from tests.test_house import TOP


def test_the_table_is_what_the_package_knows() -> None:
    written = runpy.run_path(str(TOP / "scripts/write_workdays.py"))["lines"]()
    with workdays.TABLE.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file))[1:] == [list(line) for line in written]


@pytest.mark.parametrize(
    ("day", "is_workday", "is_holiday", "name"),
    [
        (date(2026, 2, 13), True, False, ""),
        (date(2026, 2, 14), True, False, ""),  # a Saturday that is worked
        (date(2026, 2, 15), False, False, ""),
        (date(2026, 2, 16), False, True, "农历除夕"),
        (date(2026, 2, 21), False, False, ""),
        (date(2026, 10, 7), False, True, "休息日（由 2026-10-10 调休）"),
        (date(1987, 10, 1), True, False, ""),  # before the table begins
        (date(2051, 10, 1), False, False, ""),  # a Sunday after its end
    ],
)
def test_a_day_is_worked_free_or_a_weekend(
    day: date, is_workday: bool, is_holiday: bool, name: str
) -> None:
    assert workdays.is_workday(day) is is_workday
    assert workdays.is_holiday(day) is is_holiday
    assert workdays.name_of(day) == name


def test_workdays_are_counted_over_a_festival() -> None:
    friday = datetime(2026, 2, 13, 2, tzinfo=UTC)
    # Saturday the 14th is worked; Tuesday the 24th is the next
    assert workdays.after(friday, 2) == datetime(2026, 2, 24, 16, tzinfo=UTC)
    assert workdays.on_or_after(date(2026, 2, 15)) == date(2026, 2, 24)
