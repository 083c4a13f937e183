"""A community that signs late, and what follows by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import events
from app.core import clock
from app.deadlines import advance_next
from app.models.report import Report, ReportKind
from app.reports import renewals
from app.wiring import LISTENERS
from tests.reports.town import Desk, Town, compile_summary, desk, draft, join, town

__all__ = ["desk", "town"]

Sessions = async_sessionmaker[AsyncSession]
Move = Callable[[timedelta], None]


async def tell(sessions: Sessions) -> None:
    while await events.tell_next(sessions, LISTENERS):
        pass


async def renew(sessions: Sessions) -> None:
    while await advance_next(sessions, renewals.DEADLINES):
        pass


async def summaries_of(session: AsyncSession) -> list[Any]:
    rows = await session.execute(
        select(Report.edition, Report.status)
        .where(Report.kind == ReportKind.EMPLOYER_SUMMARY)
        .order_by(Report.edition)
    )
    return [tuple(row) for row in rows]


@pytest.fixture
async def late(desk: Desk, town: Town, session: AsyncSession, sessions: Sessions) -> dict[str, Any]:
    """Two members whose community signs after the summary; both signatures are told."""
    await join(session, town, "李四")
    path = f"/organizations/{town.community.id}/sheets"
    days = {"period_from": (clock.today() - timedelta(days=360)).isoformat()}
    period = days | {"period_to": clock.today().isoformat()}
    made = (await desk.post(town.secretary, path, **period))["report_ids"]
    summary = await compile_summary(desk, town)
    for each in made:
        await desk.post(town.secretary, f"/reports/{each}/issue", opinion="steady")
    await session.commit()
    await tell(sessions)
    return {"summary": summary["id"], "sheets": made}


async def test_opinions_follow_in_one_edition_at_the_end_of_the_day(
    late: dict[str, Any],
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Move,
) -> None:
    await renew(sessions)
    assert await summaries_of(session) == [(1, "delivered")]
    move_clock(timedelta(days=1))
    await renew(sessions)
    assert await summaries_of(session) == [(1, "superseded"), (2, "delivered")]
    old = await desk.get(town.employer_secretary, f"/reports/{late['summary']}")
    new = await desk.get(town.employer_secretary, f"/reports/{old['superseded_by_id']}")
    assert new["content"]["head"]["version_note"] == f"替代{old['number']}"
    assert new["content"]["head"]["sheets_without_opinion"] == 0
    assert [line["opinion"] for line in new["content"]["details"]] == [None, None]


async def test_what_was_acknowledged_stays_so_and_is_asked_once(
    late: dict[str, Any],
    desk: Desk,
    town: Town,
    sessions: Sessions,
    move_clock: Move,
) -> None:
    path = f"/reports/{late['summary']}"
    await desk.post(town.employer_secretary, f"{path}/acknowledge")
    await desk.post(town.employer_secretary, f"{path}/use", uses=["appraisal"], reply="感谢")
    move_clock(timedelta(days=1))
    await renew(sessions)
    old = await desk.get(town.employer_secretary, path)
    new = await desk.get(town.employer_secretary, f"/reports/{old['superseded_by_id']}")
    assert (new["status"], new["uses_made"], new["reply"]) == (
        "acknowledged",
        ["appraisal"],
        "感谢",
    )
    sheet = await desk.get(town.member, f"/reports/{late['sheets'][0]}")
    assert sheet["receipt"] == {
        "summary_number": new["number"],
        "acknowledged_at": new["acknowledged_at"],
        "uses_made": ["appraisal"],
        "reply": "感谢",
    }


async def test_a_summary_that_was_voided_or_compiled_anew_is_not_renewed(
    late: dict[str, Any],
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Move,
) -> None:
    await compile_summary(desk, town)
    move_clock(timedelta(days=1))
    await renew(sessions)
    assert await summaries_of(session) == [(1, "superseded"), (2, "delivered")]


async def test_signatures_before_the_summary_renew_nothing(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    made = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{made}/issue")
    await compile_summary(desk, town)
    await session.commit()
    await tell(sessions)
    due = await session.scalars(select(Report.id).where(Report.renew_at.is_not(None)))
    assert due.all() == []
