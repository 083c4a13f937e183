"""Days, times and workdays in Chinese."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from app.console import words
from app.core import clock


@pytest.fixture(autouse=True)
def friday() -> Iterator[datetime]:
    """It is Friday, the 27th of November 2026, ten in the morning."""
    moment = datetime(2026, 11, 27, 10, tzinfo=clock.ZONE)
    clock.shift(timedelta())
    clock.shift(moment - clock.now())
    yield moment
    clock.shift(timedelta())


def test_days_and_moments(friday: datetime) -> None:
    assert words.day(date(2026, 11, 29)) == "11月29日 周日"
    assert words.day(date(2027, 1, 1)) == "2027年1月1日 周五"
    assert words.moment(friday) == "11月27日 周五 10:00"
    assert words.day(None) == words.moment(None) == words.waited(None) == "—"


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0分"), (45, "45分"), (60, "1小时"), (90, "1小时30分")]
)
def test_minutes(minutes: int, said: str) -> None:
    assert words.minutes(minutes) == said


def test_workdays_leave_the_weekend_out(friday: datetime) -> None:
    assert words.waited(friday) == "今天"
    assert words.waited(friday - timedelta(days=7)) == "已等5个工作日"
    assert words.left(friday + timedelta(hours=1)) == "今天到期"
    assert words.left(friday + timedelta(days=3)) == "还有1个工作日"
    assert words.left(friday - timedelta(minutes=1)) == "已过期"
    assert words.left(None) == "不限时"
