"""`import-roster` as an operator runs it: real files of every kind, real commits, a report to read."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.commands import import_roster, import_rows
from app.models.member import Member
from app.models.organization import Import, Organization
from app.organizations import service as organizations
from app.settings import Settings
from tests.commands.test_commands import run
from tests.core.test_sheets_files import xls, xlsx
from tests.factories.organizations import make_community
from tests.members.test_roster import SAMPLE
from tests.organizations.test_commands import Capture, settings

__all__ = ["settings"]

CODE, NAME = "11320600MB1234567X", "南通市教育局"
HEAD = ["姓名", "身份证号码", "所在党支部", "联系电话", "特长"]
ROWS: list[list[Any]] = [
    ["南通市教育局在职党员花名册"],
    HEAD,
    ["张　三", "320600", "机关第一党支部", 13800000001.0, "维修、摄影"],
    ["李四", "320600", "离退休党支部", "无", ""],
    ["王五", "320600", "机关第二党支部", "１３８ ００００ ０００３", ""],
]
TEXT = "\r\n".join(",".join(map(str, row)) for row in ROWS)


@pytest.fixture
async def employer(committed: FastAPI, settings: Settings) -> Organization:
    """An employer that states 5 members."""
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        district = await session.get_one(Organization, community.lineage[1])
        made = await organizations.add(session, district, kind="employer", name=NAME, code=CODE)
        made.stated_headcount = 5
    return made


async def lines(committed: FastAPI) -> list[tuple[str, str | None]]:
    """The living lines, by phone."""
    async with committed.state.sessions.begin() as session:
        rows = await session.scalars(select(Member).where(Member.left_on.is_(None)))
        return sorted((row.name, row.phone) for row in rows)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("名册.xlsx", xlsx(ROWS)),
        ("名册.xls", xls(ROWS)),
        ("名册.csv", TEXT.encode("gb18030")),
        ("bom.csv", TEXT.encode("utf-8-sig")),
        ("plain.csv", TEXT.encode()),
    ],
)
async def test_a_file_of_any_kind_is_planned_then_is_the_roster(
    committed: FastAPI,
    settings: Settings,
    employer: Organization,
    tmp_path: Path,
    capsys: Capture,
    name: str,
    content: bytes,
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    assert await import_roster.take(settings, CODE, file, only_plan=True) == 0
    assert await lines(committed) == []
    assert await import_roster.take(settings, NAME, file) == 0
    assert await lines(committed) == [("张三", "13800000001"), ("王五", "13800000003")]
    shown = capsys.readouterr().out
    assert "未读取 not read: 身份证号码" in shown
    assert "第4行：离退休，不计入在职" in shown
    assert "在职 2 人，单位填报 5 人" in shown
    assert "MB peak memory" in shown


async def test_a_second_file_is_reported_row_by_row_and_whom_it_lacks_has_left_when_told(
    committed: FastAPI, settings: Settings, employer: Organization, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "名册.csv"
    file.write_text(TEXT, encoding="utf-8")
    await import_roster.take(settings, CODE, file)
    other = "姓名,手机号,党支部\n张三,13800000009,机关第一党支部\n"
    file.write_text(other, encoding="utf-8")
    assert await import_roster.take(settings, CODE, file) == 0
    shown = capsys.readouterr().out
    assert "手机号变更 phone changed: 1" in shown
    assert "第2行：姓名和党支部相同，手机号不同，请核对" in shown
    assert "文件中已没有 missing: 1" in shown
    assert await lines(committed) == [("张三", "13800000009"), ("王五", "13800000003")]
    assert await import_roster.take(settings, CODE, file, leave_missing=True) == 0
    assert await lines(committed) == [("张三", "13800000009")]


async def test_the_file_that_employers_really_send_is_refused_cell_by_cell(
    committed: FastAPI, settings: Settings, employer: Organization, capsys: Capture
) -> None:
    assert await import_roster.take(settings, CODE, SAMPLE) == 1
    shown = capsys.readouterr().out
    assert "行数 rows: 60" in shown
    assert "未通过 refused: 7" in shown
    assert "“花名册”第16行I列（联系电话）：应填一个11位手机号（1开头）" in shown
    assert "“花名册”第29行I列（联系电话）：与第27行重复" in shown
    assert "未读取 not read: 填表说明、序号、性别、身份证号码" in shown
    assert "refused: correct the rows above" in shown
    async with committed.state.sessions.begin() as session:
        for table in (Member, Import):
            assert await session.scalar(select(func.count(table.id))) == 0


async def test_what_cannot_be_imported_is_said_and_nothing_is_changed(
    committed: FastAPI, settings: Settings, employer: Organization, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "名册.csv"
    assert await import_roster.take(settings, CODE, file) == 1
    assert "没有这个文件" in capsys.readouterr().out
    file.write_text("姓名,手机号\n张三,13800000001\n", encoding="utf-8")
    assert await import_roster.take(settings, CODE, file) == 1
    assert "缺少列：所在党支部" in capsys.readouterr().out
    assert await import_roster.take(settings, "别的单位", file) == 1
    assert "没有这个单位" in capsys.readouterr().out
    async with committed.state.sessions.begin() as session:
        city = await session.get_one(Organization, employer.lineage[0])
        await organizations.add(session, city, kind="employer", name=NAME)
    assert await import_roster.take(settings, NAME, file) == 1
    shown = capsys.readouterr().out
    assert CODE in shown and "（无代码 no code）" in shown
    assert await lines(committed) == []


async def test_long_reports_are_cut_and_say_so(
    settings: Settings,
    employer: Organization,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(import_rows, "MOST_LINES", 1)
    monkeypatch.setattr(import_roster, "MOST_LINES", 1)
    file = tmp_path / "名册.csv"
    wrong = "姓名,手机号,党支部\n张三,1,甲\n李四,2,甲\n王五,,退休支部\n赵六,,退休支部\n"
    file.write_text(wrong, encoding="utf-8")
    assert await import_roster.take(settings, CODE, file) == 1
    shown = capsys.readouterr().out
    assert "另有 1 处 more" in shown
    assert "另有 1 行 more" in shown


async def test_an_employer_that_states_no_number_is_compared_with_none(
    committed: FastAPI, settings: Settings, employer: Organization, tmp_path: Path, capsys: Capture
) -> None:
    async with committed.state.sessions.begin() as session:
        (await session.get_one(Organization, employer.id)).stated_headcount = None
    file = tmp_path / "名册.csv"
    file.write_text(TEXT, encoding="utf-8")
    assert await import_roster.take(settings, CODE, file, only_plan=True) == 0
    assert "单位填报 " not in capsys.readouterr().out


async def test_the_command_line_knows_it(
    committed: FastAPI, database_url: str, employer: Organization, tmp_path: Path
) -> None:
    file = tmp_path / "名册.csv"
    file.write_text(TEXT, encoding="utf-8")
    words = ("import-roster", NAME, str(file), "--plan", "--leave-missing")
    done = await asyncio.to_thread(run, database_url, *words)
    assert (done.returncode, "仅预览，未导入 plan only" in done.stdout) == (0, True)
    assert await lines(committed) == []
