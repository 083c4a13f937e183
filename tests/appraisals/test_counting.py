"""Ballots on paper: two count apart, and only what both have found stands."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.appraisal import AppraisalCount, BallotWay, Panel
from app.models.evaluation import EvaluationCycle
from app.models.member import Member, Registration
from app.models.person import Person, Role
from tests.appraisals.town import Town, of
from tests.factories.appraisals import make_rater
from tests.factories.members import make_registration
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.orders.town import Desk

AREA = Panel.RESIDENT_REPRESENTATIVES


@pytest.fixture
async def box(session: AsyncSession, town: Town, cycle: EvaluationCycle) -> None:
    """Three of the community's committee and four representatives of one area rate on paper."""
    for _ in range(3):
        await make_rater(session, cycle, town.community, way=BallotWay.PAPER_BALLOT)
    for _ in range(4):
        await make_rater(
            session,
            cycle,
            town.community,
            panel=AREA,
            way=BallotWay.PAPER_BALLOT,
            area_id=town.groups[0].id,
        )
    await session.commit()


def line(row: Registration, satisfied: int = 0, fair: int = 0, unsatisfied: int = 0) -> Any:
    return {
        "registration_id": str(row.id),
        "satisfied": satisfied,
        "fair": fair,
        "unsatisfied": unsatisfied,
    }


async def enter(
    desk: Desk, who: Person, cycle: EvaluationCycle, town: Town, *lines: Any, **more: Any
) -> Any:
    body = {"panel": "community", "lines": list(lines)} | more
    return await desk.post(who, of(cycle, town, "paper-counts"), **body)


async def shown(
    desk: Desk, who: Person, cycle: EvaluationCycle, town: Town, row: Registration
) -> Any:
    page = of(cycle, town, "paper-counts?panel=community")
    lines = (await desk.get(who, page))["lines"]
    return next(each for each in lines if each["registration_id"] == str(row.id))


async def test_totals_stand_when_two_have_found_the_same(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle, box: None
) -> None:
    first, second, *_ = town.members
    told = await enter(desk, town.secretary, cycle, town, line(first, 2, 1), line(second, 3))
    assert told.status_code == 204, told.text
    blind = await shown(desk, town.clerk, cycle, town, first)
    assert (blind["mine"], blind["other"], blind["ballots_at_most"]) == (None, None, 3)
    await enter(desk, town.clerk, cycle, town, line(first, 2, 1), line(second, 2, 1))
    agreed = await shown(desk, town.clerk, cycle, town, first)
    assert (agreed["is_agreed"], agreed["is_different"]) == (True, False)
    for who, mine in ((town.clerk, (2, 1)), (town.secretary, (3, 0))):
        other = await shown(desk, who, cycle, town, second)
        assert (other["is_agreed"], other["is_different"]) == (False, True)
        assert (other["mine"]["satisfied"], other["mine"]["fair"]) == mine
        assert other["mine"] != other["other"]
    await enter(desk, town.secretary, cycle, town, line(second, 2, 1))
    assert (await shown(desk, town.secretary, cycle, town, second))["is_agreed"]
    rows = (await session.scalars(select(AppraisalCount))).all()
    assert {(row.place, row.agreed_at is not None) for row in rows} == {(1, True), (2, True)}


async def test_what_stands_is_not_changed_and_may_be_said_again(
    desk: Desk, town: Town, cycle: EvaluationCycle, box: None
) -> None:
    row = town.members[0]
    for who in (town.secretary, town.clerk):
        await enter(desk, who, cycle, town, line(row, 3))
    same = await enter(desk, town.clerk, cycle, town, line(row, 3))
    assert same.status_code == 204
    other = await enter(desk, town.clerk, cycle, town, line(row, 2))
    assert other.json()["code"] == "count_stands"


async def test_a_third_counts_nothing_that_two_have_counted(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle, box: None
) -> None:
    third = await make_staff(session, Role.GRID_WORKER, town.community)
    await session.commit()
    row = town.members[0]
    await enter(desk, town.secretary, cycle, town, line(row, 3))
    await enter(desk, town.clerk, cycle, town, line(row, 2))
    refused = await enter(desk, third, cycle, town, line(row, 3))
    assert refused.json()["code"] == "counted_by_two"


async def test_a_wrong_line_is_named_and_nothing_is_kept(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle, box: None
) -> None:
    good, other, hidden, _ = town.members
    (await session.get_one(Member, hidden.member_id)).is_protected = True
    own = await make_registration(session, town.community, town.clerk)
    far = await make_registration(session)
    await session.commit()
    for wrong, code in (
        (line(good, 1), "not_listed"),
        (line(hidden, 1), "not_listed"),
        (line(far, 1), "not_listed"),
        (line(own, 1), "own_count"),
        (line(other, 3, 1), "too_many_ballots"),
    ):
        refused = await enter(desk, town.clerk, cycle, town, line(good, 1), wrong)
        error = refused.json()["errors"][0]
        assert (error["code"], error["pointer"][:8]) == (code, "/lines/1"), refused.text
    assert (await session.scalars(select(AppraisalCount))).all() == []
    page = of(cycle, town, "paper-counts?panel=community")
    named = {each["registration_id"] for each in (await desk.get(town.clerk, page))["lines"]}
    assert named == {str(row.id) for row in town.members} - {str(hidden.id)}


async def test_a_box_of_an_area_holds_its_own_ballots_and_a_small_one_none(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle, box: None
) -> None:
    here, there = town.members[0], town.members[1]
    assert (
        await enter(desk, town.clerk, cycle, town, line(here, 4), panel=AREA.value)
    ).status_code == 204
    for panel, row in ((AREA.value, there), ("functional_branch", here)):
        refused = await enter(desk, town.clerk, cycle, town, line(row, 1), panel=panel)
        assert refused.json()["code"] == "too_few_on_paper"
    lines = (await desk.get(town.clerk, of(cycle, town, f"paper-counts?panel={AREA.value}")))[
        "lines"
    ]
    most = {each["registration_id"]: each["ballots_at_most"] for each in lines}
    assert (most[str(here.id)], most[str(there.id)]) == (4, 0)


async def test_nobody_else_counts_or_reads_the_counts(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle, box: None
) -> None:
    refused = await enter(desk, town.office, cycle, town, line(town.members[0], 1))
    assert refused.json()["code"] == "forbidden"
    page = of(cycle, town, "paper-counts?panel=community")
    assert (await desk.get(town.office, page))["code"] == "forbidden"


async def test_three_hundred_lines_cost_a_handful_of_statements(
    session: AsyncSession,
    desk: Desk,
    town: Town,
    cycle: EvaluationCycle,
    box: None,
    count_statements: Any,
) -> None:
    employer = await make_organization(session, "employer", town.district)
    rows = [await make_registration(session, town.community, employer=employer) for _ in range(296)]
    await session.commit()
    lines = [line(row, 3) for row in (*rows, *town.members)]
    for who in (town.secretary, town.clerk):
        with count_statements() as seen:
            assert (await enter(desk, who, cycle, town, *lines)).status_code == 204
        assert len(seen) <= 9, seen
