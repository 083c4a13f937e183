"""The evaluation year, whole months in it, and the share of a pause."""

from datetime import date

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.evaluations.votes import not_content
from app.evaluations.year import Year, months_between, share_suspended, year_of
from app.ratings.service import Ballot
from tests.factories.organizations import make_community

YEAR = Year(date(2025, 12, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 11, 30), YEAR),
        (date(2025, 12, 1), YEAR),
        (date(2026, 12, 1), Year(date(2026, 12, 1), date(2027, 11, 30))),
    ],
)
async def test_a_day_lies_in_one_year(session: AsyncSession, day: date, year: Year) -> None:
    community = await make_community(session)
    assert await year_of(session, community.id, day) == year


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (date(2026, 1, 15), date(2026, 4, 14), 3),
        (date(2026, 1, 15), date(2026, 4, 13), 2),
        (date(2025, 12, 1), date(2026, 11, 30), 12),
        (date(2026, 5, 1), date(2026, 3, 1), 0),
    ],
)
def test_only_whole_months_count(first: date, last: date, months: int) -> None:
    assert months_between(first, last) == months


def test_a_share_is_of_the_days_that_one_was_registered() -> None:
    june = Year(date(2026, 6, 1), date(2026, 6, 30))
    assert share_suspended(june, [(date(2026, 5, 1), date(2026, 6, 15))]) == 0.5
    assert share_suspended(june, [(date(2026, 5, 1), date(2026, 5, 31))]) == 0
    assert share_suspended(june, [(date(2026, 5, 1), date(2026, 7, 1))] * 2) == 1
    assert share_suspended(Year(date(2026, 6, 2), date(2026, 6, 1)), []) == 0


def test_who_was_not_content_is_asked_of_unsatisfied_services_only() -> None:
    order, other, first, second, third = (new_id() for _ in range(5))
    given, day = clock.now(), clock.today()
    ballots = [
        Ballot(first, order, first, False, day, given),
        Ballot(first, order, second, True, day, given),
        Ballot(first, other, third, False, day, given),
    ]
    assert not_content(ballots) == {third}
