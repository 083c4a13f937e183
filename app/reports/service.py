"""Reports: getting one for change, steps of its life, reading it as the reader may.

Sheets and summaries are made in the modules beside this one.
"""

import json
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app import events, numbers
from app.core import clock
from app.core.errors import Invalid, NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.lifecycle import BadTransition
from app.models.house import CodeStatus
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus, ReportStep, Statement
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content
from app.reports.events import ReportMoved
from app.reports.facts import Period
from app.reports.lifecycle import LIFECYCLE, ReportAction

# What an employer's clerk does not see: votes and suggestions are the secretary's. Source: R33.
FOR_SECRETARY = {
    ReportKind.MEMBER_SHEET: ("ratings", "opinions"),
    ReportKind.EMPLOYER_SUMMARY: ("ratings", "attention"),
}
DETAILS_FOR_SECRETARY = ("satisfaction", "suggestion")


class BadPeriod(Invalid):
    """The period ends before it begins, or is not over."""

    code, title = "bad_period", "反馈期间不正确"


def check_period(first: date, last: date) -> Period:
    """The period, if it is one that has begun and makes sense.

    Raises:
        BadPeriod: see there.
    """
    if last < first:
        raise BadPeriod.field("/period_to", "bad_period", "结束日期早于开始日期")
    if first > clock.today():
        raise BadPeriod.field("/period_from", "bad_period", "期间尚未开始")
    return Period(first, last)


async def get(
    session: AsyncSession, actor: Actor, report_id: UUID, *permissions: Permission
) -> tuple[Report, list[str]]:
    """The report, locked for change, and which of all its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    row = (
        await session.execute(
            select(
                Report,
                grants(
                    Permission.REPORT_OWN,
                    Permission.REPORT_SIGN,
                    Permission.REPORT_ACKNOWLEDGE,
                ),
            )
            .where(Report.id == report_id, may(Permission.REPORT_READ))
            .with_for_update(of=Report),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    for permission in permissions:
        require(row.grants, permission)
    return row.Report, row.grants


async def moved(
    session: AsyncSession,
    actor: Actor,
    report: Report,
    action: ReportAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
) -> None:
    """The report took a step: status, history, fact. `granted` None: the house itself takes it."""
    if granted is None:
        left = LIFECYCLE.advance(report, action, reason=reason)
    else:
        left = LIFECYCLE.move(report, action, granted, reason=reason)
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
    announce(session, report, action)
    await session.flush()


def announce(session: AsyncSession, report: Report, action: str) -> None:
    """The fact that the report took a step, or that somebody must be reminded of it (`remind`)."""
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


async def supersede(session: AsyncSession, actor: Actor, report: Report) -> None:
    """The report that `report` replaces says so from now on, in its status and to who verifies it."""
    if report.supersedes_id is None:
        return
    old = await session.get_one(Report, report.supersedes_id, with_for_update=True)
    if old.status is ReportStatus.VOID:
        return
    await moved(session, actor, old, ReportAction.SUPERSEDE, None)
    await numbers.mark(session, old.id, old.kind, CodeStatus.SUPERSEDED)


async def void(session: AsyncSession, actor: Actor, report_id: UUID, reason: str | None) -> Report:
    """The report holds no longer; its code says so. Its number is never used again."""
    report, granted = await get(session, actor, report_id)
    await moved(session, actor, report, ReportAction.VOID, granted, reason=reason)
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
    await moved(session, actor, report, ReportAction.ACKNOWLEDGE, granted)
    report.read_at = report.read_at or clock.now()
    report.acknowledged_at, report.acknowledged_by_id = clock.now(), actor.person_id
    report.remind_at = None
    await session.flush()
    return report


async def note_use(
    session: AsyncSession, actor: Actor, report_id: UUID, uses: list[str], reply: str | None
) -> Report:
    """What the employer made of the summary is written, for all its members at once.

    Raises:
        BadTransition: it is not acknowledged yet.
        Invalid: a use that the content does not know.
    """
    report, _ = await get(session, actor, report_id, Permission.REPORT_ACKNOWLEDGE)
    if report.status is not ReportStatus.ACKNOWLEDGED:
        raise BadTransition
    for place, use in enumerate(uses):
        await content.require(session, "use_made_options", use, pointer=f"/uses/{place}")
    report.uses_made, report.reply = uses, reply
    await session.flush()
    return report


async def state(
    session: AsyncSession, actor: Actor, report_id: UUID, words: str, *, is_objection: bool
) -> Statement:
    """The member's own words to his sheet stand beside it; before issue they go into it.

    Raises:
        NotFound, Forbidden: see `get`; only the member himself.
        BadTransition: the sheet was replaced or voided.
    """
    report, _ = await get(session, actor, report_id, Permission.REPORT_OWN)
    if report.status in (ReportStatus.SUPERSEDED, ReportStatus.VOID):
        raise BadTransition
    statement = Statement(
        report_id=report.id,
        person_id=actor.person_id,
        words=words,
        is_objection=is_objection,
    )
    session.add(statement)
    await session.flush()
    return statement


async def answer_objection(
    session: AsyncSession, actor: Actor, statement_id: UUID, words: str
) -> Statement:
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
    await get(session, actor, statement.report_id, Permission.REPORT_SIGN)
    statement.answer, statement.answered_by_id = words, actor.person_id
    statement.answered_at = clock.now()
    await session.flush()
    return statement


Issuer = aliased(Organization)

SHOW = Prepared(
    select(
        Report.id,
        Report.kind,
        Report.status,
        Report.number,
        Report.edition,
        Report.period_from,
        Report.period_to,
        Issuer.name.label("issuer_name"),
        Report.content,
        Report.content_hash,
        Report.previous_hash,
        Report.issued_at,
        Report.delivered_at,
        Report.read_at,
        Report.acknowledged_at,
        Report.uses_made,
        Report.reply,
        grants(Permission.REPORT_OWN, Permission.REPORT_SIGN, Permission.REPORT_ACKNOWLEDGE),
    )
    .join(Issuer, Issuer.id == Report.issuer_id)
    .where(
        Report.id == bindparam("report_id", type_=Uuid()),
        may(Permission.REPORT_READ),
    )
)

STATEMENTS = Prepared(
    select(
        Statement.id,
        Statement.is_objection,
        Statement.words,
        Statement.said_at,
        Statement.answer,
        Statement.answered_at,
    )
    .where(Statement.report_id == bindparam("report_id", type_=Uuid()))
    .order_by(Statement.said_at, Statement.id)
)


async def show(reader: Reader, actor: Actor, report_id: UUID) -> dict[str, Any]:
    """The report as this reader may see it; two statements.

    Who is neither the member, nor the issuer, nor the employer's secretary sees facts only.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    binds = actor.binds() | {"report_id": report_id}
    row = await SHOW.one(reader, binds)
    if row is None:
        raise NotFound
    shown: dict[str, Any] = json.loads(row["content"])
    if not row["grants"]:
        for part in FOR_SECRETARY[row["kind"]]:
            shown.pop(part, None)
        for line in shown.get("details", ()):
            for cell in DETAILS_FOR_SECRETARY:
                line.pop(cell, None)
    return row | {
        "content": shown,
        "statements": await STATEMENTS.rows(reader, {"report_id": report_id}),
        "open_to": LIFECYCLE.open_in(row["status"], row["grants"]),
    }


