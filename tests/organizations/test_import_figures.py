"""What files of full size cost; the figures of docs/imports.md."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.core import migrations
from app.models.organization import Organization
from app.settings import Settings
from tests.commands.test_commands import environment
from tests.factories.organizations import make_organization
from tests.factories.workbooks import community_workbook, employer_list
from tests.organizations.test_commands import settings

__all__ = ["settings"]

COSTS = re.compile(r"用时 ([\d.]+) 秒 .*内存峰值 (\d+) MB peak memory")
CITY, STREET = "320600", "320613001"
GRIDS, COMPOUNDS = 5, 13  # 13 × 17 = 221 buildings a community


async def costs(url: str, *words: str) -> tuple[float, int]:
    """Seconds and MB of the command, a process of its own; it has imported the file."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "app", *words],
        env=environment(url),
        cwd=migrations.TOP,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = COSTS.search(done.stdout)
    assert found is not None
    print(words[0], found[0])  # noqa: T201 - the figures of docs/imports.md, shown by -s
    return float(found[1]), int(found[2])


@pytest.fixture
async def street(committed: FastAPI, settings: Settings) -> Organization:
    """A subdistrict of ten communities in a district of a city."""
    async with committed.state.sessions.begin() as session:
        city = await make_organization(session, "city", code=CITY, name="某市")
        district = await make_organization(session, "district", city, name="某区", code="320613")
        made = await make_organization(session, "subdistrict", district, name="某街道", code=STREET)
        for number in range(1, 11):
            await make_organization(
                session, "community", made, name=f"第{number}社区", takes_part=True
            )
    return made


def workbook() -> bytes:
    """Ten communities of 221 buildings, 12 organizations and 12 posts each."""
    buildings, organizations, posts = [], [], []
    for number in range(1, 11):
        name = f"第{number}社区"
        for compound in range(1, COMPOUNDS + 1):
            where = (name, f"第{compound}小区", "老旧小区", "1-17幢", "3", "510")
            buildings.append((*where, f"第{compound % GRIDS + 1}网格"))
        branch = f"{name}功能型党支部"
        organizations += [
            (name, "社区党委（党总支、党支部）", f"{name}党委", "", ""),
            (name, "双报到功能型党支部", branch, "", ""),
        ]
        for grid in range(1, GRIDS + 1):
            of = f"第{grid}网格"
            organizations += [
                (name, "网格党支部", f"{of}党支部", "", of),
                (name, "双报到功能型党小组", f"第{grid}党小组", "", of),
            ]
            posts += [
                (f"{name}/{of}", "兼职网格员", "王建国", f"1391{number:02}{grid:05}", ""),
                (
                    f"{name}/第{grid}党小组",
                    "功能型党小组组长",
                    "李红",
                    f"1392{number:02}{grid:05}",
                    "",
                ),
            ]
        posts += [
            (name, "社区党组织书记", "赵卫国", f"1393{number:07}", "2024.03"),
            (branch, "功能型党支部书记", "陈志强", f"1394{number:07}", ""),
        ]
    return community_workbook(buildings, organizations, posts)


@pytest.mark.scale
async def test_a_subdistricts_workbook_is_in_within_seconds(
    committed: FastAPI, database_url: str, street: Organization, tmp_path: Path
) -> None:
    file = tmp_path / "街道.xlsx"
    file.write_bytes(workbook())
    for _ in range(2):
        seconds, peak = await costs(database_url, "import-community", STREET, str(file))
        assert (seconds < 30, peak < 300) == (True, True)
    async with committed.state.sessions.begin() as session:
        count = select(func.count()).where(Organization.kind == "building")
        assert await session.scalar(count) == 2_210


@pytest.mark.scale
async def test_a_citys_employers_are_in_within_seconds(
    committed: FastAPI, database_url: str, street: Organization, tmp_path: Path
) -> None:
    file = tmp_path / "单位.xlsx"
    rows = [
        (f"第{number}局", "", "某区", "机关", "120", "钱敏", f"1395{number:07}")
        + ("孙建华", f"1396{number:07}", f"第{number % 10 + 1}社区")
        for number in range(1, 226)
    ]
    file.write_bytes(employer_list(*rows))
    for _ in range(2):
        seconds, peak = await costs(database_url, "import-employers", CITY, str(file))
        assert (seconds < 30, peak < 300) == (True, True)
    async with committed.state.sessions.begin() as session:
        count = select(func.count()).where(Organization.kind == "employer")
        assert await session.scalar(count) == 225
