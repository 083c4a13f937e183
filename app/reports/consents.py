"""Reporting to the employer by consent: without it no sheet is issued or delivered.

What was delivered before stays where it is. Source: practice.md R21; content `consents.items`.
"""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import numbers
from app.core.errors import Conflict
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.house import CodeStatus
from app.models.person import Consent
from app.models.report import Report, ReportStatus
from app.permissions import Actor
from app.reports import service
from app.reports.lifecycle import ReportAction

REPORTED = "report_to_employer"
STOPPED = "本人不同意自动反馈"


class ReportRefused(Conflict):
    """The member reports himself; nothing goes to his employer from here."""

    code, title = "report_refused", "本人不同意自动反馈，由本人自行报告"


def agreed(person_id: Any) -> ColumnElement[bool]:
    """In SQL: whether the person in this column agrees to be reported now."""
    return (
        select(Consent.id)
        .where(
            Consent.person_id == person_id,
            Consent.purpose == REPORTED,
            Consent.withdrawn_at.is_(None),
        )
        .exists()
    )


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Sheets that were not delivered yet are stopped, unless he has agreed again."""
    if event.purpose == REPORTED:
        await _stop(session, event.person_id)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """As for a consent that was withdrawn."""
    await _stop(session, event.person_id)


async def _stop(session: AsyncSession, person_id: Any) -> None:
    rows = await session.scalars(
        select(Report)
        .where(
            Report.person_id == person_id,
            Report.status.in_([ReportStatus.DRAFT, ReportStatus.ISSUED]),
            ~agreed(Report.person_id),
        )
        .order_by(Report.id)
        .with_for_update()
    )
    for report in rows.all():
        service.moved(session, Actor.system(), report, ReportAction.STOP, None, reason=STOPPED)
        await numbers.mark(session, report.id, report.kind, CodeStatus.VOID)
