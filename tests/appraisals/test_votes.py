"""Ballots as votes: after the window, with services and apart, people on paper by their number."""

from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.appraisal import AppraisalAnswer, Panel
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.member import Registration
from app.models.report import Satisfaction
from app.ratings import figures
from app.ratings.figures import NOTHING, Figure
from tests.appraisals.town import Sessions, Town, fresh, tick
from tests.factories.appraisals import make_ballots, make_count, make_cycle
from tests.factories.members import make_registration
from tests.factories.organizations import make_employer
from tests.factories.reports import make_service

A = AppraisalAnswer
GOOD, FAIR, BAD = A.SATISFIED, A.FAIR, A.UNSATISFIED
TODAY = clock.today()
DAY = timedelta(days=1)


async def of(session: AsyncSession, row: Registration, last: date = TODAY) -> Figure:
    return (await figures.of_members(session, row.community_id, [row.id], last))[row.id]


async def test_ballots_count_once_the_window_has_closed(
    session: AsyncSession, town: Town, cycle: EvaluationCycle, sessions: Sessions
) -> None:
    row = town.members[0]
    answers = [GOOD, FAIR, GOOD, FAIR, GOOD, GOOD, BAD, A.UNKNOWN, A.RECUSED]
    await make_ballots(session, cycle, row, *answers)
    await make_service(session, row, rated=Satisfaction.SATISFIED)
    assert await of(session, row) == NOTHING
    cycle.due_at = clock.now()
    await session.commit()
    await tick(sessions)
    assert (await fresh(session, cycle)).status is CycleStatus.COMPUTING
    assert await of(session, row) == Figure("85%—95%", 8, TODAY, 1, 7, 12)


async def test_ballots_of_two_move_no_figure(session: AsyncSession, town: Town) -> None:
    row = town.members[0]
    for _ in range(5):
        await make_service(session, row, rated=Satisfaction.SATISFIED)
    first = await of(session, row)
    assert first == Figure("95%以上", 5, TODAY, 5, 0, 12)
    cycle = await make_cycle(session, town.district, status=CycleStatus.FINAL)
    await make_ballots(session, cycle, row, BAD, BAD)
    assert await of(session, row) == first
    await make_ballots(session, cycle, row, BAD)
    assert await of(session, row) == Figure("70%以下", 8, TODAY, 5, 3, 12)


async def test_paper_counts_by_number_where_two_agree(session: AsyncSession, town: Town) -> None:
    cycle = await make_cycle(session, town.district, status=CycleStatus.FINAL)
    row, alone = town.members[:2]
    await make_count(session, cycle, row, satisfied=4, fair=3, unsatisfied=3, unknown=2)
    await make_count(session, cycle, alone, satisfied=3)
    await make_count(session, cycle, alone, panel=Panel.FUNCTIONAL_BRANCH, satisfied=2)
    assert await of(session, row) == Figure("70.0%", 10, TODAY, 0, 10, 12)
    assert await of(session, alone) == Figure("95%以上", 5, TODAY, 0, 5, 12)


async def test_a_box_counts_no_more_people_for_an_employer_than_rated(
    session: AsyncSession, town: Town
) -> None:
    cycle = await make_cycle(session, town.district, status=CycleStatus.FINAL)
    employer = await make_employer(session)
    rows = [await make_registration(session, town.community, employer=employer) for _ in range(6)]
    for row in rows:
        await make_count(session, cycle, row, satisfied=2)
    ids = [row.id for row in rows]
    shown, pool = await figures.of_employer(session, employer.id, ids, TODAY)
    assert (set(shown.values()), pool) == ({NOTHING}, NOTHING)
    await make_count(session, cycle, rows[0], panel=Panel.FUNCTIONAL_BRANCH, unsatisfied=1)
    _, pool = await figures.of_employer(session, employer.id, ids, TODAY)
    assert pool == Figure("92.3%", 13, TODAY, 0, 13, 12)


async def test_where_a_year_is_too_few_two_are_shown_and_say_so(
    session: AsyncSession, town: Town
) -> None:
    row = town.members[0]
    old = await make_cycle(
        session,
        town.district,
        status=CycleStatus.ARCHIVED,
        year=TODAY.year - 1,
        facts_close_on=TODAY - 400 * DAY,
    )
    await make_ballots(session, old, row, GOOD, GOOD, GOOD)
    new = await make_cycle(session, town.district, status=CycleStatus.FINAL)
    await make_ballots(session, new, row, GOOD, BAD)
    assert await of(session, row) == Figure("70%—85%（近24个月）", 5, TODAY, 0, 5, 24)
    for _ in range(2):
        await make_service(session, row, rated=Satisfaction.SATISFIED)
        assert (await of(session, row)).months == 24
    await make_service(session, row, rated=Satisfaction.SATISFIED)
    assert await of(session, row) == Figure("70%—85%", 5, TODAY, 3, 2, 12)
