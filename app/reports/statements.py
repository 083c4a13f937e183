"""What a member says to his own sheet, and the community's answer to an objection.

An objection that is not answered yet reaches nobody but the member and the community.
Source: practice.md R11, G7.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import NotFound
from app.lifecycle import BadTransition
from app.models.report import ReportStatus, Statement
from app.permissions import Actor, Permission
from app.reports import service


async def state(
    session: AsyncSession, actor: Actor, report_id: UUID, words: str, *, is_objection: bool
) -> Statement:
    """The member's own words to his sheet stand beside it; before issue they go into it.

    Raises:
        NotFound, Forbidden: see `service.get`; only the member himself.
        BadTransition: the sheet was replaced or voided.
    """
    report, _ = await service.get(session, actor, report_id, Permission.REPORT_OWN)
    if report.status in (ReportStatus.SUPERSEDED, ReportStatus.VOID):
        raise BadTransition
    statement = Statement(
        report_id=report.id,
        person_id=actor.person_id,
        words=words,
        is_objection=is_objection,
    )
    session.add(statement)
    service.announce(session, report, "object" if is_objection else "state")
    await session.flush()
    return statement


async def answer(session: AsyncSession, actor: Actor, statement_id: UUID, words: str) -> Statement:
    """The community has answered what the member objected to.

    Raises:
        NotFound: no objection that the actor may answer, or it was answered.
    """
    statement = await session.scalar(
        select(Statement)
        .where(Statement.id == statement_id, Statement.is_objection, Statement.answer.is_(None))
        .with_for_update()
    )
    if statement is None:
        raise NotFound
    report, _ = await service.get(session, actor, statement.report_id, Permission.REPORT_SIGN)
    statement.answer, statement.answered_by_id = words, actor.person_id
    statement.answered_at = clock.now()
    service.announce(session, report, "answer")
    await session.flush()
    return statement
