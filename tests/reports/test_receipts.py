"""The year is acknowledged with its last receipt, and archived on its day with what is missing."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock
from app.deadlines import advance_next
from app.models.evaluation import CycleStatus, EvaluationCycle, EvaluationCycleStep
from app.models.organization import Organization
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.models.report import Report, ReportKind
from app.reports import cycles
from app.reports.events import ReportMoved
from app.reports.periods import year_to
from app.wiring import DEADLINES, LISTENERS
from tests.appraisals.town import Clock, Sessions, fresh, stand_at, tick
from tests.factories.appraisals import make_cycle
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff
from tests.reports.test_races import Call, press
from tests.reports.town import TODAY, Desk, Town, desk, town

__all__ = ["desk", "town"]

S = CycleStatus
YEAR = year_to(TODAY)
PERIOD = {"period_from": YEAR.first.isoformat(), "period_to": YEAR.last.isoformat()}


@pytest.fixture
async def district(session: AsyncSession, town: Town) -> Organization:
    return await session.get_one(Organization, town.community.lineage[1])


@pytest.fixture
async def cycle(session: AsyncSession, district: Organization) -> EvaluationCycle:
    """The district's year, whose summaries are sent."""
    made = await make_cycle(session, district, status=S.SENT)
    await session.commit()
    return made


async def another(session: AsyncSession, district: Organization) -> tuple[Organization, Person]:
    """One more employer, and its secretary."""
    made = await make_organization(session, "employer", district)
    boss = await make_staff(session, Role.EMPLOYER_SECRETARY, made)
    await session.commit()
    return made, boss


async def compile_for(desk: Desk, town: Town, employer: Organization, **period: str) -> str:
    path = f"/organizations/{employer.id}/summaries"
    return str((await desk.post(town.office, path, **(PERIOD | period)))["id"])


async def acknowledge(desk: Desk, who: Person, report_id: str) -> None:
    answer = await desk.post(who, f"/reports/{report_id}/acknowledge")
    assert answer["status"] == "acknowledged", answer


async def test_the_last_receipt_makes_it_acknowledged_and_its_day_archives_it(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    district: Organization,
    cycle: EvaluationCycle,
    sessions: Sessions,
    move_clock: Clock,
) -> None:
    other, boss = await another(session, district)
    first = await compile_for(desk, town, town.employer)
    second = await compile_for(desk, town, other)
    await acknowledge(desk, town.employer_secretary, first)
    await tick(sessions)
    assert (await fresh(session, cycle)).status is S.SENT
    stand_at(move_clock, clock.day_after(cycle.acknowledge_by))  # a day that moves nothing
    await tick(sessions)
    assert (await fresh(session, cycle)).status is S.SENT
    await acknowledge(desk, boss, second)
    await tick(sessions)
    done = await fresh(session, cycle)
    assert (done.status, done.due_at) == (S.ACKNOWLEDGED, clock.day_after(cycle.use_by))
    stand_at(move_clock, done.due_at)
    await tick(sessions)
    shown = await desk.get(town.office, f"/evaluation-cycles/{cycle.id}")
    assert (shown["status"], shown["unacknowledged"]) == ("archived", 0)
    assert [step["action"] for step in shown["steps"]] == ["acknowledge", "archive"]


async def test_without_receipts_it_is_archived_all_the_same_and_says_how_many_are_missing(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    district: Organization,
    cycle: EvaluationCycle,
    sessions: Sessions,
    move_clock: Clock,
) -> None:
    other, boss = await another(session, district)
    await acknowledge(desk, boss, await compile_for(desk, town, other))
    waiting = await compile_for(desk, town, town.employer)
    stand_at(move_clock, (await fresh(session, cycle)).due_at)
    await tick(sessions)
    path = f"/evaluation-cycles/{cycle.id}"
    shown = await desk.get(town.office, path)
    assert (shown["status"], shown["unacknowledged"]) == ("archived", 1)
    # a receipt that comes later is one, and the year stays as it was archived
    await acknowledge(desk, town.employer_secretary, waiting)
    event = await session.scalar(
        select(OutboxEntry).where(OutboxEntry.payload["action"].astext == "archive")
    )
    assert event is not None
    event.told_at = None
    await session.commit()
    await tick(sessions)
    shown = await desk.get(town.office, path)
    assert (shown["status"], shown["unacknowledged"]) == ("archived", 1)


async def test_a_voided_summary_is_not_waited_for(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    district: Organization,
    cycle: EvaluationCycle,
    sessions: Sessions,
) -> None:
    other, boss = await another(session, district)
    await acknowledge(desk, boss, await compile_for(desk, town, other))
    wrong = await compile_for(desk, town, town.employer)
    await desk.post(town.office, f"/reports/{wrong}/void", reason="有误")
    await tick(sessions)
    assert (await fresh(session, cycle)).status is S.ACKNOWLEDGED


