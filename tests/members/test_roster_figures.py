"""What the largest roster costs that is taken; the figures of docs/imports.md."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.core.sheets.limits import LIMITS
from app.models.member import Member
from app.models.organization import Organization
from app.settings import Settings
from tests.core.test_sheets_files import xlsx
from tests.members.test_roster_command import CODE, employer
from tests.organizations.test_commands import settings
from tests.organizations.test_import_figures import costs

__all__ = ["employer", "settings"]


@pytest.mark.scale
async def test_the_largest_roster_is_in_within_a_minute(
    committed: FastAPI,
    settings: Settings,
    database_url: str,
    employer: Organization,
    tmp_path: Path,
) -> None:
    file = tmp_path / "名册.xlsx"
    head = ["序号", "姓名", "身份证号码", "党支部", "联系电话", "现居住小区", "楼栋", "特长"]
    rows = [
        [number, "王建国", "32060219850101000X", f"第{number % 40}党支部", 13800000000.0 + number]
        + ["学田新村", f"{number % 60 + 1}幢2单元", "水电维修、摄影"]
        for number in range(LIMITS.rows)
    ]
    file.write_bytes(xlsx([["在职党员花名册"], head, *rows]))
    for _ in range(2):
        seconds, peak = await costs(database_url, "import-roster", CODE, str(file))
        assert (seconds < 60, peak < 500) == (True, True)
    async with committed.state.sessions.begin() as session:
        assert await session.scalar(select(func.count(Member.id))) == LIMITS.rows
