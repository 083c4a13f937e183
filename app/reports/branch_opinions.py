"""The functional branch's sentence on the sheet of its member, chosen before the community signs.

It is chosen, not counted: the ballots of the branch's committee are votes like all others and are
told of as votes only. Source: practice.md R9; content `report_forms`,
`opinion_phrases.functional_branch`.
"""

import json
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.lifecycle import BadTransition
from app.models.report import Report, ReportStatus
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content
from app.reports import contents, service
from app.reports.contents import BRANCH_OPINION, BRANCH_OPINIONS
from app.reports.freeze import canonical

OPINED = "opine"


async def choose(
    session: AsyncSession, actor: Actor, report_id: UUID, opinion: str | None
) -> Report:
    """The draft says the sentence in the name of the branch, or none, and so will what is signed.

    A next edition begins with what the one before said.

    Raises:
        NotFound, Forbidden: the sheet is not of a member of the actor's branch.
        BadTransition: it is signed.
        Invalid: a sentence that the content does not know.
    """
    report = await _get(session, actor, report_id)
    if report.status is not ReportStatus.DRAFT:
        raise BadTransition
    phrase = None
    if opinion is not None:
        phrase = await content.require(session, BRANCH_OPINIONS, opinion, pointer="/opinion")
    said = json.loads(report.content)
    said["opinions"].pop(BRANCH_OPINION, None)
    said["opinions"] |= contents.of_branch(phrase)
    report.branch_opinion, report.content = opinion, canonical(said)
    service.note(session, actor, report, OPINED, report.status)
    service.announce(session, report, OPINED)
    await session.flush()
    return report


async def _get(session: AsyncSession, actor: Actor, report_id: UUID) -> Report:
    """The sheet, locked; the branch's secretary may write on it and not read it."""
    row = (
        await session.execute(
            select(Report, grants(Permission.REPORT_OPINE))
            .where(
                Report.id == report_id,
                may(Permission.REPORT_OPINE) | may(Permission.REPORT_READ),
            )
            .with_for_update(of=Report),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, Permission.REPORT_OPINE)
    found: Report = row.Report
    return found