async def test_what_is_still_to_be_compiled_is_waited_for(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    district: Organization,
    cycle: EvaluationCycle,
    sessions: Sessions,
) -> None:
    made = await compile_for(desk, town, town.employer)
    _, boss = await another(session, district)
    await desk.post(town.office, f"/organizations/{district.id}/report-runs", **PERIOD)
    await acknowledge(desk, town.employer_secretary, made)
    while await events.tell_next(sessions, LISTENERS):
        pass
    assert (await fresh(session, cycle)).status is S.SENT
    await tick(sessions)
    late = await session.scalar(
        select(Report.id).where(
            Report.kind == ReportKind.EMPLOYER_SUMMARY, Report.employer_id != town.employer.id
        )
    )
    await acknowledge(desk, boss, str(late))
    await tick(sessions)
    assert (await fresh(session, cycle)).status is S.ACKNOWLEDGED


async def test_receipts_of_other_times_and_places_move_nothing(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    cycle: EvaluationCycle,
    sessions: Sessions,
) -> None:
    days = {"period_from": (TODAY - timedelta(days=30)).isoformat()}
    yesterday = days | {"period_to": (TODAY - timedelta(days=1)).isoformat()}
    for period in (days, yesterday):
        made = await compile_for(desk, town, town.employer, **period)
        await acknowledge(desk, town.employer_secretary, made)
    far = await make_community(session)
    elsewhere = await make_cycle(
        session, await session.get_one(Organization, far.lineage[1]), status=S.SENT
    )
    await session.commit()
    await tick(sessions)
    for each in (cycle, elsewhere):
        assert (await fresh(session, each)).status is S.SENT


async def test_a_receipt_costs_the_same_for_any_number_of_employers(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    district: Organization,
    cycle: EvaluationCycle,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    made = await session.get_one(Report, await compile_for(desk, town, town.employer))
    event = ReportMoved(
        report_id=made.id,
        kind=made.kind,
        employer_id=made.employer_id,
        person_id=None,
        action="acknowledge",
        status="acknowledged",
    )
    costs = []
    for _ in range(3):
        with count_statements() as seen:
            await cycles.on_report_moved(session, 1, event)
        costs.append(len(seen))
        other, _ = await another(session, district)
        await compile_for(desk, town, other)
    assert costs == [1, 1, 1]


async def test_of_two_last_receipts_at_once_one_moves_the_year(committed: FastAPI) -> None:
    sessions = committed.state.sessions
    bosses: list[Any] = []
    async with sessions.begin() as session:
        community = await make_community(session)
        district = await session.get_one(Organization, community.lineage[1])
        office = (await make_staff(session, Role.DISTRICT_ADMIN, district)).id
        made = await make_cycle(session, district, status=S.SENT)
        for _ in range(2):
            employer = await make_organization(session, "employer", district)
            boss = await make_staff(session, Role.EMPLOYER_SECRETARY, employer)
            bosses.append((boss.id, f"/organizations/{employer.id}/summaries"))
    compiled = await press(committed, [(office, path, PERIOD) for _, path in bosses])
    paths = [f"/reports/{each.json()['id']}/acknowledge" for each in compiled]
    receipts: list[Call] = [(boss, path, {}) for (boss, _), path in zip(bosses, paths, strict=True)]
    answers = await press(committed, receipts)
    assert [answer.status_code for answer in answers] == [200, 200]

    async def tell() -> None:
        while await events.tell_next(sessions, LISTENERS):
            pass

    await asyncio.gather(*(tell() for _ in range(4)))
    async with sessions() as session:
        cycle = await session.get_one(EvaluationCycle, made.id)
        steps = await session.scalar(select(func.count(EvaluationCycleStep.id)))
    assert (cycle.status, steps) == (S.ACKNOWLEDGED, 1)


async def test_the_last_receipt_on_the_last_day_ends_without_an_error(
    committed: FastAPI, move_clock: Clock
) -> None:
    sessions = committed.state.sessions
    async with sessions.begin() as session:
        community = await make_community(session)
        district = await session.get_one(Organization, community.lineage[1])
        office = (await make_staff(session, Role.DISTRICT_ADMIN, district)).id
        employer = await make_organization(session, "employer", district)
        boss = (await make_staff(session, Role.EMPLOYER_SECRETARY, employer)).id
        made = await make_cycle(session, district, status=S.SENT)
    path = f"/organizations/{employer.id}/summaries"
    (compiled,) = await press(committed, [(office, path, PERIOD)])
    await press(committed, [(boss, f"/reports/{compiled.json()['id']}/acknowledge", {})])
    stand_at(move_clock, made.due_at or clock.now())

    async def tell() -> None:
        while await events.tell_next(sessions, LISTENERS):
            pass

    async def pass_by() -> None:
        while await advance_next(sessions, DEADLINES):
            pass

    await asyncio.gather(tell(), pass_by(), tell(), pass_by())
    await pass_by()
    await tell()
    async with sessions() as session:
        cycle = await session.get_one(EvaluationCycle, made.id)
        actions = list(
            await session.scalars(
                select(EvaluationCycleStep.action).order_by(EvaluationCycleStep.id)
            )
        )
    assert (cycle.status, cycle.unacknowledged) == (S.ARCHIVED, 0)
    assert actions in (["acknowledge", "archive"], ["archive"])
