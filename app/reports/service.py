"""Reports: getting one for change, the steps of its life with history and fact.

Sheets and summaries are made, read and answered in the modules beside this one.
"""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events, numbers
from app.core import clock
from app.core.errors import Conflict, NotFound
from app.lifecycle import BadTransition
from app.models.house import CodeStatus
from app.models.organization import Organization
from app.models.report import Report, ReportStatus, ReportStep
from app.permissions import Actor, Permission, grants, require
from app.policies import content
from app.policies import service as policies
from app.reports.events import ReportMoved
from app.reports.lifecycle import LIFECYCLE, ReportAction
from app.rows import get_row

NOTE_USE = "use"


class UseNoted(Conflict):
    """Asked once: what was written stays."""

    code, title = "use_noted", "结果运用已填写"


class UseClosed(Conflict):
    """`report.use_made_days` have gone since the summary was acknowledged."""

    code, title = "use_closed", "填写结果运用的时间已过"


async def organization(
    session: AsyncSession, actor: Actor, organization_id: UUID, kind: str, permission: Permission
) -> Organization:
    """The organization of this kind, if the actor may do this there; locked.

    What is made for one organization is made one after the other.

    Raises:
        NotFound: there is none of this kind.
        Forbidden: the actor may not.
    """
    row = (
        await session.execute(
            select(Organization, grants(permission))
            .where(Organization.id == organization_id, Organization.kind == kind)
            .with_for_update(of=Organization, key_share=True),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, permission)
    found: Organization = row.Organization
    return found


async def get(
    session: AsyncSession, actor: Actor, report_id: UUID, *permissions: Permission
) -> tuple[Report, list[str]]:
    """The report, locked for change, and which of all its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    return await get_row(
        session,
        actor,
        Report,
        report_id,
        seen=Permission.REPORT_READ,
        asked=(Permission.REPORT_OWN, Permission.REPORT_SIGN, Permission.REPORT_ACKNOWLEDGE),
        needed=permissions,
    )


def moved(
    session: AsyncSession,
    actor: Actor,
    report: Report,
    action: ReportAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
) -> None:
    """The report took a step: status, history, fact; written with the caller's next flush.

    `granted` None: the house itself takes it. Who is reminded of it is reminded while it is delivered and no longer.
    """
    if granted is None:
        left = LIFECYCLE.advance(report, action, reason=reason)
    else:
        left = LIFECYCLE.move(report, action, granted, reason=reason)
    if report.status is not ReportStatus.DELIVERED:
        report.remind_at = None
    note(session, actor, report, action, left, reason=reason)
    announce(session, report, action)


def note(
    session: AsyncSession,
    actor: Actor,
    report: Report,
    action: str,
    left: ReportStatus,
    *,
    reason: str | None = None,
) -> None:
    """A line of the report's history."""
    session.add(
        ReportStep(
            report_id=report.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=report.status,
            reason=reason,
        )
    )


def announce(session: AsyncSession, report: Report, action: str) -> None:
    """The fact that the report took a step, or what else people are told of it: see `MESSAGES` of
    the listener."""
    events.record(
        session,
        ReportMoved(
            report_id=report.id,
            kind=report.kind,
            employer_id=report.employer_id,
            person_id=report.person_id,
            action=action,
            status=report.status,
        ),
    )


async def replaced(session: AsyncSession, reports: Iterable[Report]) -> dict[UUID, Report]:
    """The editions before these, by their ids, locked; those that are a first one have none."""
    ids = [report.supersedes_id for report in reports if report.supersedes_id is not None]
    if not ids:
        return {}
    rows = await session.scalars(
        select(Report).where(Report.id.in_(ids)).order_by(Report.id).with_for_update()
    )
    return {row.id: row for row in rows}


async def supersede(session: AsyncSession, actor: Actor, olds: Iterable[Report]) -> None:
    """The editions that were replaced, all of one kind, say so from now on, in their status and to
    who verifies them."""
    standing = [old for old in olds if old.status is not ReportStatus.VOID]
    for old in standing:
        moved(session, actor, old, ReportAction.SUPERSEDE, None)
    if standing:
        ids = [old.id for old in standing]
        await numbers.mark_each(session, ids, standing[0].kind, CodeStatus.SUPERSEDED)
    await session.flush()


async def void(session: AsyncSession, actor: Actor, report_id: UUID, reason: str | None) -> Report:
    """The report holds no longer; its code says so. Its number is never used again."""
    report, granted = await get(session, actor, report_id)
    moved(session, actor, report, ReportAction.VOID, granted, reason=reason)
    await numbers.mark(session, report.id, report.kind, CodeStatus.VOID)
    return report


async def mark_read(session: AsyncSession, actor: Actor, report_id: UUID) -> None:
    """It is noted that the employer's secretary has opened a delivered summary; once."""
    report, _ = await get(session, actor, report_id, Permission.REPORT_ACKNOWLEDGE)
    if report.read_at is None:
        report.read_at = clock.now()
        await session.flush()


async def acknowledge(session: AsyncSession, actor: Actor, report_id: UUID) -> Report:
    """The employer's secretary has received the summary: once, for all its sheets.

    Raises:
        NotFound, Forbidden: see `get`.
        BadTransition: not delivered yet, or acknowledged before.
    """
    report, granted = await get(session, actor, report_id)
    moved(session, actor, report, ReportAction.ACKNOWLEDGE, granted)
    report.read_at = report.read_at or clock.now()
    report.acknowledged_at, report.acknowledged_by_id = clock.now(), actor.person_id
    await session.flush()
    return report


async def note_use(
    session: AsyncSession, actor: Actor, report_id: UUID, uses: list[str], reply: str | None
) -> Report:
    """What the employer made of the summary is written: once, for all its members at once.

    Raises:
        NotFound, Forbidden: see `get`.
        BadTransition: it is not acknowledged yet.
        UseNoted, UseClosed: see there.
        Invalid: a use that the content does not know.
    """
    report, _ = await get(session, actor, report_id, Permission.REPORT_ACKNOWLEDGE)
    if report.status is not ReportStatus.ACKNOWLEDGED:
        raise BadTransition
    if report.uses_made:
        raise UseNoted
    days = await policies.value(session, report.employer_id, "report.use_made_days")
    if (report.acknowledged_at or clock.now()) + timedelta(days=days) < clock.now():
        raise UseClosed
    for place, use in enumerate(uses):
        await content.require(session, "use_made_options", use, pointer=f"/uses/{place}")
    report.uses_made, report.reply = uses, reply
    note(session, actor, report, NOTE_USE, report.status)
    await session.flush()
    return report
