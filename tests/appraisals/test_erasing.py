"""Single ballots go twelve months after their year; the figures that counted them stay."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.appraisal import AppraisalAnswer, AppraisalBallot, AppraisalTotal
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.report import Satisfaction
from app.ratings import figures
from app.ratings.figures import NOTHING
from tests.appraisals.test_openings import Two, ask, step, two
from tests.appraisals.town import Clock, Sessions, Town, fresh, of, stand_at, tick
from tests.factories.appraisals import make_ballots, make_cycle
from tests.factories.reports import make_service
from tests.orders.town import Desk

__all__ = ["two"]

A = AppraisalAnswer
GOOD, BAD = A.SATISFIED, A.UNSATISFIED


async def ballots(session: AsyncSession) -> int:
    return len((await session.scalars(select(AppraisalBallot.id))).all())


@pytest.fixture
async def year(session: AsyncSession, town: Town) -> EvaluationCycle:
    made = await make_cycle(session, town.district, status=CycleStatus.ARCHIVED)
    await make_ballots(session, made, town.members[0], GOOD, GOOD, A.FAIR, GOOD, BAD, A.UNKNOWN)
    await make_ballots(session, made, town.members[1], GOOD, BAD)
    await session.commit()
    return made


async def test_twelve_months_after_the_year_only_totals_are_left(
    session: AsyncSession,
    desk: Desk,
    town: Town,
    year: EvaluationCycle,
    sessions: Sessions,
    move_clock: Clock,
) -> None:
    rated, hardly = town.members[:2]
    shown = await figures.of_members(session, town.community.id, [rated.id], clock.today())
    other = await make_cycle(session, town.district, year=year.year + 1)
    other.due_at = other.erase_at = None
    await session.commit()
    kept_until = clock.day_after(clock.months_after(year.facts_close_on, 12))
    assert year.erase_at == kept_until
    stand_at(move_clock, kept_until - timedelta(minutes=1))
    await tick(sessions)
    assert await ballots(session) == 8
    stand_at(move_clock, kept_until)
    await tick(sessions)
    assert (await ballots(session), (await fresh(session, year)).erase_at) == (0, None)
    (left,) = (await session.scalars(select(AppraisalTotal))).all()
    assert (left.registration_id, left.satisfied, left.fair, left.unsatisfied) == (
        rated.id,
        3,
        1,
        1,
    )
    again = await figures.of_members(
        session, town.community.id, [rated.id, hardly.id], year.facts_close_on
    )
    assert again == {**shown, hardly.id: NOTHING}
    progress = (await desk.get(town.secretary, of(year, town, "progress")))["panels"]
    assert [each["answered"] for each in progress] == [8, 0, 0]


async def test_erased_ballots_count_two_years_back_but_nobody_behind_them_is_a_new_rater(
    session: AsyncSession,
    town: Town,
    year: EvaluationCycle,
    sessions: Sessions,
    move_clock: Clock,
) -> None:
    rated = town.members[0]
    stand_at(move_clock, clock.day_after(clock.months_after(year.facts_close_on, 12)))
    await tick(sessions)

    async def figure() -> figures.Figure:
        found = await figures.of_members(session, town.community.id, [rated.id], clock.today())
        return found[rated.id]

    for rating in (Satisfaction.SATISFIED, Satisfaction.UNSATISFIED):
        await make_service(session, rated, rated=rating, served_on=clock.today())
        assert await figure() == NOTHING
    await make_service(session, rated, rated=Satisfaction.SATISFIED, served_on=clock.today())
    told = figures.Figure("70%—85%（近24个月）", 8, clock.today(), 3, 5, 24)
    assert await figure() == told


async def test_a_year_that_was_held_late_keeps_its_ballots_as_long_as_it_is_in_use(
    session: AsyncSession, town: Town
) -> None:
    closed = clock.months_after(clock.today(), -12)
    late = await make_cycle(
        session, town.district, status=CycleStatus.COLLECTING, facts_close_on=closed
    )
    assert late.erase_at == clock.day_after(late.use_by)


async def test_who_cast_erased_ballots_is_opened_to_nobody(
    session: AsyncSession,
    desk: Desk,
    town: Town,
    two: Two,
    sessions: Sessions,
    move_clock: Clock,
) -> None:
    agreed = (await ask(desk, two.auditor, town, two.cycle.id)).json()
    assert (await step(desk, two.contact, agreed, "agree")).status_code == 200
    other = {"registration_id": str(town.members[1].id)}
    asked = (await ask(desk, two.auditor, town, two.cycle.id, **other)).json()
    two.cycle.erase_at = clock.now()
    await session.commit()
    answers = [
        await step(desk, two.auditor, agreed, "look"),
        await step(desk, two.contact, asked, "agree"),
    ]
    await tick(sessions)
    answers += [
        await step(desk, two.auditor, agreed, "look"),
        await step(desk, two.contact, asked, "agree"),
        await ask(desk, two.auditor, town, two.cycle.id, registration_id=str(town.members[2].id)),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (409, "ballots_erased")
    ] * 5
    order = await make_service(session, town.members[3], rated=Satisfaction.SATISFIED)
    await session.commit()
    service = {"registration_id": str(town.members[3].id), "source": "service"}
    assert (await ask(desk, two.auditor, town, order.id, **service)).status_code == 201
