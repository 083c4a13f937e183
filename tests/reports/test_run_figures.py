"""What the reports of a whole city cost; the figures of docs/reports.md."""

import asyncio
import re
import subprocess
import sys

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.core import clock, migrations
from app.models.report import Report, ReportKind
from tests.commands.test_commands import environment
from tests.reports.city import CODE, EMPLOYERS, MEMBERS, make_city

COSTS = re.compile(r"用时 ([\d.]+) 秒 .*内存峰值 (\d+) MB peak memory")
MOST_SECONDS, MOST_MEGABYTES = 300, 300


@pytest.mark.scale
@pytest.mark.timeout(900)
async def test_the_year_of_a_city_is_issued_in_five_minutes(
    committed: FastAPI, database_url: str
) -> None:
    async with committed.state.sessions.begin() as session:
        await make_city(session)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "app", "issue-year", CODE, "--to", clock.today().isoformat()]
        + ["--from", clock.months_after(clock.today(), -11).isoformat()],
        env=environment(database_url),
        cwd=migrations.TOP,
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = COSTS.search(done.stdout)
    assert found is not None
    print(found[0])  # noqa: T201 - shown by -s
    async with committed.state.sessions.begin() as session:
        rows = await session.execute(select(Report.kind, func.count()).group_by(Report.kind))
        made = {kind: number for kind, number in rows}
    assert made == {ReportKind.MEMBER_SHEET: MEMBERS, ReportKind.EMPLOYER_SUMMARY: EMPLOYERS}
    assert (float(found[1]) < MOST_SECONDS, int(found[2]) < MOST_MEGABYTES) == (True, True)
