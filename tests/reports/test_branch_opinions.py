"""The functional branch's sentence on a sheet: chosen before it is signed, by its secretary alone."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.evaluation import CycleStatus
from app.models.member import Registration
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.report import Notification, Report, ReportStep, Satisfaction
from app.reports import paper
from app.reports.contents import BRANCH_OPINION
from tests.appraisals.town import Clock, Sessions, inbox, stand_at, tick
from tests.factories.appraisals import make_cycle
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.factories.reports import make_service
from tests.reports.test_races import PERIOD, Call, make_city, press
from tests.reports.town import Desk, Town, compile_summary, desk, draft, join, town

__all__ = ["desk", "town"]

NORMAL = "参加支部（小组）活动情况正常。"
ACTIVE = "参加支部（小组）活动积极，服从安排。"


@pytest.fixture
async def unit(session: AsyncSession, town: Town) -> Organization:
    """The functional branch that the town's member stands in."""
    made = await make_organization(session, "functional_branch", town.community)
    town.registration.functional_branch_id = made.id
    await session.flush()
    return made


@pytest.fixture
async def head(session: AsyncSession, unit: Organization) -> Person:
    return await make_staff(session, Role.BRANCH_SECRETARY, unit)


async def choose(desk: Desk, who: Person, report_id: str, opinion: str | None) -> Any:
    return await desk.post(who, f"/reports/{report_id}/branch-opinion", opinion=opinion)


async def opinions(desk: Desk, who: Person, report_id: str) -> Any:
    return (await desk.get(who, f"/reports/{report_id}"))["content"]["opinions"]


async def test_a_sentence_is_chosen_read_by_the_member_and_stands_on_what_is_signed(
    desk: Desk, town: Town, unit: Organization, head: Person
) -> None:
    path = f"/organizations/{unit.id}/branch-sheets"
    assert (await desk.get(head, path))["items"] == []
    made = await draft(desk, town)
    assert BRANCH_OPINION not in await opinions(desk, town.member, made)
    (line,) = (await desk.get(head, path))["items"]
    assert (line["id"], line["name"], line["branch_opinion"]) == (made, "张三", None)
    assert await choose(desk, head, made, "normal") == {"id": made, "branch_opinion": "normal"}
    (line,) = (await desk.get(head, path))["items"]
    assert line["branch_opinion"] == "normal"
    for who in (town.member, town.secretary):
        assert (await opinions(desk, who, made))[BRANCH_OPINION] == NORMAL
    assert await draft(desk, town) == made  # computed anew, it stays
    assert (await opinions(desk, town.member, made))[BRANCH_OPINION] == NORMAL
    await desk.post(town.secretary, f"/reports/{made}/issue", opinion="steady")
    assert (await choose(desk, head, made, "active"))["code"] == "bad_transition"
    assert (await desk.get(head, path))["items"] == []
    await compile_summary(desk, town)
    assert (await opinions(desk, town.employer_secretary, made))[BRANCH_OPINION] == NORMAL
    clerk = (await desk.get(town.employer_clerk, f"/reports/{made}"))["content"]
    assert "opinions" not in clerk
    assert paper.value({"code": BRANCH_OPINION}, {BRANCH_OPINION: NORMAL}) == NORMAL
    assert paper.value({"code": BRANCH_OPINION}, {}) is None


async def test_it_is_changed_taken_back_and_kept_by_a_next_edition(
    desk: Desk, town: Town, head: Person, session: AsyncSession
) -> None:
    made = await draft(desk, town)
    for code, text in (("normal", NORMAL), ("active", ACTIVE), (None, None), ("active", ACTIVE)):
        await choose(desk, head, made, code)
        assert (await opinions(desk, town.member, made)).get(BRANCH_OPINION) == text
    steps = select(func.count(ReportStep.id)).where(
        ReportStep.action == "opine", ReportStep.actor_id == head.id
    )
    assert await session.scalar(steps) == 4
    await desk.post(town.secretary, f"/reports/{made}/issue")
    following = await draft(desk, town)
    assert following != made
    assert (await opinions(desk, town.member, following))[BRANCH_OPINION] == ACTIVE


async def test_only_its_own_branch_speaks_and_only_in_the_sentences_of_the_content(
    desk: Desk, town: Town, head: Person, session: AsyncSession
) -> None:
    made = await draft(desk, town)
    other = await make_organization(session, "functional_branch", town.community)
    stranger = await make_staff(session, Role.BRANCH_SECRETARY, other)
    assert (await choose(desk, stranger, made, "normal"))["code"] == "not_found"
    for who in (town.secretary, town.member):
        assert (await choose(desk, who, made, "normal"))["code"] == "forbidden"
    refused = await choose(desk, head, made, "outstanding")
    assert refused["errors"][0]["pointer"] == "/opinion"
    assert (await desk.get(head, f"/reports/{made}"))["code"] == "not_found"
    path = f"/organizations/{other.id}/branch-sheets"
    assert (await desk.get(head, path))["code"] == "forbidden"
    nowhere = f"/organizations/{made}/branch-sheets"
    assert (await desk.get(head, nowhere))["code"] == "not_found"
    assert BRANCH_OPINION not in await opinions(desk, town.member, made)


