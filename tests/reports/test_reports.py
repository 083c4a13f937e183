"""From the records to the report that the employer acknowledges, over HTTP."""

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.house import VerificationCode
from app.models.member import RegistrationStatus
from app.models.need import AcceptanceStatus
from app.models.order import SeatStatus
from app.models.organization import Organization
from app.models.outbox import OutboxEntry
from app.models.person import Role
from app.models.record import RecordStatus
from app.models.report import Rating, Report, ReportStatus, ReportStep, Satisfaction
from app.permissions import Actor
from app.reports import summaries
from app.reports.freeze import FIRST, canonical
from app.reports.lifecycle import LIFECYCLE, ReportAction
from app.reports.periods import Period
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_service
from tests.reports.town import PERIOD, TODAY, Desk, Town, compile_summary, desk, draft, join, town

__all__ = ["desk", "town"]


@pytest.mark.parametrize("status", ReportStatus)
@pytest.mark.parametrize("action", ReportAction)
def test_a_step_leaves_only_its_sources(status: ReportStatus, action: ReportAction) -> None:
    allowed = {
        ReportAction.ISSUE: {"draft"},
        ReportAction.DELIVER: {"issued"},
        ReportAction.ACKNOWLEDGE: {"delivered"},
        ReportAction.SUPERSEDE: {"issued", "delivered", "acknowledged"},
        ReportAction.VOID: {"issued", "delivered", "acknowledged"},
        ReportAction.STOP: {"draft", "issued"},
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
    assert own["content"]["statement"]["member_statement"] == ["那次是临时加班"]
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
    assert page["content"]["ratings"] == {
        "votes": 10,
        "satisfaction": "90.0%",
        "counted_until": TODAY.isoformat(),
        "relayed_thanks": 0,
    }


async def count_ratings(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Rating)) or 0


async def test_kept_promises_are_told_apart(desk: Desk, town: Town, session: AsyncSession) -> None:
    kept = {
        SeatStatus.CONFIRMED: {},
        SeatStatus.RELEASED: {"is_late_release": False},
        SeatStatus.EXCUSED: {},
        SeatStatus.NO_SHOW: {},
        SeatStatus.CANCELLED: {},
        SeatStatus.WAITING: {},
        SeatStatus.OFFERED: {},
        SeatStatus.DECLINED: {},
        SeatStatus.LAPSED: {},
        SeatStatus.REPLACED: {},
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
        ({"period_from": "0001-01-01", "period_to": "0001-06-01"}, "/period_from"),
        ({"period_from": "2024-02-01", "period_to": "2025-02-01"}, "/period_to"),
        ({"period_from": TODAY.isoformat(), "period_to": "2099-12-31"}, "/period_to"),
    ],
)
async def test_a_period_that_makes_no_sense_is_refused(
    desk: Desk, town: Town, body: dict[str, str], pointer: str
) -> None:
    refused = await desk.post(town.secretary, f"/organizations/{town.community.id}/sheets", **body)
    assert refused["errors"][0]["pointer"] == pointer


async def test_a_year_is_no_longer_than_a_year(desk: Desk, town: Town) -> None:
    path = f"/organizations/{town.community.id}/sheets"
    body = {"period_from": "2024-02-01", "period_to": "2025-01-31"}
    assert await desk.post(town.secretary, path, **body) == {"report_ids": []}


async def test_a_summary_is_for_an_employer_and_a_sheet_from_a_community(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    district = town.community.lineage[1]
    for place in (town.community.id, district, town.branch.id):
        path = f"/organizations/{place}/summaries"
        assert (await desk.post(town.office, path, **PERIOD))["code"] == "not_found"
    above = await session.get_one(Organization, town.community.lineage[2])
    party = await make_staff(session, Role.COMMUNITY_SECRETARY, above)
    path = f"/organizations/{above.id}/sheets"
    assert (await desk.post(party, path, **PERIOD))["code"] == "not_found"


async def test_the_use_made_is_written_once_in_time_and_stands_in_the_history(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Callable[[timedelta], None]
) -> None:
    made = [await compile_summary(desk, town)]
    await desk.post(town.employer_secretary, f"/reports/{made[0]['id']}/acknowledge")
    made.append(await compile_summary(desk, town))
    await desk.post(town.employer_secretary, f"/reports/{made[1]['id']}/acknowledge")
    path = f"/reports/{made[1]['id']}/use"
    replaced = await desk.post(
        town.employer_secretary, f"/reports/{made[0]['id']}/use", uses=["appraisal"]
    )
    assert replaced["code"] == "bad_transition"
    await desk.post(town.employer_secretary, path, uses=["appraisal"])
    again = await desk.post(town.employer_secretary, path, uses=["filed_only"])
    assert (again["status"], again["code"]) == (409, "use_noted")
    steps = await session.scalars(
        select(ReportStep).where(ReportStep.report_id == made[1]["id"], ReportStep.action == "use")
    )
    (step,) = steps.all()
    assert (step.left, step.entered) == ("acknowledged", "acknowledged")
    assert step.actor_id == town.employer_secretary.id
    late = await compile_summary(desk, town)
    await desk.post(town.employer_secretary, f"/reports/{late['id']}/acknowledge")
    move_clock(timedelta(days=91))
    closed = await desk.post(
        town.employer_secretary, f"/reports/{late['id']}/use", uses=["appraisal"]
    )
    assert (closed["status"], closed["code"]) == (409, "use_closed")


async def test_a_summary_that_was_replaced_or_voided_is_not_reminded_of(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    old, new = await compile_summary(desk, town), await compile_summary(desk, town)
    waits = [await session.get_one(Report, each["id"]) for each in (old, new)]
    for row in waits:
        await session.refresh(row)
    assert [row.remind_at is None for row in waits] == [True, False]
    await desk.post(town.office, f"/reports/{new['id']}/void", reason="口径有误")
    await session.refresh(waits[1])
    assert waits[1].remind_at is None
    latest = await compile_summary(desk, town)
    head = (await desk.get(town.employer_secretary, f"/reports/{latest['id']}"))["content"]["head"]
    assert head["version_note"] == f"替代{new['number']}"


async def test_a_disputed_record_is_in_no_figure_until_it_is_decided(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for out in RecordStatus:
        if out is not RecordStatus.APPROVED:
            await make_record(session, town.registration, status=out)
    await make_record(session, town.registration)
    sheet = await draft(desk, town)
    shown = (await desk.get(town.member, f"/reports/{sheet}"))["content"]["services"]
    assert (shown["activity_count"], len(shown["main_services"])) == (1, 1)


async def test_a_pause_stands_on_the_sheet_with_its_days(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    town.registration.status = RegistrationStatus.SUSPENDED
    town.registration.suspended_from = TODAY
    await session.flush()
    sheet = await draft(desk, town)
    shown = (await desk.get(town.member, f"/reports/{sheet}"))["content"]["basics"]
    assert shown["state_in_period"] == f"暂停（{TODAY}至今）"


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
    for name in "王李周吴郑冯"[:members]:
        made = await join(session, town, name)
        for _ in range(5):
            await make_service(session, made, rated=Satisfaction.FAIR)
    period = Period(TODAY - timedelta(days=10), TODAY)
    with count_statements() as seen:
        await summaries.compile_summary(session, Actor.system(), town.employer.id, period)
    assert len(seen) <= 25
