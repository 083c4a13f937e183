"""Who is told of sheets and summaries."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.person import Role
from app.models.report import Report, ReportKind
from app.notifications import service
from app.reports.events import ReportMoved

# (kind, action) → message for the employer's secretaries
FOR_EMPLOYER = {
    (ReportKind.EMPLOYER_SUMMARY, "deliver"): "summary_delivered",
    (ReportKind.EMPLOYER_SUMMARY, "remind"): "summary_unread",
    (ReportKind.MEMBER_SHEET, "supersede"): "sheet_superseded",
}


async def on_report_moved(session: AsyncSession, fact: int, event: ReportMoved) -> None:
    """The member reads his draft first; the employer's secretary is told of what was delivered."""
    report = await session.get_one(Report, event.report_id)
    kind = ReportKind(event.kind)
    subject = ("report", event.report_id)
    if event.action == "draft":
        await service.tell(
            session,
            fact,
            "sheet_to_read",
            [event.person_id],
            subject,
            year=report.period_to.year,
            send_on="出具后",
            deadline="出具",
        )
    message = FOR_EMPLOYER.get((kind, event.action))
    if message is not None:
        people = await service.holders(session, event.employer_id, Role.EMPLOYER_SECRETARY)
        await service.tell(
            session, fact, message, people, subject, number=report.number, reason="更正", days=10
        )
