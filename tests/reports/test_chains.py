"""Whoever changes or removes a frozen report is found out."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.commands import report_chains
from app.core import database
from app.models.report import Report, ReportStep, SummarySheet
from tests.commands.test_commands import run
from tests.reports.town import Desk, Town, compile_summary, desk, draft, town

__all__ = ["desk", "town"]

Capture = pytest.CaptureFixture[str]


async def change_text(session: AsyncSession, ids: list[str]) -> None:
    report = await session.get_one(Report, ids[1])
    report.content = report.content.replace("张三", "李四")


async def spoil_seal(session: AsyncSession, ids: list[str]) -> None:
    await session.execute(
        text("UPDATE reports SET content = content || '\\x00' WHERE id = :id"), {"id": ids[1]}
    )


async def cut_out(session: AsyncSession, ids: list[str]) -> None:
    await remove(session, ids[1])


async def cut_off(session: AsyncSession, ids: list[str]) -> None:
    await remove(session, ids[2])


async def remove(session: AsyncSession, report_id: str) -> None:
    await session.execute(delete(SummarySheet).where(SummarySheet.summary_id == report_id))
    await session.execute(delete(ReportStep).where(ReportStep.report_id == report_id))
    await session.execute(
        update(Report).where(Report.supersedes_id == report_id).values(supersedes_id=None)
    )
    await session.execute(delete(Report).where(Report.id == report_id))


@pytest.mark.parametrize(
    ("harm", "said", "wrong"),
    [
        (None, "✓ reports: 3 frozen, 0 wrong", 0),
        (change_text, "its text was changed", 1),
        (spoil_seal, "its text cannot be opened", 1),
        (cut_out, "the report before it is missing", 2),
        (cut_off, "3 numbers were given, 2 reports are there", 1),
    ],
)
async def test_each_harm_is_found_and_named(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    connection: AsyncConnection,
    capsys: Capture,
    harm: Callable[[AsyncSession, list[str]], Awaitable[None]] | None,
    said: str,
    wrong: int,
) -> None:
    ids = [(await compile_summary(desk, town))["id"] for _ in range(3)]
    if harm:
        await harm(session, ids)
    await session.commit()
    assert await report_chains.walk(await database.reader_of(session)) == wrong
    assert said in capsys.readouterr().out


async def test_each_issuer_has_a_chain_of_its_own(
    desk: Desk, town: Town, session: AsyncSession, capsys: Capture
) -> None:
    for _ in range(2):
        await desk.post(town.secretary, f"/reports/{await draft(desk, town)}/issue")
    await compile_summary(desk, town)
    assert len(set(await session.scalars(select(Report.issuer_id)))) == 2
    assert await report_chains.walk(await database.reader_of(session)) == 0


def test_the_doctor_walks_the_chains_when_asked(database_url: str) -> None:
    done = run(database_url, "doctor", "--reports", "--ledger")
    assert (done.returncode, "✓ reports: 0 frozen" in done.stdout) == (0, True)
