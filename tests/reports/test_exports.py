"""Reports on paper and in workbooks: what the reader may read, what verifies, what goes again."""

import asyncio
import hashlib
import io
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.core.errors import NotFound
from app.deadlines import advance_next
from app.files import links, purging, storage
from app.files.storage import Variant
from app.models.export import Export, ExportStatus, ExportStep
from app.models.house import AccessLog, DocumentDigest
from app.models.person import Person, Role
from app.models.report import Report, ReportStatus, Satisfaction
from app.policies import shipped
from app.reports import exports, paper, printed, printing, reading, workbook
from tests.factories.members import make_member
from tests.factories.people import make_staff
from tests.factories.reports import make_service
from tests.factories.world import make_world
from tests.notifications.test_reports import inbox
from tests.reports.town import TODAY, Desk, Town, compile_summary, desk, draft, town

__all__ = ["desk", "town"]

Sessions = async_sessionmaker[AsyncSession]
WECHAT: Any = None  # nobody speaks to it
FORMS = {entry.code: entry.data for entry in shipped.read() if entry.section == "report_forms"}
HEADS = ["党支部", "姓名", "报到社区", "状态", "服务（次）", "时长（小时）"]


async def print_report(desk: Desk, who: Person, report_id: str) -> bytes:
    answer = await desk.client.post(f"/api/v1/reports/{report_id}/pdf", headers=desk.sign_in(who))
    assert answer.headers["content-type"] == "application/pdf", answer.text
    return answer.content


async def signed(desk: Desk, town: Town, session: AsyncSession) -> str:
    for _ in range(5):
        await make_service(session, town.registration, rated=Satisfaction.SATISFIED)
    made = await draft(desk, town)
    await desk.post(town.member, f"/reports/{made}/statements", words="那次临时加班")
    await desk.post(town.secretary, f"/reports/{made}/issue", opinion="steady")
    return made


