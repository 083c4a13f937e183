"""From the records to the report that the employer acknowledges, over HTTP."""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.house import VerificationCode
from app.models.member import Registration, RegistrationStatus
from app.models.need import AcceptanceStatus
from app.models.order import SeatStatus
from app.models.organization import Organization
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.models.report import Rating, Report, ReportStatus, Satisfaction
from app.permissions import Actor
from app.policies import content
from app.reports import summaries
from app.reports.facts import Period
from app.reports.freeze import FIRST, canonical
from app.reports.lifecycle import LIFECYCLE, ReportAction
from tests.factories.members import make_member, make_registration
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent, make_service

Headers = Callable[[Person], dict[str, str]]
TODAY = clock.today()
PERIOD = {
    "period_from": (TODAY - timedelta(days=360)).isoformat(),
    "period_to": (TODAY + timedelta(days=5)).isoformat(),
}


@dataclass
class Town:
    """One community, one employer, one member who agreed to be reported, and those in charge."""

    community: Organization
    employer: Organization
    office: Person
    secretary: Person
    employer_secretary: Person
    employer_clerk: Person
    member: Person
    registration: Registration


@pytest.fixture
async def town(session: AsyncSession) -> Town:
    await content.load(session)
    community = await make_community(session, name="学田社区")
    district = await session.get_one(Organization, community.lineage[1])
    employer = await make_organization(
        session, "employer", district, name="市水务局", stated_headcount=5
    )
    branch = await make_organization(session, "employer_branch", employer, name="第一党支部")
    member = await make_person(session, name="张三")
    line = await make_member(session, employer, member, branch_id=branch.id)
    registration = await make_registration(session, community, member, member=line)
    await make_consent(session, member.id)
    return Town(
        community,
        employer,
        await make_staff(session, Role.DISTRICT_ADMIN, district),
        await make_staff(session, Role.COMMUNITY_SECRETARY, community),
        await make_staff(session, Role.EMPLOYER_SECRETARY, employer),
        await make_staff(session, Role.EMPLOYER_CLERK, employer),
        member,
        registration,
    )


@dataclass
class Desk:
    """Posts and gets as somebody, and shows problems as they are."""

    client: AsyncClient
    sign_in: Headers

    async def post(self, who: Person, path: str, **body: Any) -> Any:
        answer = await self.client.post(f"/api/v1{path}", json=body, headers=self.sign_in(who))
        return answer.json() if answer.content else None

    async def get(self, who: Person, path: str) -> Any:
        return (await self.client.get(f"/api/v1{path}", headers=self.sign_in(who))).json()


@pytest.fixture
def desk(client: AsyncClient, sign_in: Headers) -> Desk:
    return Desk(client, sign_in)


async def draft(desk: Desk, town: Town) -> str:
    path = f"/organizations/{town.community.id}/sheets"
    made = await desk.post(town.secretary, path, **PERIOD)
    assert len(made["report_ids"]) == 1
    return str(made["report_ids"][0])


async def compile_summary(desk: Desk, town: Town) -> Any:
    path = f"/organizations/{town.employer.id}/summaries"
    return await desk.post(town.office, path, **PERIOD)


@pytest.mark.parametrize("status", ReportStatus)
@pytest.mark.parametrize("action", ReportAction)
def test_a_step_leaves_only_its_sources(status: ReportStatus, action: ReportAction) -> None:
    allowed = {
        ReportAction.ISSUE: {"draft"},
        ReportAction.DELIVER: {"issued"},
        ReportAction.ACKNOWLEDGE: {"delivered"},
        ReportAction.SUPERSEDE: {"issued", "delivered", "acknowledged"},
        ReportAction.VOID: {"issued", "delivered", "acknowledged"},
    }
    assert (status in LIFECYCLE.steps[action].sources) is (status in allowed[action])


