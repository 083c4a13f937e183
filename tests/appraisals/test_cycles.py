"""A year's cycle: planned with one call, moved by the clock, late but never twice."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.appraisals import dates
from app.core import clock, workdays
from app.models.evaluation import CycleStatus, EvaluationCycle, EvaluationCycleStep
from app.models.organization import Organization, Policy
from app.models.outbox import OutboxEntry
from app.models.person import Role
from tests.appraisals.town import Clock, Sessions, Town, fresh, stand_at, tick
from tests.factories.appraisals import make_cycle
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.orders.town import Desk

S = CycleStatus
YEAR = clock.today().year
DAY = timedelta(days=1)


def path(place: Organization) -> str:
    return f"/organizations/{place.id}/evaluation-cycles"


async def found(session: AsyncSession) -> EvaluationCycle:
    return (
        await session.scalars(
            select(EvaluationCycle), execution_options={"populate_existing": True}
        )
    ).one()


async def test_one_call_lays_out_the_days_of_a_year_by_the_policies(desk: Desk, town: Town) -> None:
    answer = await desk.post(town.office, path(town.district), year=YEAR + 1)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    first = date(YEAR + 1, 12, 1)
    assert (told["status"], told["facts_close_on"]) == ("planned", f"{YEAR + 1}-11-30")
    assert (told["appraisal_from"], told["appraisal_to"]) == (f"{first}", f"{first + 7 * DAY}")
    assert told["objection_from"] == f"{first + 8 * DAY}"
    objections = [
        first + days * DAY
        for days in range(8, 30)
        if first + days * DAY <= date.fromisoformat(told["objection_to"])
    ]
    assert sum(workdays.is_workday(day) for day in objections) == 7
    issue = workdays.on_or_after(date(YEAR + 1, 12, 20))
    assert told["issue_on"] == f"{issue}"
    assert told["use_by"] == f"{issue + 90 * DAY}"
    assert told["due_at"].startswith(f"{first - DAY}T16:00:00")
    shown = await desk.get(town.clerk, f"/evaluation-cycles/{told['id']}")
    assert [step["action"] for step in shown["steps"]] == ["plan"]
    for place in (town.community, town.district):
        years = (await desk.get(town.secretary, path(place)))["items"]
        assert [each["year"] for each in years] == [YEAR + 1]


async def test_a_year_that_is_over_begins_its_appraisal_today(desk: Desk, town: Town) -> None:
    told = (await desk.post(town.office, path(town.district), year=YEAR - 1)).json()
    assert told["appraisal_from"] == f"{clock.today()}"
    assert told["issue_on"] > told["objection_to"]


async def test_a_year_is_planned_once_by_its_office_alone(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    city = await session.get_one(Organization, town.community.lineage[0])
    mayor = await make_staff(session, Role.CITY_ADMIN, city)
    await session.commit()
    for who, place, code in (
        (town.secretary, town.district, "forbidden"),
        (mayor, city, "not_issuer"),
        (town.office, town.community, "not_issuer"),
    ):
        answer = await desk.post(who, path(place), year=YEAR)
        assert answer.json()["code"] == code, answer.text
    nowhere = town.members[0]
    assert (await desk.post(town.office, path(nowhere), year=YEAR)).status_code == 404  # type: ignore[arg-type]  # an id of no organization
    far = await desk.post(town.office, path(town.district), year=YEAR + 2)
    assert far.json()["errors"][0]["pointer"] == "/year"
    assert (await desk.post(town.office, path(town.district), year=YEAR)).status_code == 201
    again = await desk.post(town.office, path(town.district), year=YEAR)
    assert again.json()["code"] == "cycle_planned"
    assert len((await session.scalars(select(EvaluationCycle))).all()) == 1


async def test_a_year_above_another_is_refused(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    city = await session.get_one(Organization, town.community.lineage[0])
    await make_cycle(session, city)
    await session.commit()
    answer = await desk.post(town.office, path(town.district), year=YEAR)
    assert answer.json()["code"] == "cycle_planned"


async def test_a_planned_year_has_other_days_until_it_begins(
    session: AsyncSession, desk: Desk, town: Town, sessions: Sessions, move_clock: Clock
) -> None:
    made = (await desk.post(town.office, path(town.district), year=YEAR + 1)).json()
    one = f"/evaluation-cycles/{made['id']}"
    first = date(YEAR + 1, 12, 5)

    async def change(version: int = 1, **days: object) -> tuple[int, str]:
        answer = await desk.patch(town.office, one, version=version, **days)
        told = answer.json()
        return answer.status_code, (told.get("errors") or [{"pointer": told.get("code")}])[0][
            "pointer"
        ]

    assert await change(appraisal_from=f"{YEAR + 1}-11-30") == (422, "/appraisal_from")
    assert await change(issue_on=f"{YEAR + 1}-12-02") == (422, "/issue_on")
    assert await change(version=9) == (409, "stale_version")
    assert (await desk.patch(town.secretary, one, version=1)).status_code == 403
    gone = f"/evaluation-cycles/{town.district.id}"
    assert (await desk.patch(town.office, gone, version=1)).status_code == 404
    assert (await desk.get(town.office, gone))["code"] == "not_found"
    answer = await desk.patch(
        town.office, one, version=1, appraisal_from=f"{first}", appraisal_days=3
    )
    assert answer.json()["appraisal_to"] == f"{first + 2 * DAY}"
    assert answer.json()["objection_from"] == f"{first + 3 * DAY}"
    stand_at(move_clock, clock.day_starts(first))
    await tick(sessions)
    assert (await found(session)).status is S.COLLECTING
    assert await change(version=answer.json()["version"] + 1) == (409, "bad_transition")


async def test_a_policy_of_later_moves_no_year(
    session: AsyncSession, desk: Desk, town: Town, sessions: Sessions, move_clock: Clock
) -> None:
    before = (await desk.post(town.office, path(town.district), year=YEAR)).json()
    session.add(
        Policy(
            organization_id=town.district.id,
            key="evaluation.appraisal_days",
            value={"value": 30},
            effective_on=clock.today(),
            basis="",
            created_at=clock.now(),
        )
    )
    await session.commit()
    stand_at(move_clock, clock.day_starts(date.fromisoformat(before["appraisal_from"])))
    await tick(sessions)
    after = await desk.get(town.office, f"/evaluation-cycles/{before['id']}")
    days = [name for name in before if name.endswith(("_on", "_from", "_to", "_by"))]
    assert {name: after[name] for name in days} == {name: before[name] for name in days}


async def test_the_clock_takes_each_step_on_its_day_and_once(
    session: AsyncSession, town: Town, sessions: Sessions, move_clock: Clock
) -> None:
    cycle = await make_cycle(session, town.district, issue_on=clock.today() + 60 * DAY)
    await session.commit()
    by_clock = [status for status in list(S)[1:] if status is not S.ACKNOWLEDGED]
    for status in by_clock:
        due = (await fresh(session, cycle)).due_at
        stand_at(move_clock, due - timedelta(minutes=1))
        await tick(sessions)
        assert (await fresh(session, cycle)).status is not status
        stand_at(move_clock, due)
        await tick(sessions)
        await tick(sessions)
        assert (await fresh(session, cycle)).status is status
    archived = await fresh(session, cycle)
    assert (archived.due_at, archived.unacknowledged) == (None, 0)
    steps = (
        await session.scalars(
            select(EvaluationCycleStep)
            .where(EvaluationCycleStep.action != "remind")
            .order_by(EvaluationCycleStep.id)
        )
    ).all()
    assert [step.entered for step in steps] == [status.value for status in by_clock]
    facts = await session.scalars(
        select(OutboxEntry).where(OutboxEntry.name == "evaluation_cycle.moved")
    )
    actions = [fact.payload["action"] for fact in facts]
    assert sorted(set(actions) - {"remind"}) == sorted(step.action for step in steps)
    assert actions.count("remind") == 1


async def test_after_an_outage_the_windows_open_late_and_whole(
    session: AsyncSession, town: Town, sessions: Sessions, move_clock: Clock
) -> None:
    cycle = await make_cycle(session, town.district)
    await session.commit()

    async def sleep(moment: Any, days: int) -> Any:
        stand_at(move_clock, moment + days * DAY)
        await tick(sessions)
        return await fresh(session, cycle)

    late = await sleep(cycle.due_at, 20)
    assert (late.status, late.appraisal_from) == (S.COLLECTING, clock.today())
    assert late.appraisal_to == clock.today() + 7 * DAY
    late = await sleep(late.due_at, 5)
    assert (late.status, late.objection_from) == (S.OBJECTION_WINDOW, clock.today())
    assert late.objection_to >= clock.today() + 8 * DAY
    assert late.issue_on > late.objection_to
    late = await sleep(late.due_at, 30)
    assert (late.status, late.issue_on) == (S.SENT, workdays.on_or_after(clock.today()))
    assert late.acknowledge_by > clock.today() + 10 * DAY


@pytest.mark.parametrize(
    ("closes", "named", "day"),
    [
        (date(2026, 11, 30), "12-20", date(2026, 12, 20)),
        (date(2026, 11, 30), "01-15", date(2027, 1, 15)),
        (date(2026, 12, 31), "02-29", date(2027, 2, 28)),
    ],
)
def test_the_day_of_issue_follows_the_facts(closes: date, named: str, day: date) -> None:
    assert dates.issue_day(closes, named) == day


async def test_a_list_of_years_goes_on(session: AsyncSession, desk: Desk, town: Town) -> None:
    for year in (2021, 2022, 2023):
        await make_cycle(session, town.district, year=year)
    await make_cycle(session, await make_organization(session, "district"), year=2024)
    await session.commit()
    first = await desk.get(town.clerk, f"{path(town.community)}?limit=2")
    more = await desk.get(
        town.clerk, f"{path(town.community)}?limit=2&cursor={first['next_cursor']}"
    )
    years = [each["year"] for each in (*first["items"], *more["items"])]
    assert (years, more["next_cursor"]) == ([2023, 2022, 2021], None)
    gone = await desk.get(town.clerk, f"/organizations/{town.members[0].id}/evaluation-cycles")
    assert gone["code"] == "not_found"
