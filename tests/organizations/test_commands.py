"""The import commands as an operator runs them: real commits, a report on the screen."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text

from app.commands import import_community, import_divisions, import_employers
from app.models.organization import Import, Organization
from app.organizations import divisions
from app.permissions import Actor
from app.settings import Settings
from tests.commands.test_commands import run
from tests.conftest import make_settings
from tests.factories.workbooks import community_workbook, employer_list
from tests.organizations.test_community import APPOINTMENTS, BUILDINGS, ORGANIZATIONS
from tests.organizations.test_divisions import SMALL

Capture = pytest.CaptureFixture[str]


@pytest.fixture
async def settings(committed: FastAPI, database_url: str) -> Settings:
    """Settings of a database with content, emptied afterwards."""
    return make_settings(database_url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The small division file."""
    path = tmp_path / "divisions.csv"
    path.write_text(SMALL, encoding="utf-8")
    return path


async def count(committed: FastAPI, table: type[Organization] | type[Import]) -> int:
    """How many rows stand there."""
    async with committed.state.sessions.begin() as session:
        return await session.scalar(select(func.count(table.id))) or 0


async def test_divisions_are_planned_then_imported(
    committed: FastAPI, settings: Settings, file: Path, capsys: Capture
) -> None:
    assert await import_divisions.take(settings, file, only_plan=True) == 0
    assert await count(committed, Organization) == 0
    assert await import_divisions.take(settings, file) == 0
    assert await count(committed, Organization) == 7
    shown = capsys.readouterr().out
    assert "新增 added: 7" in shown
    assert "+ 320600 南通市" in shown
    assert "peak memory" in shown


async def test_the_plan_of_a_changed_file_names_every_kind_of_change(
    settings: Settings, file: Path, capsys: Capture
) -> None:
    await import_divisions.take(settings, file)
    changed = SMALL.replace("学田社区", "学田新社区")
    changed = changed.replace("和平桥街道,street,320613", "和平桥街道,street,320612")
    changed = changed.replace("320613001201,花园村,community,320613001\n", "")
    changed += "".join(
        f"3206130010{number},新{number},community,320613001\n" for number in range(10, 35)
    )
    file.write_text(changed, encoding="utf-8")  # noqa: ASYNC240 - a few bytes of a test
    capsys.readouterr()
    assert await import_divisions.take(settings, file, close_vanished=True) == 0
    shown = capsys.readouterr().out
    assert "~ 320613001001 学田新社区（原名 was 学田社区）" in shown
    assert "> 320613002 和平桥街道（原上级 was under 崇川区）" in shown
    assert "- 320613001201 花园村" in shown
    assert "……" in shown


async def test_a_refused_division_file_is_reported_by_line(
    committed: FastAPI, settings: Settings, file: Path, capsys: Capture
) -> None:
    file.write_text(SMALL.replace("学田社区", ""), encoding="utf-8")  # noqa: ASYNC240 - a few bytes
    assert await import_divisions.take(settings, file) == 1
    assert "/7/name" in capsys.readouterr().out
    assert await count(committed, Organization) == 0


async def test_workbook_and_employers_come_in_by_command(
    committed: FastAPI, settings: Settings, file: Path, tmp_path: Path, capsys: Capture
) -> None:
    await import_divisions.take(settings, file)
    book = tmp_path / "学田.xlsx"
    book.write_bytes(community_workbook(BUILDINGS, ORGANIZATIONS, APPOINTMENTS))
    assert await import_community.take(settings, "320613001001", book, only_plan=True) == 0
    assert (await count(committed, Organization), await count(committed, Import)) == (7, 0)
    assert await import_community.take(settings, "320613001001", book) == 0
    people = ("张三", "13900000001", "", "", "")
    units = tmp_path / "单位.xlsx"
    units.write_bytes(employer_list(("市教育局", "", "崇川区", "", "120", *people)))
    assert await import_employers.take(settings, "320600", units) == 0
    assert await count(committed, Organization) == 7 + 18 + 1
    shown = capsys.readouterr().out
    assert "新增楼栋 buildings: 7" in shown
    assert "新增 added: 1" in shown


