"""A figure moves by three raters or more, whoever reads it and whatever period is asked for."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.appraisal import AppraisalAnswer
from app.models.evaluation import CycleStatus
from app.models.member import Registration
from app.models.objection import Objection, ObjectionKind, ObjectionStatus
from app.models.organization import Organization, Policy
from app.models.person import Person
from app.models.report import Satisfaction, ShownVotes
from app.ratings import figures
from app.ratings.figures import NOTHING
from tests.factories.appraisals import make_ballots, make_count, make_cycle
from tests.factories.members import make_registration
from tests.factories.organizations import make_community, make_employer
from tests.factories.people import make_person
from tests.factories.reports import make_service

GOOD, BAD = Satisfaction.SATISFIED, Satisfaction.UNSATISFIED
TODAY = clock.today()


def figure(words: str, votes: int, until: date) -> figures.Figure:
    """A figure of services alone, a year back."""
    return figures.Figure(words, votes, until, votes, 0, 12)


DAY = timedelta(days=1)


@pytest.fixture
async def employer(session: AsyncSession) -> Organization:
    return await make_employer(session)


async def serve(
    session: AsyncSession,
    registration: Registration,
    times: int,
    rated: Satisfaction = GOOD,
    **columns: Any,
) -> None:
    for _ in range(times):
        await make_service(session, registration, rated=rated, **columns)


async def of(session: AsyncSession, row: Registration, last: date | None = None) -> figures.Figure:
    last = last or clock.today()
    return (await figures.of_members(session, row.community_id, [row.id], last))[row.id]


async def together(
    session: AsyncSession, employer: Organization, rows: list[Registration]
) -> figures.Figure:
    ids = [row.id for row in rows]
    return (await figures.of_employer(session, employer.id, ids, clock.today()))[1]


async def join(session: AsyncSession, employer: Organization, count: int) -> list[Registration]:
    return [await make_registration(session, employer=employer) for _ in range(count)]


async def test_of_nobody_nothing_is_shown(session: AsyncSession, employer: Organization) -> None:
    assert await figures.of_employer(session, employer.id, [], TODAY) == ({}, NOTHING)


async def test_a_figure_stays_until_three_new_raters_have_come(
    session: AsyncSession, employer: Organization
) -> None:
    (row,) = await join(session, employer, 1)
    await serve(session, row, 10)
    first = figure("100.0%", 10, TODAY)
    assert await of(session, row) == first
    for _ in range(2):
        await serve(session, row, 1, BAD)
        assert await of(session, row) == first
    await serve(session, row, 1)
    assert await of(session, row) == figure("84.6%", 13, TODAY)


async def test_three_new_ratings_of_one_rater_are_one_rater(
    session: AsyncSession, employer: Organization, rater: Person
) -> None:
    (row,) = await join(session, employer, 1)
    await serve(session, row, 10)
    first = await of(session, row)
    await serve(session, row, 3, BAD, rater=rater)
    assert await of(session, row) == first


async def test_known_raters_who_rate_again_are_a_batch_of_their_own(
    session: AsyncSession, employer: Organization, raters: list[Person]
) -> None:
    (row,) = await join(session, employer, 1)
    for rating in (GOOD, BAD):
        for each in raters:
            await serve(session, row, 2 if rating is GOOD else 1, rating, rater=each)
        shown = await of(session, row)
    assert shown == figure("70%以下", 9, TODAY)


async def test_periods_that_differ_by_a_day_show_the_same(
    session: AsyncSession, employer: Organization
) -> None:
    (row,) = await join(session, employer, 1)
    await serve(session, row, 10)
    await serve(session, row, 1, BAD, served_on=TODAY - DAY)
    shown = [await of(session, row, TODAY - days * DAY) for days in (0, 1, 0, 2)]
    assert shown == [figure("90.9%", 11, TODAY)] * 4


async def test_a_figure_never_goes_back_to_an_earlier_day(
    session: AsyncSession, employer: Organization
) -> None:
    (row,) = await join(session, employer, 1)
    await serve(session, row, 5)
    shown = await of(session, row)
    await serve(session, row, 3, served_on=TODAY - 5 * DAY)
    assert await of(session, row, TODAY - DAY) == shown
    assert (await of(session, row)).votes == 8


async def test_too_few_votes_show_neither_rate_nor_count_until_there_are_enough(
    session: AsyncSession, employer: Organization
) -> None:
    (row,) = await join(session, employer, 1)
    await serve(session, row, 4)
    assert await of(session, row) == NOTHING
    await serve(session, row, 1)
    assert await of(session, row) == figure("95%以上", 5, TODAY)


async def test_a_higher_limit_hides_what_was_shown_on_fewer_votes(
    session: AsyncSession, employer: Organization
) -> None:
    (row,) = await join(session, employer, 1)
    await serve(session, row, 5)
    assert await of(session, row) == figure("95%以上", 5, TODAY)
    session.add(
        Policy(
            organization_id=row.community_id,
            key="satisfaction.min_votes_band",
            value={"value": 6},
            effective_on=TODAY,
            basis="",
            created_at=clock.now(),
        )
    )
    await session.flush()
    assert await of(session, row) == NOTHING


async def test_a_figure_lapses_when_nothing_of_it_lies_in_the_look_back(
    session: AsyncSession,
    employer: Organization,
    move_clock: Callable[[timedelta], None],
) -> None:
    (row,) = await join(session, employer, 1)
    await serve(session, row, 5, served_on=TODAY - 300 * DAY)
    shown = await of(session, row)
    move_clock(timedelta(days=364))
    assert await of(session, row) == shown
    move_clock(timedelta(days=366))
    assert await of(session, row) == NOTHING
    await serve(session, row, 5, served_on=clock.today())
    assert await of(session, row) == figure("95%以上", 5, clock.today())


async def test_an_employers_figure_counts_the_raters_of_all_its_members(
    session: AsyncSession, employer: Organization
) -> None:
    rows = await join(session, employer, 6)
    for row in rows:
        await serve(session, row, 2)
    shown = await together(session, employer, rows)
    assert shown == figure("100.0%", 12, TODAY)
    await serve(session, rows[0], 1, BAD)
    assert await together(session, employer, rows) == shown
    await serve(session, rows[1], 2, BAD)
    assert await together(session, employer, rows) == figure("80.0%", 15, TODAY)


async def test_an_employers_figure_is_no_difference_to_its_members_own(
    session: AsyncSession, employer: Organization
) -> None:
    known, other = await join(session, employer, 2)
    await serve(session, known, 10)
    await serve(session, other, 1, BAD)
    assert await together(session, employer, [known, other]) == NOTHING
    await serve(session, other, 1)
    await serve(session, known, 1)
    assert await together(session, employer, [known, other]) == figure("92.3%", 13, TODAY)


async def test_nine_votes_of_an_employer_show_nothing(
    session: AsyncSession, employer: Organization
) -> None:
    rows = await join(session, employer, 3)
    for row in rows:
        await serve(session, row, 3)
    assert await together(session, employer, rows) == NOTHING


@pytest.fixture
async def raters(session: AsyncSession) -> list[Person]:
    return [await make_person(session) for _ in range(3)]


@pytest.fixture
async def rater(raters: list[Person]) -> Person:
    return raters[0]


async def test_a_community_shows_what_its_members_own_figures_show(session: AsyncSession) -> None:
    community = await make_community(session)
    city_id = community.lineage[0]
    await figures.count_communities(session, city_id, TODAY)  # nobody is registered there
    (row, other) = [await make_registration(session, community) for _ in range(2)]
    await figures.count_communities(session, city_id, TODAY)  # nobody has rated
    assert await session.get(ShownVotes, community.id) is None
    await serve(session, row, 6)
    await serve(session, other, 4, BAD)  # too few for a figure of his own
    await figures.count_communities(session, city_id, TODAY)
    shown = await session.get_one(ShownVotes, community.id)
    assert (shown.valid, shown.raters) == (6, 6)
    assert (await of(session, row)).votes == 6
    await serve(session, other, 1, BAD)
    await figures.count_communities(session, city_id, TODAY)
    await session.refresh(shown)
    assert shown.valid == 6  # one rater is new to it
    await serve(session, row, 3)
    await figures.count_communities(session, city_id, TODAY)
    await session.refresh(shown)
    assert (shown.valid, shown.satisfied, shown.raters) == (14, 9, 14)


async def test_a_vote_a_month_makes_a_figure_of_ones_own_however_often_a_community_is_counted(
    session: AsyncSession,
) -> None:
    community = await make_community(session)
    row, *others = [await make_registration(session, community) for _ in range(4)]
    for votes in range(1, 7):
        await serve(session, row, 1)
        for other in others:
            await serve(session, other, 2)
        await figures.count_communities(session, community.lineage[0], TODAY)
        assert (await of(session, row)).votes == (5 if votes >= 5 else None)


async def object_to_votes(
    session: AsyncSession, row: Registration, status: ObjectionStatus
) -> Objection:
    objection = Objection(
        registration_id=row.id,
        person_id=row.person_id,
        community_id=row.community_id,
        period_from=TODAY - 300 * DAY,
        period_to=TODAY,
        kind=ObjectionKind.VOTES,
        subject_id=row.id,
        words="有应回避的人投票",
        status=status,
    )
    session.add(objection)
    await session.flush()
    return objection


async def test_votes_that_were_found_wanting_count_for_nobody(
    session: AsyncSession, employer: Organization
) -> None:
    row, other = await join(session, employer, 2)
    await serve(session, row, 3, BAD)
    await serve(session, other, 7)
    await serve(session, other, 3, served_on=TODAY - 310 * DAY)
    cycle = await make_cycle(
        session,
        await session.get_one(Organization, row.community_id),
        status=CycleStatus.FINAL,
    )
    await make_ballots(session, cycle, row, *[AppraisalAnswer.UNSATISFIED] * 4)
    await make_count(session, cycle, row, unsatisfied=3)
    await object_to_votes(session, row, ObjectionStatus.GRANTED)
    await object_to_votes(session, other, ObjectionStatus.FINAL)
    assert await of(session, row) == NOTHING
    assert await together(session, employer, [row, other]) == figure("100.0%", 10, TODAY)
    city_id = (await session.get_one(Organization, row.community_id)).lineage[0]
    await figures.count_communities(session, city_id, TODAY)
    assert await session.get(ShownVotes, row.community_id) is None


async def test_a_figure_that_was_shown_with_them_keeps_them_until_three_new_raters_have_come(
    session: AsyncSession, employer: Organization
) -> None:
    row, other = await join(session, employer, 2)
    await serve(session, row, 1, BAD)
    await serve(session, other, 11)
    assert await together(session, employer, [row, other]) == NOTHING  # his one would be told apart
    await serve(session, row, 4, BAD)
    shown = await together(session, employer, [row, other])
    assert shown == figure("68.8%", 16, TODAY)
    objection = await object_to_votes(session, row, ObjectionStatus.ANSWERED)
    assert await together(session, employer, [row, other]) == shown
    objection.status = ObjectionStatus.GRANTED
    assert await together(session, employer, [row, other]) == shown
    await serve(session, other, 2)
    assert await together(session, employer, [row, other]) == shown
    await serve(session, other, 1)
    assert await together(session, employer, [row, other]) == figure("100.0%", 14, TODAY)
