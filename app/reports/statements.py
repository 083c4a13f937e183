"""What a member says to his own sheet, and what in it he objects to.

A statement stands beside the sheet. An objection has a life of its own (`evaluations.objections`);
when one is decided, whoever signs the sheet learns that it is outdated. Source: practice.md R11, G7;
policy `evaluation.objection_workdays`.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, workdays
from app.core.errors import Conflict, Invalid
from app.evaluations import objections
from app.evaluations.events import ObjectionMoved
from app.evaluations.objections import DECISIONS, WAITS
from app.lifecycle import BadTransition
from app.models.objection import Objection, ObjectionKind
from app.models.report import Report, ReportKind, ReportStatus, Statement
from app.permissions import Actor, Permission
from app.policies import service as policies
from app.reports import outdating, service
from app.reports.lifecycle import OUT
from app.reports.schemas import ObjectionIn

REPLACED = (ReportStatus.SUPERSEDED, ReportStatus.VOID)


class ObjectionClosed(Conflict):
    """The workdays since the sheet was put before the member are over."""

    code, title = "objection_closed", "提出异议的时间已过"


async def state(session: AsyncSession, actor: Actor, report_id: UUID, words: str) -> Statement:
    """The member's own words to his sheet stand beside it; before issue they go into it.

    Raises:
        NotFound, Forbidden: see `service.get`; only the member himself.
        BadTransition: the sheet was replaced or voided.
    """
    report = await _own(session, actor, report_id)
    statement = Statement(report_id=report.id, person_id=actor.person_id, words=words)
    session.add(statement)
    service.announce(session, report, "state")
    await session.flush()
    return statement


async def object_to(
    session: AsyncSession, actor: Actor, report_id: UUID, body: ObjectionIn
) -> Objection:
    """The member objects to votes, a record or an absence of his sheet's period.

    Raises:
        NotFound, Forbidden, BadTransition: as for a statement; no such record or absence of his.
        ObjectionClosed, ObjectedAlready: see there.
        Invalid: an item, which has its own door; no subject where there must be one.
    """
    report = await _own(session, actor, report_id)
    if body.kind is ObjectionKind.ITEM:
        raise Invalid.field("/kind", "own_door", "负面清单情形请在该情形中提出异议")
    if body.kind is not ObjectionKind.VOTES and body.subject_id is None:
        raise Invalid.field("/subject_id", "subject_required", "请选择是哪一条")
    days = await policies.value(session, report.issuer_id, WAITS)
    if workdays.after(report.created_at, days) <= clock.now():
        raise ObjectionClosed
    assert report.registration_id is not None  # noqa: S101 - a sheet is of one registration
    return await objections.raise_to(
        session,
        actor,
        report.registration_id,
        (report.period_from, report.period_to),
        body.kind,
        None if body.kind is ObjectionKind.VOTES else body.subject_id,
        body.words,
    )


async def on_objection_moved(session: AsyncSession, _: int, event: ObjectionMoved) -> None:
    """The sheet that was signed without the part objected to is outdated by the decision."""
    if event.action not in DECISIONS.values():
        return
    objection = await session.get_one(Objection, event.objection_id)
    sheets = await session.scalars(
        select(Report).where(
            Report.registration_id == objection.registration_id,
            Report.kind == ReportKind.MEMBER_SHEET,
            Report.period_to == objection.period_to,
            Report.status.in_(OUT),
        )
    )
    for sheet in sheets.all():
        service.note(session, Actor.system(), sheet, outdating.OUTDATED, sheet.status)
        service.announce(session, sheet, outdating.OUTDATED)


async def _own(session: AsyncSession, actor: Actor, report_id: UUID) -> Report:
    report, _ = await service.get(session, actor, report_id, Permission.REPORT_OWN)
    if report.status in REPLACED:
        raise BadTransition
    return report