async def test_the_whole_way_of_a_report(desk: Desk, town: Town, session: AsyncSession) -> None:
    for number in range(3):
        await make_service(
            session,
            town.registration,
            answer=AcceptanceStatus.SOLVED if number else AcceptanceStatus.UNSOLVED,
        )
    sheet = await draft(desk, town)
    mine = await desk.get(town.member, "/me/reports")
    assert [item["id"] for item in mine["items"]] == [sheet]
    await desk.post(town.member, f"/reports/{sheet}/statements", words="那次是临时加班")
    issued = await desk.post(town.secretary, f"/reports/{sheet}/issue", opinion="steady")
    assert (issued["status"], issued["number"][:3]) == ("issued", "FK-")
    summary = await compile_summary(desk, town)
    assert summary["status"] == "delivered"
    inbox = await desk.get(town.employer_secretary, f"/organizations/{town.employer.id}/summaries")
    assert [item["number"] for item in inbox["items"]] == [summary["number"]]
    path = f"/reports/{summary['id']}"
    await desk.post(town.employer_secretary, f"{path}/read")
    await desk.post(town.employer_secretary, f"{path}/read")
    acknowledged = await desk.post(town.employer_secretary, f"{path}/acknowledge")
    assert acknowledged["status"] == "acknowledged"
    await desk.post(town.employer_secretary, f"{path}/use", uses=["appraisal"], reply="感谢社区")
    shown = await desk.get(town.employer_secretary, path)
    assert (shown["uses_made"], shown["reply"]) == (["appraisal"], "感谢社区")
    (line,) = shown["content"]["details"]
    assert (line["member"], line["count"], line["minutes"]) == ("张三", 3, 180)
    assert (line["solved"], line["answered"], line["sheet_number"]) == (2, 3, issued["number"])
    own = await desk.get(town.member, f"/reports/{sheet}")
    assert own["status"] == "delivered"
    assert own["content"]["statement"][0]["words"] == "那次是临时加班"
    assert own["content"]["opinions"]["community_opinion"].startswith("能按承诺参加")
    assert own["content"]["services"]["main_services"][0]["title"] == "教用手机"


async def test_a_frozen_report_can_be_verified_and_its_chain_recomputed(
    desk: Desk, town: Town, session: AsyncSession, client: AsyncClient
) -> None:
    first = await compile_summary(desk, town)
    second = await compile_summary(desk, town)
    rows = {row.number: row for row in await session.scalars(select(Report))}
    one, two = rows[first["number"]], rows[second["number"]]
    assert (one.previous_hash, two.previous_hash) == (FIRST, one.content_hash)
    text = canonical(json.loads(two.content))
    assert two.content_hash == hashlib.sha256(f"{two.previous_hash}\n{text}".encode()).hexdigest()
    assert (one.status, two.edition, two.supersedes_id) == ("superseded", 2, one.id)
    codes = [json.loads(row.content)["head"]["verification_code"] for row in (one, two)]
    seen = [(await client.get(f"/v/{code}")).json() for code in codes]
    assert [page["standing"] for page in seen] == ["superseded", "valid"]
    assert seen[1]["document_name"] == "汇总单"
    assert set(seen[1]) == {
        "document_kind",
        "document_name",
        "issuer_name",
        "issued_on",
        "standing",
    }
    stored = await session.scalars(select(VerificationCode.code_hash))
    assert not set(codes) & set(stored)


async def test_a_code_that_nobody_gave_is_not_genuine(client: AsyncClient) -> None:
    answer = await client.get("/v/ZAAAAAAAAAAAAAAAAA")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_genuine")


async def test_guessing_codes_is_limited(client: AsyncClient) -> None:
    answers = [await client.get(f"/v/Z{number:017}") for number in range(32)]
    assert [a.status_code for a in answers[:30]] == [404] * 30
    assert (answers[-1].status_code, int(answers[-1].headers["retry-after"]) > 0) == (429, True)


