"""Who reads what of a sheet and a summary."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Registration
from app.models.person import Person, Role
from app.models.report import Satisfaction
from tests.factories.members import make_member
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.factories.reports import make_service
from tests.reports.town import (
    PERIOD,
    Desk,
    Town,
    compile_summary,
    desk,
    draft,
    join,
    line_of,
    read_summary,
    town,
)

__all__ = ["desk", "town"]

FACTS = {"branch", "member", "state", "community", "count", "minutes", "solved", "answered"}
NUMBERED = FACTS | {"sheet_number", "sheet_id"}
VOTES = {"satisfaction", "opinion", "suggestion", "reading_line"}


async def issue_all(desk: Desk, town: Town) -> list[str]:
    """Every member's sheet, signed."""
    path = f"/organizations/{town.community.id}/sheets"
    ids: list[str] = (await desk.post(town.secretary, path, **PERIOD))["report_ids"]
    for each in ids:
        await desk.post(town.secretary, f"/reports/{each}/issue", opinion="steady")
    return ids


@pytest.fixture
async def branch_secretary(session: AsyncSession, town: Town) -> Person:
    return await make_staff(session, Role.EMPLOYER_SECRETARY, town.branch)


async def test_the_employers_secretary_finds_each_sheet_and_reads_the_votes_on_it(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for _ in range(5):
        await make_service(session, town.registration, rated=Satisfaction.SATISFIED)
    (sheet,) = await issue_all(desk, town)
    line = line_of(await read_summary(desk, town), "张三")
    assert set(line) == NUMBERED | VOTES
    assert (line["sheet_id"], line["satisfaction"]) == (sheet, "95%以上")
    shown = (await desk.get(town.employer_secretary, f"/reports/{line['sheet_id']}"))["content"]
    assert shown["ratings"]["satisfaction"] == "95%以上"
    assert shown["opinions"]["community_opinion"].startswith("能按承诺参加")


async def test_a_clerk_of_the_employer_reads_facts_but_no_votes_and_no_opinions(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_service(session, town.registration)
    (sheet,) = await issue_all(desk, town)
    summary = await compile_summary(desk, town)
    shown = await desk.get(town.employer_clerk, f"/reports/{summary['id']}")
    assert "ratings" not in shown["content"]
    line = line_of(shown["content"], "张三")
    assert (set(line), line["count"], line["sheet_id"]) == (NUMBERED, 1, sheet)
    page = await desk.get(town.employer_clerk, f"/reports/{sheet}")
    assert not {"ratings", "opinions"} & set(page["content"])
    assert page["open_to"] == []
    refused = await desk.post(town.employer_clerk, f"/reports/{summary['id']}/acknowledge")
    assert refused["code"] == "forbidden"


async def test_a_branch_secretary_reads_his_own_members_with_votes_and_nobody_elses(
    desk: Desk, town: Town, session: AsyncSession, branch_secretary: Person
) -> None:
    other = await make_organization(session, "employer_branch", town.employer, name="第二党支部")
    await join(session, town, "李四", branch_id=other.id)
    await join(session, town, "王五")
    await make_member(session, town.employer, name="赵六", branch_id=town.branch.id)
    await make_member(session, town.employer, name="钱七", branch_id=other.id)
    await issue_all(desk, town)
    summary = await compile_summary(desk, town)
    path = f"/organizations/{town.employer.id}/summaries"
    listed = await desk.get(branch_secretary, path)
    assert [item["id"] for item in listed["items"]] == [summary["id"]]
    shown = await desk.get(branch_secretary, f"/reports/{summary['id']}")
    assert "ratings" not in shown["content"]
    lines = {line["member"]: line for line in shown["content"]["details"]}
    assert set(lines) == {"张三", "赵六"}
    assert set(lines["张三"]) == NUMBERED | VOTES
    own = await desk.get(branch_secretary, f"/reports/{lines['张三']['sheet_id']}")
    assert {"ratings", "opinions"} <= set(own["content"])
    foreign = line_of(await read_summary(desk, town), "李四")["sheet_id"]
    assert (await desk.get(branch_secretary, f"/reports/{foreign}"))["code"] == "not_found"
    for step in ("read", "acknowledge"):
        refused = await desk.post(branch_secretary, f"/reports/{summary['id']}/{step}")
        assert refused["code"] == "forbidden"


async def test_a_branch_secretary_of_another_employer_reads_nothing(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    stranger = await make_organization(session, "employer", name="市教育局")
    branch = await make_organization(session, "employer_branch", stranger)
    who = await make_staff(session, Role.EMPLOYER_SECRETARY, branch)
    summary = await compile_summary(desk, town)
    assert (await desk.get(who, f"/reports/{summary['id']}"))["code"] == "not_found"
    path = f"/organizations/{town.employer.id}/summaries"
    assert (await desk.get(who, path))["code"] == "forbidden"


async def test_the_district_reads_no_votes_of_a_member_and_no_name_of_who_is_missing(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_member(session, town.employer, name="赵六")
    await issue_all(desk, town)
    shown = await read_summary(desk, town, town.office)
    assert shown["registration"]["not_registered"] == 1
    (line,) = shown["details"]
    assert set(line) == NUMBERED - {"sheet_id"}
    assert "ratings" in shown


async def join_protected(session: AsyncSession, town: Town) -> Registration:
    made = await join(session, town, "郑密", is_protected=True, branch_id=town.branch.id)
    await make_member(session, town.employer, name="冯密", is_protected=True)
    await make_service(session, made)
    return made


async def test_a_protected_member_is_counted_and_named_to_the_employers_secretary_alone(
    desk: Desk, town: Town, session: AsyncSession, branch_secretary: Person
) -> None:
    await join_protected(session, town)
    await issue_all(desk, town)
    shown = await read_summary(desk, town)
    line = line_of(shown, "郑密")
    assert "community" not in line
    assert (line["count"], line["sheet_number"]) == (1, None)
    assert line_of(shown, "冯密")["state"] == "未报到"
    for who in (town.employer_clerk, town.office, branch_secretary):
        page = await read_summary(desk, town, who)
        assert page["registration"] == shown["registration"]
        assert page["services"]["services_count"] == 1
        assert not {"郑密", "冯密"} & {each["member"] for each in page["details"]}


async def test_a_protected_members_sheet_is_opened_by_the_secretaries_alone(
    desk: Desk, town: Town, session: AsyncSession, branch_secretary: Person
) -> None:
    made = await join_protected(session, town)
    await issue_all(desk, town)
    sheet = line_of(await read_summary(desk, town), "郑密")["sheet_id"]
    member = await session.get_one(Person, made.person_id)
    for who in (town.employer_secretary, town.secretary, member):
        assert (await desk.get(who, f"/reports/{sheet}"))["content"]["basics"]["name"] == "郑密"
    for who in (town.employer_clerk, town.office, branch_secretary):
        assert (await desk.get(who, f"/reports/{sheet}"))["code"] == "not_found"


async def test_the_members_own_words_reach_everybody_who_reads_the_sheet(
    desk: Desk, town: Town
) -> None:
    sheet = await draft(desk, town)
    await desk.post(town.member, f"/reports/{sheet}/statements", words="那次是临时加班")
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    await compile_summary(desk, town)
    for who in (town.member, town.secretary, town.employer_secretary, town.employer_clerk):
        page = await desk.get(who, f"/reports/{sheet}")
        assert [each["words"] for each in page["statements"]] == ["那次是临时加班"]


async def test_a_sheet_that_never_left_the_community_is_not_the_employers_to_read(
    desk: Desk, town: Town
) -> None:
    sheet = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    await desk.post(town.secretary, f"/reports/{sheet}/void", reason="人员有误")
    for who in (town.employer_secretary, town.employer_clerk):
        assert (await desk.get(who, f"/reports/{sheet}"))["code"] == "not_found"


@pytest.mark.parametrize("members", [1, 6])
async def test_reading_costs_at_most_four_statements_however_many_members(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
    members: int,
) -> None:
    for name in "王李周吴郑冯"[:members]:
        await join(session, town, name)
    sheets = await issue_all(desk, town)
    summary = await compile_summary(desk, town)
    for path in (
        f"/reports/{summary['id']}",
        f"/reports/{sheets[0]}",
        f"/organizations/{town.employer.id}/summaries",
    ):
        with count_statements() as seen:
            await desk.get(town.employer_secretary, path)
        assert len(seen) <= 4
