"""Local days, workdays, ids, masks."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from app.core import clock, ids, masking, workdays


def test_the_local_day_turns_at_four_in_the_afternoon_utc() -> None:
    assert clock.local_day(datetime(2026, 1, 1, 15, 59, tzinfo=UTC)) == date(2026, 1, 1)
    assert clock.local_day(datetime(2026, 1, 1, 16, 0, tzinfo=UTC)) == date(2026, 1, 2)
    assert clock.day_starts(date(2026, 1, 2)) == datetime(2026, 1, 1, 16, 0, tzinfo=UTC)


def test_a_test_may_move_the_clock(move_clock: Callable[[timedelta], None]) -> None:
    before = clock.now()
    move_clock(timedelta(days=3))
    assert clock.now() - before >= timedelta(days=3)
    assert clock.today() == clock.local_day(clock.now())


@pytest.mark.parametrize(
    ("day", "is_workday"),
    [
        (date(2026, 10, 1), False),  # National Day
        (date(2026, 10, 10), True),  # a Saturday that was exchanged
        (date(2026, 11, 22), False),  # a Sunday
        (date(2026, 11, 23), True),
    ],
)
def test_exchanged_weekends_are_workdays(day: date, is_workday: bool) -> None:
    assert workdays.is_workday(day) is is_workday


def test_a_term_of_workdays_ends_with_its_last_day() -> None:
    friday = datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert workdays.after(friday, 2) == clock.day_starts(date(2026, 11, 25))
    assert workdays.on_or_after(date(2026, 11, 21)) == date(2026, 11, 23)


def test_ids_grow_and_codes_avoid_letters_that_look_like_digits() -> None:
    first, second = ids.new_id(), ids.new_id()
    assert first < second
    assert first.version == 7
    code = ids.code(200, kind="B")
    assert code[0] == "B"
    assert not set(code[1:]) & set("ILOU")
    assert ids.digest("x") != ids.digest("y")


def test_masks_keep_what_is_needed_to_recognise() -> None:
    assert masking.mask_phone("13812348888") == "138****8888"
    assert (masking.mask_name("张三丰"), masking.mask_name("张")) == ("张**", "张*")


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 11, 25), 12, date(2027, 11, 25)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
    ],
)
def test_months_later_is_the_same_day_or_the_last(day: date, months: int, then: date) -> None:
    assert clock.months_after(day, months) == then