async def test_an_unsigned_community_does_not_hold_back_the_facts(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_service(session, town.registration)
    summary = await compile_summary(desk, town)
    shown = await desk.get(town.employer_secretary, f"/reports/{summary['id']}")
    assert shown["content"]["head"]["sheets_without_opinion"] == 1
    (line,) = shown["content"]["details"]
    assert (line["count"], line["opinion"], line["sheet_number"]) == (1, "社区意见暂缺", None)


async def test_four_votes_show_no_rate_and_five_a_band_and_ten_a_percentage(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    shown = []
    for wanted in (4, 5, 10):
        while (given := await count_ratings(session)) < wanted:
            good = given != 1
            await make_service(
                session,
                town.registration,
                rated=Satisfaction.FAIR if good else Satisfaction.UNSATISFIED,
            )
        summary = await compile_summary(desk, town)
        page = await desk.get(town.employer_secretary, f"/reports/{summary['id']}")
        shown.append(page["content"]["details"][0]["satisfaction"])
    assert shown == ["评价较少，不计算比例", "70%—85%", "90.0%"]
    assert page["content"]["ratings"] == {"votes": 10, "satisfaction": "90.0%"}


async def count_ratings(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Rating)) or 0


async def test_a_clerk_of_the_employer_sees_facts_but_no_opinions(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_service(session, town.registration)
    sheet = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    summary = await compile_summary(desk, town)
    clerk = await desk.get(town.employer_clerk, f"/reports/{summary['id']}")
    assert "ratings" not in clerk["content"]
    assert "satisfaction" not in clerk["content"]["details"][0]
    assert clerk["content"]["details"][0]["count"] == 1
    page = await desk.get(town.employer_clerk, f"/reports/{sheet}")
    assert "opinions" not in page["content"]
    assert page["open_to"] == []
    refused = await desk.post(town.employer_clerk, f"/reports/{summary['id']}/acknowledge")
    assert refused["code"] == "forbidden"


async def test_who_reports_himself_is_named_without_facts(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    silent = await make_registration(
        session,
        town.community,
        member=await make_member(session, town.employer, await make_person(session, name="李四")),
    )
    await make_service(session, silent)
    await draft(desk, town)
    summary = await compile_summary(desk, town)
    shown = await desk.get(town.employer_secretary, f"/reports/{summary['id']}")
    line = next(row for row in shown["content"]["details"] if row["member"] == "李四")
    assert line["state"] == "由本人自行报告"
    assert "count" not in line
    assert shown["content"]["services"]["services_count"] == 0


async def test_paper_counter_and_online_are_counted_alike_and_the_missing_are_named(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for channel in ("paper_only", "at_counter"):
        line = await make_member(session, town.employer, name="王五", phone=None)
        await make_registration(session, town.community, member=line, channel=channel)
    suspended = await make_member(session, town.employer, name="丁一")
    await make_registration(
        session, town.community, member=suspended, status=RegistrationStatus.SUSPENDED
    )
    await make_member(session, town.employer, name="赵六")
    await make_member(session, town.employer, name="钱七", service_state="retired")
    await make_member(session, town.employer, name="孙八", left_on=TODAY)
    summary = await compile_summary(desk, town)
    shown = (await desk.get(town.employer_secretary, f"/reports/{summary['id']}"))["content"]
    assert shown["registration"] == {
        "stated_headcount": 5,
        "registered_online": 2,
        "registered_offline": 2,
        "exempt_or_suspended": 1,
        "not_registered": 1,
        "communities_count": 1,
    }
    states = {row["member"]: row["state"] for row in shown["details"]}
    assert states == {"丁一": "暂停", "张三": "已报到", "王五": "已报到", "赵六": "未报到"}


async def test_lines_stand_by_branch_and_strokes_never_by_value(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for name in ("魏一", "丁一", "王一"):
        await make_member(
            session, town.employer, name=name, branch_id=(await branch_of(session, town)).id
        )
    summary = await compile_summary(desk, town)
    shown = (await desk.get(town.employer_secretary, f"/reports/{summary['id']}"))["content"]
    assert [row["member"] for row in shown["details"]] == ["丁一", "王一", "张三", "魏一"]


async def branch_of(session: AsyncSession, town: Town) -> Organization:
    return (
        await session.scalars(
            select(Organization).where(
                Organization.parent_id == town.employer.id,
                Organization.kind == "employer_branch",
            )
        )
    ).one()


async def test_kept_promises_are_told_apart(desk: Desk, town: Town, session: AsyncSession) -> None:
    kept = {
        SeatStatus.CONFIRMED: {},
        SeatStatus.RELEASED: {"is_late_release": False},
        SeatStatus.EXCUSED: {},
        SeatStatus.NO_SHOW: {},
    }
    for status, columns in kept.items():
        order = await make_order(session, town.community, starts_at=clock.now())
        await make_seat(session, order, town.registration, status=status, **columns)
    late = await make_order(session, town.community, starts_at=clock.now())
    await make_seat(
        session, late, town.registration, status=SeatStatus.RELEASED, is_late_release=True
    )
    outside = await make_order(session, town.community, starts_at=clock.now() + timedelta(days=30))
    await make_seat(session, outside, town.registration)
    await make_record(session, town.registration, is_work_time=True, minutes=45)
    sheet = await draft(desk, town)
    shown = (await desk.get(town.member, f"/reports/{sheet}"))["content"]
    assert shown["reliability"] == {
        "taken": 5,
        "completed": 1,
        "released_in_time": 1,
        "released_late": 1,
        "excused": 1,
        "no_show": 1,
    }
    assert (shown["services"]["total_minutes"], shown["services"]["work_time_minutes"]) == (0, 45)


async def test_drafts_are_computed_anew_and_issued_ones_get_a_next_edition(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    first = await draft(desk, town)
    await make_service(session, town.registration)
    assert await draft(desk, town) == first
    shown = await desk.get(town.member, f"/reports/{first}")
    assert shown["content"]["services"]["activity_count"] == 1
    await desk.post(town.secretary, f"/reports/{first}/issue")
    second = await draft(desk, town)
    assert second != first
    await desk.post(town.secretary, f"/reports/{second}/issue")
    old = await desk.get(town.member, f"/reports/{first}")
    new = await desk.get(town.member, f"/reports/{second}")
    assert (old["status"], new["edition"], new["status"]) == ("superseded", 2, "issued")
    listed = await desk.get(town.secretary, f"/organizations/{town.community.id}/sheets?limit=1")
    rest = await desk.get(
        town.secretary,
        f"/organizations/{town.community.id}/sheets?limit=1&cursor={listed['next_cursor']}",
    )
    assert [page["items"][0]["id"] for page in (listed, rest)] == [second, first]


async def test_an_objection_is_left_out_until_it_is_answered(desk: Desk, town: Town) -> None:
    sheet = await draft(desk, town)
    said = await desk.post(
        town.member, f"/reports/{sheet}/statements", words="次数不对", is_objection=True
    )
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    assert (await desk.get(town.member, f"/reports/{sheet}"))["content"]["statement"] == []
    path = f"/statements/{said['id']}/answer"
    assert (await desk.post(town.member, path, words="x"))["code"] == "forbidden"
    answered = await desk.post(town.secretary, path, words="已核对，补记一次")
    assert answered["answer"] == "已核对，补记一次"
    assert (await desk.post(town.secretary, path, words="x"))["code"] == "not_found"
    again = await draft(desk, town)
    assert (await desk.get(town.member, f"/reports/{again}"))["status"] == "draft"


async def test_a_voided_report_says_so_and_takes_no_words(
    desk: Desk, town: Town, client: AsyncClient, session: AsyncSession
) -> None:
    sheet = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    voided = await desk.post(town.secretary, f"/reports/{sheet}/void", reason="人员有误")
    assert voided["status"] == "void"
    refused = await desk.post(town.member, f"/reports/{sheet}/statements", words="x")
    assert refused["code"] == "bad_transition"
    code = (await desk.get(town.member, f"/reports/{sheet}"))["content"]["head"]
    page = await client.get(f"/v/{code['verification_code']}")
    assert page.json()["standing"] == "void"
    again = await draft(desk, town)
    issued = await desk.post(town.secretary, f"/reports/{again}/issue")
    assert issued["status"] == "issued"
    old = await session.get_one(Report, voided["id"], populate_existing=True)
    assert old.status is ReportStatus.VOID


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"period_from": "2026-02-01", "period_to": "2026-01-01"}, "/period_to"),
        ({"period_from": "2999-02-01", "period_to": "2999-03-01"}, "/period_from"),
        ({"period_from": "x", "period_to": "2026-01-01"}, "/period_from"),
    ],
)
async def test_a_period_that_makes_no_sense_is_refused(
    desk: Desk, town: Town, body: dict[str, str], pointer: str
) -> None:
    refused = await desk.post(town.secretary, f"/organizations/{town.community.id}/sheets", **body)
    assert refused["errors"][0]["pointer"] == pointer


async def test_an_unknown_opinion_or_use_is_refused_by_place(desk: Desk, town: Town) -> None:
    sheet = await draft(desk, town)
    refused = await desk.post(town.secretary, f"/reports/{sheet}/issue", opinion="great")
    assert refused["errors"][0]["pointer"] == "/opinion"
    summary = await compile_summary(desk, town)
    path = f"/reports/{summary['id']}"
    early = await desk.post(town.employer_secretary, f"{path}/use", uses=["appraisal"])
    assert early["code"] == "bad_transition"
    await desk.post(town.employer_secretary, f"{path}/acknowledge")
    wrong = await desk.post(town.employer_secretary, f"{path}/use", uses=["appraisal", "x"])
    assert wrong["errors"][0]["pointer"] == "/uses/1"


async def test_strangers_learn_nothing_and_the_wrong_office_is_refused(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    stranger = await make_person(session)
    sheet = await draft(desk, town)
    assert (await desk.get(stranger, f"/reports/{sheet}"))["code"] == "not_found"
    assert (await desk.get(town.employer_secretary, f"/reports/{sheet}"))["code"] == "not_found"
    nowhere = new_id()
    for who, path, code in (
        (stranger, f"/organizations/{town.community.id}/sheets", "forbidden"),
        (town.office, f"/organizations/{town.community.id}/sheets", "forbidden"),
        (town.secretary, f"/organizations/{nowhere}/sheets", "not_found"),
    ):
        assert (await desk.get(who, path))["code"] == code
        assert (await desk.post(who, path, **PERIOD))["code"] == code
    for path in (f"/reports/{sheet}/issue", f"/reports/{nowhere}/issue"):
        assert (await desk.post(stranger, path))["code"] == "not_found"
    assert (await desk.post(town.member, f"/reports/{sheet}/issue"))["code"] == "forbidden"


async def test_an_unread_summary_is_reminded_of_a_few_times(
    town: Town,
    desk: Desk,
    session: AsyncSession,
    move_clock: Callable[[timedelta], None],
) -> None:
    made = await compile_summary(desk, town)
    report = await session.get_one(Report, made["id"], populate_existing=True)
    assert report.remind_at is not None
    report.remind_at = None
    await summaries.remind(session, report)
    assert report.remind_at is not None
    move_clock(timedelta(days=90))
    report.remind_at = None
    await summaries.remind(session, report)
    assert report.remind_at is None
    facts = await session.scalars(
        select(OutboxEntry.payload["action"].astext).where(OutboxEntry.name == "report.moved")
    )
    assert list(facts).count("remind") == 2


@pytest.mark.parametrize("members", [1, 6])
async def test_the_cost_of_a_summary_does_not_grow_with_its_members(
    town: Town,
    session: AsyncSession,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
    members: int,
) -> None:
    for _ in range(members):
        made = await make_registration(
            session, town.community, await make_person(session), employer=town.employer
        )
        await make_service(session, made)
    period = Period(TODAY - timedelta(days=10), TODAY)
    with count_statements() as seen:
        await summaries.compile_summary(session, Actor.system(), town.employer.id, period)
    assert len(seen) == 27
