"""Who is told of sheets, summaries and briefs."""

import json
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, workdays
from app.models.person import Role
from app.models.report import Report, ReportKind, SummarySheet
from app.notifications import service
from app.reports.events import ReportMoved

SHEET, SUMMARY, BRIEF = ReportKind.MEMBER_SHEET, ReportKind.EMPLOYER_SUMMARY, ReportKind.BRIEF
MEMBER, COMMUNITY, EMPLOYER = "member", "community", "employer"

# (kind, action) → message, and to whom
MESSAGES = {
    (SHEET, "draft"): ("sheet_to_read", MEMBER),
    (SHEET, "issue"): ("sheet_issued", MEMBER),
    (SHEET, "state"): ("sheet_statement", COMMUNITY),
    (SHEET, "outdate"): ("sheet_outdated", COMMUNITY),
    (SHEET, "supersede"): ("sheet_superseded", EMPLOYER),
    (SUMMARY, "deliver"): ("summary_delivered", EMPLOYER),
    (SUMMARY, "remind"): ("summary_unread", EMPLOYER),
    (BRIEF, "deliver"): ("brief_ready", EMPLOYER),
}


async def on_report_moved(session: AsyncSession, fact: int, event: ReportMoved) -> None:
    """The member is told of his sheet and of answers, the community's secretary of what he says to
    it, the employer's secretary of what was delivered to the employer."""
    message, audience = MESSAGES.get((ReportKind(event.kind), event.action), (None, None))
    if message is None:
        return
    report = await session.get_one(Report, event.report_id)
    if audience == EMPLOYER and report.delivered_at is None:
        return
    words = await _words(session, report, message)
    people = await _people(session, report, audience)
    await service.tell(session, fact, message, people, ("report", report.id), **words)


async def _people(
    session: AsyncSession, report: Report, audience: str | None
) -> Collection[UUID | None]:
    if audience == MEMBER:
        return [report.person_id]
    if audience == COMMUNITY:
        return await service.holders(session, report.issuer_id, Role.COMMUNITY_SECRETARY)
    return await service.holders(session, report.employer_id, Role.EMPLOYER_SECRETARY)


async def _words(session: AsyncSession, report: Report, message: str) -> dict[str, Any]:
    """What the text of the message names; nothing that somebody said stands in an inbox."""
    if message == "summary_delivered":
        statement = select(func.count()).where(SummarySheet.summary_id == report.id)
        return {"sheets": await session.scalar(statement)}
    if message == "brief_ready":
        return {"count": json.loads(report.content)["facts"]["services_count"]}
    return {
        "number": report.number,
        "year": report.period_to.year,
        "send_on": "出具后",
        "deadline": "出具",
        "reason": "更正",
        "days": _workdays_since(report),
    }


def _workdays_since(report: Report) -> int | None:
    """Whole workdays since it was delivered."""
    if report.delivered_at is None:
        return None
    begins = clock.local_day(report.delivered_at)
    days = (clock.today() - begins).days
    return sum(workdays.is_workday(begins + timedelta(days=each + 1)) for each in range(days))