async def test_of_a_protected_member_the_branch_neither_hears_nor_speaks(
    desk: Desk, town: Town, unit: Organization, head: Person, session: AsyncSession
) -> None:
    protected = await join(session, town, "李四", is_protected=True)
    protected.functional_branch_id = unit.id
    await join(session, town, "王五")  # of no branch
    await session.flush()
    path = f"/organizations/{town.community.id}/sheets"
    drafted = (await desk.post(town.secretary, path, **PERIOD))["report_ids"]
    lines = (await desk.get(head, f"/organizations/{unit.id}/branch-sheets"))["items"]
    assert [line["name"] for line in lines] == ["张三"]
    for each in set(drafted) - {lines[0]["id"]}:
        assert (await choose(desk, head, each, "normal"))["code"] == "not_found"


async def test_of_many_each_is_said_or_says_why_not(
    desk: Desk, town: Town, unit: Organization, head: Person
) -> None:
    made = await draft(desk, town)
    path = f"/organizations/{unit.id}/branch-opinions"
    wanted = [{"report_id": each, "opinion": "normal"} for each in (made, str(unit.id))]
    found = await desk.post(head, path, items=wanted)
    assert found["items"] == [
        {"id": made, "code": None},
        {"id": str(unit.id), "code": "not_found"},
    ]
    (line,) = (await desk.get(head, f"/organizations/{unit.id}/branch-sheets"))["items"]
    assert line["branch_opinion"] == "normal"


async def test_the_list_goes_on_page_by_page(
    desk: Desk, town: Town, unit: Organization, head: Person, session: AsyncSession
) -> None:
    (await join(session, town, "李四")).functional_branch_id = unit.id
    await session.flush()
    await desk.post(town.secretary, f"/organizations/{town.community.id}/sheets", **PERIOD)
    path = f"/organizations/{unit.id}/branch-sheets?limit=1"
    first = await desk.get(head, path)
    second = await desk.get(head, f"{path}&cursor={first['next_cursor']}")
    names = {page["items"][0]["name"] for page in (first, second)}
    assert (names, second["next_cursor"]) == ({"张三", "李四"}, None)


async def test_neither_list_nor_sentence_moves_with_the_votes(
    desk: Desk, town: Town, unit: Organization, head: Person, session: AsyncSession
) -> None:
    path = f"/organizations/{unit.id}/branch-sheets"
    made = await draft(desk, town)
    await choose(desk, head, made, "normal")
    before = await desk.get(head, path), await opinions(desk, town.secretary, made)
    for _ in range(6):
        await make_service(session, town.registration, rated=Satisfaction.UNSATISFIED)
        await draft(desk, town)
        assert (await desk.get(head, path), await opinions(desk, town.secretary, made)) == before


async def test_branches_learn_once_that_the_sheets_are_drafted(
    town: Town,
    head: Person,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Clock,
) -> None:
    district = await session.get_one(Organization, town.community.lineage[1])
    cycle = await make_cycle(session, district, status=CycleStatus.COMPUTING)
    await make_staff(session, Role.BRANCH_SECRETARY, town.community)  # of no one branch
    await session.commit()
    stand_at(move_clock, cycle.due_at or clock.now())
    for _ in range(2):
        await tick(sessions)
    assert await inbox(session, head.id) == ["sheets_to_opine"]
    told = await session.scalars(
        select(Notification.person_id).where(Notification.message == "sheets_to_opine")
    )
    assert list(told) == [head.id]


async def test_chosen_while_it_is_signed_it_stands_there_or_is_refused(
    committed: FastAPI,
) -> None:
    city = await make_city(committed)
    drafting: Call = (city["secretary"], city["sheets"], PERIOD)
    (made,) = await press(committed, [drafting])
    ids = made.json()["report_ids"]
    async with committed.state.sessions.begin() as session:
        community = await session.get_one(
            Organization, (await session.get_one(Report, ids[0])).issuer_id
        )
        head = (await make_staff(session, Role.BRANCH_SECRETARY, community)).id
        unit = await make_organization(session, "functional_branch", community)
        for each in await session.scalars(select(Report)):
            registration = await session.get_one(Registration, each.registration_id)
            registration.functional_branch_id = unit.id
    calls: list[Call] = []
    for each in ids:
        calls.append((city["secretary"], f"/reports/{each}/issue", {}))
        calls.append((head, f"/reports/{each}/branch-opinion", {"opinion": "normal"}))
    answers = [answer.status_code for answer in await press(committed, calls)]
    async with committed.state.sessions() as session:
        for each, signed, chosen in zip(ids, answers[::2], answers[1::2], strict=True):
            content = (await session.get_one(Report, each)).content
            assert (signed, chosen == 200) == (200, NORMAL in content)
            assert chosen in (200, 409)
