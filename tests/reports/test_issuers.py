"""Where the city issues the summaries, they are numbered, chained, read and compiled as the city's."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.evaluation import CycleStatus
from app.models.organization import Organization, Policy
from app.models.person import Person, Role
from app.models.report import Report, ReportKind
from app.models.report_run import ReportRun
from tests.appraisals.town import Clock, Sessions, stand_at, tick
from tests.factories.appraisals import make_cycle
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.reports.town import PERIOD, TODAY, Desk, Town, desk, draft, town

__all__ = ["desk", "town"]


@pytest.fixture
async def city(session: AsyncSession, town: Town) -> Organization:
    """The town's city, which issues."""
    found = await session.get_one(Organization, town.community.lineage[0])
    found.name, found.code = "南通市", "320600"
    await say(session, found, "city")
    return found


@pytest.fixture
async def mayor(session: AsyncSession, city: Organization) -> Person:
    return await make_staff(session, Role.CITY_ADMIN, city)


async def say(session: AsyncSession, place: Organization, level: str) -> None:
    """This level issues the summaries of the place."""
    session.add(
        Policy(
            organization_id=place.id,
            key="report.summary_issuer",
            value={"value": level},
            effective_on=TODAY,
            basis="",
            created_at=clock.now(),
        )
    )
    await session.flush()


async def summaries_of(desk: Desk, who: Person, town: Town) -> Any:
    return await desk.post(who, f"/organizations/{town.employer.id}/summaries", **PERIOD)


async def issuers(session: AsyncSession) -> list[Any]:
    rows = await session.scalars(
        select(Report.issuer_id)
        .where(Report.kind == ReportKind.EMPLOYER_SUMMARY)
        .order_by(Report.edition)
    )
    return list(rows)


async def test_the_citys_summary_has_its_number_its_chain_and_its_name_on_the_public_page(
    desk: Desk, town: Town, session: AsyncSession, city: Organization, mayor: Person
) -> None:
    sheet = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    made = await summaries_of(desk, mayor, town)
    assert made["number"] == f"HZD-320600-{TODAY.year}-000001"
    shown = await desk.get(mayor, f"/reports/{made['id']}")
    assert (shown["issuer_name"], shown["previous_hash"]) == ("南通市", "0" * 64)
    code = shown["content"]["head"]["verification_code"]
    public = (await desk.client.get(f"/v/{code}", headers={"accept": "application/json"})).text
    assert "南通市" in public
    following = await desk.get(mayor, f"/reports/{(await summaries_of(desk, mayor, town))['id']}")
    assert following["previous_hash"] == shown["content_hash"]
    assert following["number"] == f"HZD-320600-{TODAY.year}-000002"
    assert await issuers(session) == [city.id] * 2
    # the employer has it as ever; the district neither reads nor voids what is not its own
    assert (await desk.get(town.employer_secretary, f"/reports/{made['id']}"))["number"]
    assert (await desk.get(town.office, f"/reports/{made['id']}"))["code"] == "not_found"
    voiding = await desk.post(mayor, f"/reports/{following['id']}/void", reason="有误")
    assert voiding["status"] == "void"


async def test_an_office_below_the_issuer_neither_compiles_nor_begins(
    desk: Desk, town: Town, session: AsyncSession, city: Organization, mayor: Person
) -> None:
    assert (await summaries_of(desk, town.office, town))["code"] == "not_summary_issuer"
    district = f"/organizations/{town.community.lineage[1]}/report-runs"
    for who in (town.office, mayor):
        assert (await desk.post(who, district, **PERIOD))["code"] == "not_summary_issuer"
    assert list(await session.scalars(select(ReportRun.id))) == []
    begun = await desk.post(mayor, f"/organizations/{city.id}/report-runs", **PERIOD)
    assert begun["kind"] == "year"


async def test_the_nearest_policy_wins_and_a_next_edition_follows_it(
    desk: Desk, town: Town, session: AsyncSession, city: Organization, mayor: Person
) -> None:
    district = await session.get_one(Organization, town.community.lineage[1])
    await summaries_of(desk, mayor, town)
    await say(session, district, "district")
    for who in (town.office, mayor):
        assert (await summaries_of(desk, who, town))["status"] == "delivered"
    assert await issuers(session) == [city.id, district.id, district.id]


async def test_where_no_such_level_stands_above_the_one_right_above_issues(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    city = await session.get_one(Organization, town.community.lineage[0])
    mayor = await make_staff(session, Role.CITY_ADMIN, city)
    town.employer = await make_organization(session, "employer", city)
    assert (await summaries_of(desk, mayor, town))["status"] == "delivered"
    assert await issuers(session) == [city.id]


async def test_the_citys_cycle_sends_the_citys_summaries(
    town: Town,
    session: AsyncSession,
    city: Organization,
    sessions: Sessions,
    move_clock: Clock,
) -> None:
    cycle = await make_cycle(session, city, status=CycleStatus.FINAL)
    await session.commit()
    stand_at(move_clock, cycle.due_at or clock.now())
    for _ in range(2):  # the fact of the step begins a run
        await tick(sessions)
    assert await issuers(session) == [city.id]


async def test_a_year_that_was_planned_before_is_finished_by_the_house(
    town: Town,
    session: AsyncSession,
    city: Organization,
    sessions: Sessions,
    move_clock: Clock,
) -> None:
    district = await session.get_one(Organization, town.community.lineage[1])
    cycle = await make_cycle(session, district, status=CycleStatus.FINAL)
    await session.commit()
    stand_at(move_clock, cycle.due_at or clock.now())
    for _ in range(2):  # the fact of the step begins a run
        await tick(sessions)
    assert await issuers(session) == [city.id]
