"""The reports of a whole district: begun once, done task by task, continued by whoever comes next."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.commands import issue_year
from app.core import clock
from app.deadlines import advance_next
from app.models.member import Registration
from app.models.organization import Organization, Policy
from app.models.report import Report, ReportKind, ReportStatus
from app.models.report_run import ReportRun, RunTask
from app.permissions import Actor
from app.reports import runs, sheets
from app.reports.periods import Period, year_closed
from tests.commands.test_commands import run
from tests.reports.test_races import make_city
from tests.reports.town import PERIOD, TODAY, Desk, Town, compile_summary, desk, draft, join, town

__all__ = ["desk", "town"]

Sessions = async_sessionmaker[AsyncSession]


def runs_of(town: Town) -> str:
    return f"/organizations/{town.community.lineage[1]}/report-runs"


async def work(sessions: Sessions) -> None:
    while await advance_next(sessions, runs.DEADLINES):
        pass


async def made(session: AsyncSession, kind: ReportKind) -> list[ReportStatus]:
    found = await session.scalars(
        select(Report.status).where(Report.kind == kind).order_by(Report.id)
    )
    return list(found)


async def test_a_run_drafts_compiles_and_delivers_and_says_how_far_it_is(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    await join(session, town, "李四")
    begun = await desk.post(town.office, runs_of(town), **PERIOD)
    (line,) = (await desk.get(town.office, runs_of(town)))["items"]
    assert (line["id"], line["tasks"], line["done"], line["failed"]) == (begun["id"], 2, 0, 0)
    await work(sessions)
    (line,) = (await desk.get(town.office, runs_of(town)))["items"]
    assert (line["tasks"], line["done"]) == (2, 2)
    assert await made(session, ReportKind.MEMBER_SHEET) == ["draft", "draft"]
    assert await made(session, ReportKind.EMPLOYER_SUMMARY) == ["delivered"]
    again = await desk.post(town.office, runs_of(town), **PERIOD)
    await work(sessions)
    assert again["id"] == begun["id"]
    assert len(await made(session, ReportKind.EMPLOYER_SUMMARY)) == 1


async def test_what_was_signed_or_compiled_by_hand_is_left_as_it_is(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    sheet = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    await compile_summary(desk, town)
    await desk.post(town.office, runs_of(town), **PERIOD)
    await work(sessions)
    assert await made(session, ReportKind.MEMBER_SHEET) == ["delivered"]
    assert await made(session, ReportKind.EMPLOYER_SUMMARY) == ["delivered"]


async def test_where_policy_waits_for_communities_the_summary_waits_a_day_for_each(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Callable[[timedelta], None],
) -> None:
    session.add(
        Policy(
            organization_id=town.community.lineage[0],
            key="report.if_community_has_not_signed",
            value={"value": "wait"},
            effective_on=TODAY,
            basis="",
            created_at=clock.now(),
        )
    )
    await session.commit()
    await desk.post(town.office, runs_of(town), **PERIOD)
    await work(sessions)
    assert await made(session, ReportKind.EMPLOYER_SUMMARY) == []
    (sheet,) = await session.scalars(select(Report.id))
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    move_clock(timedelta(days=1, seconds=1))
    await work(sessions)
    assert await made(session, ReportKind.EMPLOYER_SUMMARY) == ["delivered"]


async def test_another_office_begins_nothing(desk: Desk, town: Town) -> None:
    for who, code in ((town.secretary, "forbidden"), (town.member, "forbidden")):
        assert (await desk.post(who, runs_of(town), **PERIOD))["code"] == code
        assert (await desk.get(who, runs_of(town)))["code"] == code
    for place in (town.community.id, UUID_OF_NOBODY):
        path = f"/organizations/{place}/report-runs"
        assert (await desk.post(town.office, path, **PERIOD))["code"] == "not_found"
    assert (await desk.get(town.office, path))["code"] == "not_found"


UUID_OF_NOBODY = "00000000-0000-0000-0000-000000000000"


async def test_the_list_of_runs_goes_on(desk: Desk, town: Town) -> None:
    for days in (30, 60):
        period = {"period_from": (TODAY - timedelta(days=days)).isoformat()}
        await desk.post(town.office, runs_of(town), **PERIOD | period)
    first = await desk.get(town.office, f"{runs_of(town)}?limit=1")
    rest = await desk.get(town.office, f"{runs_of(town)}?limit=1&cursor={first['next_cursor']}")
    froms = [page["items"][0]["period_from"] for page in (first, rest)]
    assert froms == [(TODAY - timedelta(days=days)).isoformat() for days in (60, 30)]


async def begin(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        district = await session.scalar(
            select(Organization.id).where(Organization.kind == "district")
        )
        period = Period(TODAY - timedelta(days=30), TODAY)
        await runs.start_year(session, Actor.system(), district, period)


async def test_several_workers_and_beginners_do_each_task_once(committed: FastAPI) -> None:
    await make_city(committed)
    await asyncio.gather(*(begin(committed) for _ in range(4)))
    await asyncio.gather(*(work(committed.state.sessions) for _ in range(4)))
    async with committed.state.sessions.begin() as session:
        assert await session.scalar(select(func.count()).select_from(ReportRun)) == 1
        assert len(await made(session, ReportKind.MEMBER_SHEET)) == 3
        assert await made(session, ReportKind.EMPLOYER_SUMMARY) == ["delivered"]


async def test_who_is_killed_in_the_middle_leaves_the_rest_and_nothing_is_done_twice(
    committed: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_city(committed)
    await begin(committed)

    async def dies(session: AsyncSession, *_: Any) -> int:
        session.add(Registration())  # in the middle of a transaction
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(sheets, "draft_missing", dies)
        with pytest.raises(asyncio.CancelledError):
            await work(committed.state.sessions)
    async with committed.state.sessions.begin() as session:
        due = await session.scalars(select(RunTask.work).where(RunTask.due_at.is_not(None)))
        assert sorted(due) == ["drafts", "summary"]
    await work(committed.state.sessions)
    async with committed.state.sessions.begin() as session:
        assert len(await made(session, ReportKind.MEMBER_SHEET)) == 3


async def test_the_command_runs_to_the_end_and_a_second_time_finds_all_done(
    committed: FastAPI, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issue_year, "EVERY", 2)
    await make_city(committed)
    async with committed.state.sessions.begin() as session:
        district = await session.scalar(select(Organization).where(Organization.kind == "district"))
        assert district is not None
        district.code = "320613"
    days = ("--from", (TODAY - timedelta(days=30)).isoformat(), "--to", TODAY.isoformat())
    for _ in range(2):
        done = await asyncio.to_thread(run, database_url, "issue-year", "320613", *days)
        assert done.returncode == 0
        assert "drafts 1/1, summary 1/1" in done.stdout
    unknown = await asyncio.to_thread(run, database_url, "issue-year", "999999")
    assert (unknown.returncode, "✗" in unknown.stdout) == (1, True)


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        (date(2026, 12, 20), date(2025, 12, 1), date(2026, 11, 30)),
        (date(2026, 11, 30), date(2025, 12, 1), date(2026, 11, 30)),
        (date(2026, 11, 29), date(2024, 12, 1), date(2025, 11, 30)),
    ],
)
def test_the_year_is_the_last_whose_facts_are_closed(today: date, first: date, last: date) -> None:
    assert year_closed("11-30", today) == Period(first, last)