async def test_wrong_rows_files_and_places_are_reported(
    committed: FastAPI, settings: Settings, file: Path, tmp_path: Path, capsys: Capture
) -> None:
    await import_divisions.take(settings, file)
    book = tmp_path / "学田.xlsx"
    book.write_bytes(community_workbook([("别的社区", *BUILDINGS[0][1:])]))
    assert await import_community.take(settings, "320613001001", book) == 1
    assert "本次导入范围内没有这个社区" in capsys.readouterr().out
    assert await import_community.take(settings, "999999999999", book) == 1
    assert "no such division" in capsys.readouterr().out
    assert await import_community.take(settings, "320600", book) == 1
    assert "请按社区或街道导入" in capsys.readouterr().out
    extra = tmp_path / "单位.csv"
    extra.write_text("单位名称,联络员,联络员电话,备注\n甲,张三,1,无\n", encoding="utf-8")
    assert await import_employers.take(settings, "320600", extra) == 1
    shown = capsys.readouterr().out
    assert "未读取 not read: 备注" in shown
    extra.write_text("名称\n", encoding="utf-8")
    assert await import_employers.take(settings, "320600", extra) == 1
    assert "未导入 refused" in capsys.readouterr().out
    assert await count(committed, Organization) == 7


@pytest.mark.parametrize(
    "words",
    [("import-divisions",), ("import-community", "320613001001"), ("import-employers", "1")],
)
async def test_the_command_line_knows_each_import(
    settings: Settings, database_url: str, file: Path, words: tuple[str, ...]
) -> None:
    done = await asyncio.to_thread(run, database_url, *words, str(file), "--plan")
    is_known = words == ("import-divisions",)
    assert done.returncode == (not is_known)
    assert ("plan only" if is_known else "no such division") in done.stdout


def national(path: Path, most: int) -> None:
    """A file of a country: provinces, cities, districts, subdistricts, communities."""
    left = most
    with path.open("w", encoding="utf-8") as out:
        out.write("code,name,level,parent_code\n")
        for line in _places():
            if not left:
                return
            out.write(line)
            left -= 1


def _places() -> Iterator[str]:
    for province in range(11, 42):
        yield f"{province}0000,省{province},province,\n"
        for city in (f"{province}{number:02}" for number in range(1, 12)):
            yield f"{city}00,市{city},city,{province}0000\n"
            for district in (f"{city}{number:02}" for number in range(1, 10)):
                yield f"{district},区{district},district,{city}00\n"
                for street in (f"{district}{number:03}" for number in range(1, 15)):
                    yield f"{street},街道{street},street,{district}\n"
                    for number in (*range(1, 8), *range(201, 209)):
                        yield f"{street}{number:03},社区{number},community,{street}\n"


async def test_an_import_reads_no_whole_index_a_row_after_one_that_came_to_nothing(
    committed: FastAPI, settings: Settings, tmp_path: Path
) -> None:
    """PostgreSQL believes then that the tree is empty, and that every index serves as well."""
    file, rows = tmp_path / "large.csv", 8_000
    national(file, rows)
    async with committed.state.sessions() as session:
        with file.open("rb") as source:
            plan = await divisions.stage(session, source)
        await divisions.write(session, Actor.system(), plan, close_vanished=False)
        await session.rollback()
    async with committed.state.sessions.begin() as session:
        await session.execute(text("ANALYZE organizations"))
    before = await blocks_read(committed)
    assert await import_divisions.take(settings, file) == 0
    assert await blocks_read(committed) - before < 60 * rows


async def blocks_read(committed: FastAPI) -> int:
    """Blocks of the tree's indexes that were looked at so far."""
    async with committed.state.sessions.begin() as session:
        await session.execute(text("SELECT pg_stat_force_next_flush()"))
        found = await session.scalar(
            text(
                "SELECT sum(idx_blks_hit + idx_blks_read) FROM pg_statio_user_indexes"
                " WHERE relname = 'organizations'"
            )
        )
    return int(found)


MEASURED = """
import asyncio, sys
from pathlib import Path
from app.commands import import_divisions
from app.settings import Settings
sys.exit(asyncio.run(import_divisions.take(Settings(_env_file=None), Path(sys.argv[1]))))
"""


@pytest.mark.scale
async def test_a_whole_country_fits_into_half_a_gigabyte(
    committed: FastAPI, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "national.csv"
    national(file, 664_000)
    for _ in range(2):
        done = subprocess.run(  # noqa: ASYNC221 - one process whose peak is measured
            [sys.executable, "-c", MEASURED, str(file)],
            env={"APP_DATABASE_URL": settings.database_url, "APP_ENVIRONMENT": "test"},
            capture_output=True,
            text=True,
            check=True,
        )
        print(done.stdout.splitlines()[-1])  # noqa: T201 - shown by -s
        _, peak = done.stdout.splitlines()[-1].split("内存峰值 ")
        assert float(peak.split()[0]) <= 500
    assert await count(committed, Organization) == 664_000
    assert "未变 unchanged: 664000" in done.stdout