async def export(desk: Desk, sessions: Sessions, who: Person, report_id: str) -> list[list[Any]]:
    """The lines of the workbook that he gets."""
    asked = await desk.post(who, f"/reports/{report_id}/exports")
    assert await exports.make_next(sessions, WECHAT)
    link = await desk.post(who, f"/exports/{asked['id']}/link")
    answer = await desk.client.get(link["path"])
    assert len(answer.content) == link["size"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return book.get_sheet_by_name(workbook.LINES).to_python()


async def test_a_printed_sheet_verifies_and_a_changed_one_does_not(
    desk: Desk, town: Town, session: AsyncSession, client: AsyncClient
) -> None:
    made = await signed(desk, town, session)
    pdf = await print_report(desk, town.member, made)
    assert pdf == await print_report(desk, town.secretary, made)
    report = await session.get_one(Report, made)
    code = json.loads(report.content)["head"]["verification_code"]
    seen = {}
    for name, digest in (
        ("pdf", hashlib.sha256(pdf).hexdigest()),
        ("tampered", hashlib.sha256(pdf + b" ").hexdigest()),
        ("text", report.content_hash),
    ):
        answer = await client.post(f"/v/{code}/document", json={"sha256": digest})
        seen[name] = (answer.json()["is_unchanged"], answer.json()["standing"])
    assert seen == {
        "pdf": (True, "valid"),
        "tampered": (False, "valid"),
        "text": (True, "valid"),
    }
    nobody = await client.post("/v/FAAAAAAAAAAAAAAAAA/document", json={"sha256": "0" * 64})
    assert nobody.json()["code"] == "not_genuine"
    other = await client.post("/v/FAAAAAAAAAAAAAAAAA/document", json={"sha256": "x"})
    assert other.status_code == 422
    assert await session.scalar(select(func.count()).select_from(DocumentDigest)) == 1


async def test_who_prints_anothers_sheet_is_noted_and_the_member_himself_is_not(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await signed(desk, town, session)
    await print_report(desk, town.member, made)
    await print_report(desk, town.secretary, made)
    looks = await session.execute(
        select(AccessLog.actor_id, AccessLog.owner_id).where(AccessLog.subject_kind == "report")
    )
    assert [tuple(row) for row in looks] == [(town.secretary.id, town.member.id)]


async def test_a_pdf_is_tagged_and_titled_and_says_what_replaced_it(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await signed(desk, town, session)
    before = await print_report(desk, town.member, made)
    assert b"/StructTreeRoot" in before and b"pdfuaid:part" in before and b"/Lang" in before
    again = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{again}/issue")
    assert await print_report(desk, town.member, made) != before


async def test_a_clerks_paper_holds_no_votes(
    app: FastAPI, desk: Desk, town: Town, session: AsyncSession
) -> None:
    made = await signed(desk, town, session)
    summary = await compile_summary(desk, town)
    texts = {}
    for who in (town.employer_secretary, town.employer_clerk):
        actor = await app.state.actors.find(app.state.reader, who.id)
        found = await printed.printable(app.state.reader, actor, UUID(summary["id"]))
        texts[who.id] = str(printing._sections(*found))
    assert "满意率" in texts[town.employer_secretary.id]
    assert "满意率" not in texts[town.employer_clerk.id]
    assert await print_report(desk, town.employer_clerk, made) != await print_report(
        desk, town.employer_secretary, made
    )


async def test_a_draft_is_not_printed_and_neither_is_what_nobody_reads_on_paper(
    desk: Desk, town: Town, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await draft(desk, town)
    refused = await desk.post(town.member, f"/reports/{made}/pdf")
    assert (refused["status"], refused["code"]) == (409, "not_issued")
    await make_member(session, town.employer, name="赵六")
    summary = await compile_summary(desk, town)
    monkeypatch.setattr(printed, "MOST_LINES", 1)
    long = await desk.post(town.employer_secretary, f"/reports/{summary['id']}/pdf")
    assert (long["status"], long["code"]) == (409, "too_long_for_paper")


async def test_a_workbook_holds_what_its_reader_may_read(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    await signed(desk, town, session)
    elsewhere = await make_member(session, town.employer, name="=1+1")
    summary = await compile_summary(desk, town)
    by_secretary = await export(desk, sessions, town.employer_secretary, summary["id"])
    assert by_secretary[0] == [*HEADS, "满意率", "建议", "反馈单编号"]
    assert [row[1] for row in by_secretary[1:]] == [elsewhere.name, "张三"]
    assert by_secretary[2][3:7] == ["已报到", 5.0, "5.0", "95%以上"]
    by_clerk = await export(desk, sessions, town.employer_clerk, summary["id"])
    assert by_clerk[0] == [*HEADS, "反馈单编号"]
    branch = await make_staff(session, Role.EMPLOYER_SECRETARY, town.branch)
    own = await export(desk, sessions, branch, summary["id"])
    assert [row[1] for row in own[1:]] == ["张三"]
    looks = await session.scalars(
        select(AccessLog.actor_id).where(AccessLog.fields == "workbook").order_by(AccessLog.at)
    )
    assert list(looks) == [town.employer_secretary.id, town.employer_clerk.id, branch.id]


async def test_an_export_is_its_askers_alone_and_made_once(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    sheet = await signed(desk, town, session)
    path = f"/reports/{(await compile_summary(desk, town))['id']}/exports"
    assert (await desk.post(town.member, path))["code"] == "not_found"
    assert (await desk.post(town.member, f"/reports/{sheet}/exports"))["code"] == "not_found"
    asked = await desk.post(town.employer_secretary, path)
    assert asked["id"] == (await desk.post(town.employer_secretary, path))["id"]
    early = await desk.post(town.employer_secretary, f"/exports/{asked['id']}/link")
    assert (early["status"], early["code"]) == (409, "not_ready")
    assert await exports.make_next(sessions, WECHAT)
    assert not await exports.make_next(sessions, WECHAT)
    for who, code in ((town.employer_clerk, "not_found"), (town.office, "not_found")):
        assert (await desk.get(who, f"/exports/{asked['id']}"))["code"] == code
        assert (await desk.post(who, f"/exports/{asked['id']}/link"))["code"] == code
    shown = await desk.get(town.employer_secretary, f"/exports/{asked['id']}")
    assert (shown["status"], shown["size"] > 0) == ("ready", True)
    await desk.post(town.employer_secretary, path)
    first = await desk.get(town.employer_secretary, "/me/exports?limit=1")
    rest = await desk.get(
        town.employer_secretary, f"/me/exports?limit=1&cursor={first['next_cursor']}"
    )
    assert [page["items"][0]["status"] for page in (first, rest)] == ["asked", "ready"]
    steps = await session.scalars(
        select(ExportStep.action).where(ExportStep.export_id == asked["id"]).order_by(ExportStep.id)
    )
    assert list(steps) == ["ask", "make", "finish"]


async def test_its_days_over_nothing_is_kept_and_its_link_leads_nowhere(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Callable[[timedelta], None],
) -> None:
    path = f"/reports/{(await compile_summary(desk, town))['id']}/exports"
    asked = await desk.post(town.employer_secretary, path)
    await exports.make_next(sessions, WECHAT)
    made = await session.get_one(Export, asked["id"])
    move_clock(timedelta(days=7, minutes=1))
    assert await advance_next(sessions, exports.DEADLINES)
    assert await purging.purge_next(sessions, WECHAT)
    await session.refresh(made)
    assert made.status is ExportStatus.GONE
    token = links.of_blob(made.id)
    gone = await desk.client.get(f"/api/v1/export-files/{token}")
    assert gone.json()["code"] == "not_found"
    photo = await desk.client.get(f"/api/v1/files/{token}")
    assert photo.json()["code"] == "link_invalid"
    other = links.path(made.id, Variant.PHOTO).rsplit("/", 1)[1]
    assert (await desk.client.get(f"/api/v1/export-files/{other}")).json()["code"] == "link_invalid"
    with pytest.raises(NotFound):
        await storage.get_blob(made.id)


async def test_who_may_not_read_it_any_more_gets_none_and_a_dead_maker_is_followed(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Callable[[timedelta], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = f"/reports/{(await compile_summary(desk, town))['id']}/exports"
    asked = await desk.post(town.employer_secretary, path)
    row = await session.get_one(Export, asked["id"])

    def dies(*_: Any) -> bytes:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(workbook, "write", dies)
        for _ in range(3):
            with pytest.raises(RuntimeError):
                await exports.make_next(sessions, WECHAT)
            move_clock(clock.now() - time_now() + timedelta(minutes=11))
    await exports.make_next(sessions, WECHAT)
    await session.refresh(row)
    assert (row.status, row.make_after) == (ExportStatus.FAILED, None)
    again = await desk.post(town.employer_secretary, path)
    await session.execute(update(Report).values(status=ReportStatus.DELIVERED, delivered_at=None))
    await session.commit()
    assert await exports.make_next(sessions, WECHAT)
    shown = await desk.get(town.employer_secretary, f"/exports/{again['id']}")
    assert shown["status"] == "failed"
    assert "export_failed" in await inbox(session, sessions, town.employer_secretary)


def time_now() -> Any:
    return datetime.fromtimestamp(time.time(), UTC)


async def test_who_asked_sees_how_far_it_is_and_is_told_once_that_it_is_there(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
    move_clock: Callable[[timedelta], None],
) -> None:
    await make_member(session, town.employer, name="赵六")
    path = f"/reports/{(await compile_summary(desk, town))['id']}/exports"
    asked = await desk.post(town.employer_secretary, path)
    assert asked["percent"] == 0

    def stops_halfway(sections: Any, columns: Any, lines: Any, footer: str) -> bytes:
        next(iter(lines))
        time.sleep(0.2)  # some steps of the clock, and one of the lines
        raise RuntimeError

    with monkeypatch.context() as patch, count_statements() as seen:
        patch.setattr(workbook, "write", stops_halfway)
        patch.setattr(exports, "PAUSE", 0.01)
        with pytest.raises(RuntimeError):
            await exports.make_next(sessions, WECHAT)
    assert len([each for each in seen if "SET percent" in each]) == 1
    assert (await desk.get(town.employer_secretary, f"/exports/{asked['id']}"))["percent"] == 50
    move_clock(timedelta(minutes=11))
    assert await exports.make_next(sessions, WECHAT)
    shown = await desk.get(town.employer_secretary, f"/exports/{asked['id']}")
    assert (shown["status"], shown["percent"]) == ("ready", 100)
    told = await inbox(session, sessions, town.employer_secretary)
    assert told["export_ready"].startswith(f"{TODAY.year}年汇总单的Excel文件已生成")
    assert "export_failed" not in told


async def test_several_makers_make_one(committed: FastAPI) -> None:
    sessions = committed.state.sessions
    async with sessions.begin() as session:
        world = await make_world(session)
        world.rows["export"].make_after = clock.now()
        export_id = world.rows["export"].id
    made = await asyncio.gather(*(exports.make_next(sessions, WECHAT) for _ in range(3)))
    assert sorted(made) == [False, False, True]
    async with sessions.begin() as session:
        assert (await session.get_one(Export, export_id)).status is not ExportStatus.ASKED


@pytest.mark.parametrize("lines", [260, pytest.param(26_000, marks=pytest.mark.scale)])
def test_a_workbook_of_a_whole_city_is_flat_and_no_text_is_a_formula(lines: int) -> None:
    line = {
        "branch": "第一党支部",
        "member": "@张三",
        "state": "已报到",
        "count": 5,
        "minutes": 300,
    }
    form = FORMS["employer_summary"]
    before = peak()
    made = workbook.write(
        [("一", [("名称", "-1"), ("数", 3)])],
        paper.columns(form, True),
        (dict(line) for _ in range(lines)),
        form["footer"],
    )
    assert peak() - before < 40  # megabytes
    book = CalamineWorkbook.from_filelike(io.BytesIO(made))
    rows = book.get_sheet_by_name(workbook.LINES).to_python()
    assert (len(rows), rows[1][1]) == (lines + 1, "@张三")


def peak() -> float:
    with open("/proc/self/status") as status:
        return next(int(row.split()[1]) / 1024 for row in status if row.startswith("VmHWM"))


def test_the_lines_of_a_text_are_read_one_by_one() -> None:
    lines, rest = reading._parted(
        '{"details":[{"a":1},{"a":"],\\"form\\":"}],"form":"x","head":{}}'
    )
    assert list(lines) == [{"a": 1}, {"a": '],"form":'}]
    assert rest == {"form": "x", "head": {}}


def test_every_field_of_the_forms_is_written_as_words() -> None:
    sheet = {
        "basics": {"channel": "at_counter", "party_status": "full"},
        "services": {
            "posts_held": [{"name": "书法课堂", "from": "2026-01-01", "to": None}],
            "appointments": [
                {
                    "name": "兼职网格员",
                    "organization": "学田社区",
                    "from": "2026-01-01",
                    "to": "2026-02-01",
                }
            ],
            "pairing_wish": {"pairings": 1, "wishes": 2},
            "total_minutes": 90,
            "main_services": [{"served_on": "2026-01-01", "title": "教用手机", "minutes": 45}],
        },
        "ratings": {"solved": 2, "answered": 3, "relayed_thanks": 1},
        "statement": {"member_statement": []},
    }
    found = {
        name: said
        for _, fields in paper.rows(FORMS["member_sheet"], sheet)
        for name, said in fields
    }
    assert found == {
        "党员类别": "正式党员",
        "报到方式": "线下（社区代录）",
        "认领岗位": "书法课堂（2026-01-01至今）",
        "担任职务": "学田社区兼职网格员（2026-01-01至2026-02-01）",
        "结对帮扶与微心愿": "结对 1 件，微心愿 2 件",
        "志愿服务时长（小时）": "1.5",
        "主要服务": "2026-01-01 教用手机（0.8小时）",
        "居民确认办成": "2/3",
        "群众留言": "1 条",
    }