BRIEF = (
    Report.id,
    Report.kind,
    Report.status,
    Report.number,
    Report.edition,
    Report.period_from,
    Report.period_to,
    Report.issued_at,
    Report.read_at,
    Report.acknowledged_at,
)

WHERE = {
    "employer": (
        Report.employer_id == bindparam("owner", type_=Uuid()),
        Report.kind == ReportKind.EMPLOYER_SUMMARY,
        Report.delivered_at.is_not(None),
    ),
    "issuer": (Report.issuer_id == bindparam("owner", type_=Uuid()),),
    "person": (Report.person_id == bindparam("owner", type_=Uuid()),),
}
CONTAINER = Prepared(
    select(grants(Permission.EMPLOYER_REPORTS, Permission.COMMUNITY_REPORT)).where(
        Organization.id == bindparam("organization_id", type_=Uuid())
    )
)


async def page_of_employer(
    reader: Reader, actor: Actor, paging: Paging, employer_id: UUID
) -> Slice[dict[str, Any]]:
    """Summaries delivered to an employer, newest first.

    Raises:
        NotFound: no such organization.
        Forbidden: the actor has no post there.
    """
    await _allowed(reader, actor, employer_id, Permission.EMPLOYER_REPORTS)
    return await _page(reader, paging, "employer", employer_id)


async def page_of_issuer(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """Sheets that a community drafts and issues, newest first; errors as above."""
    await _allowed(reader, actor, organization_id, Permission.COMMUNITY_REPORT)
    return await _page(reader, paging, "issuer", organization_id)


async def page_of_person(reader: Reader, actor: Actor, paging: Paging) -> Slice[dict[str, Any]]:
    """The actor's own sheets, drafts included: the member reads first."""
    return await _page(reader, paging, "person", actor.person_id)


async def _allowed(
    reader: Reader, actor: Actor, organization_id: UUID, permission: Permission
) -> None:
    row = await CONTAINER.one(reader, actor.binds() | {"organization_id": organization_id})
    if row is None:
        raise NotFound
    require(row["grants"], permission)


async def _page(
    reader: Reader, paging: Paging, whose: str, owner: UUID | None
) -> Slice[dict[str, Any]]:
    where = scope("reports", {whose: owner})
    key = after(paging, where, UUID)
    binds = {"owner": owner, "most": paging.limit + 1}
    if key is not None:
        binds["id"] = key[0]
    rows = await _list(whose, key is not None).rows(reader, binds)
    return cut(rows, paging, where, "id")


@cache
def _list(whose: str, is_continued: bool) -> Prepared:
    statement = (
        select(*BRIEF)
        .where(*WHERE[whose])
        .order_by(Report.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(Report.id < bindparam("id", type_=Uuid()))
    return Prepared(statement)
