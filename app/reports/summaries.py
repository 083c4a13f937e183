"""Employer summaries (汇总单): compiled by the system, no judgement of its own, delivered by itself.

A community that has not signed never holds back the facts: 社区意见暂缺. Who did not agree to be
reported is named, without facts. Who reads which lines stands in `reading`. Source: practice.md R11,
R12.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import any_, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core import clock, ids, workdays
from app.core.strokes import name_key
from app.deadlines import Deadline
from app.evaluations import conduct
from app.models.order import BranchTake, Order, OrderStatus
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus, SummarySheet
from app.permissions import Actor, Permission
from app.policies import service as policies
from app.ratings import figures
from app.reports import contents, details, facts, issuers, service
from app.reports.facts import MemberFacts
from app.reports.freeze import freeze
from app.reports.issuers import ISSUER
from app.reports.lifecycle import ReportAction
from app.reports.periods import Period

REMINDERS = ("report.acknowledge_workdays", "report.reminders_max")


async def compile_summary(
    session: AsyncSession, actor: Actor, employer_id: UUID, period: Period
) -> Report:
    """The employer has its summary of the period: frozen, numbered, delivered, to be acknowledged.

    A second call makes the next edition, which names and replaces the one before.

    Raises:
        NotFound: no such employer.
        Forbidden: the district's or city's office compiles.
        NotSummaryIssuer: the level above does.
    """
    employer = await service.organization(
        session, actor, employer_id, "employer", Permission.SUMMARY_COMPILE
    )
    content, issued = await _content(session, employer, period)
    last = await _last(session, employer_id, period)
    found = await policies.values(session, employer_id, ISSUER, REMINDERS[0])
    issuer_id = await issuers.lock(session, actor, employer, found[ISSUER])
    report = Report(
        id=ids.new_id(),
        kind=ReportKind.EMPLOYER_SUMMARY,
        issuer_id=issuer_id,
        employer_id=employer_id,
        period_from=period.first,
        period_to=period.last,
        edition=last.edition + 1 if last else 1,
        supersedes_id=last.id if last else None,
        status=ReportStatus.DRAFT,
        signer_id=actor.person_id,
        uses_made=[],
    )
    await freeze(session, report, content, last)
    session.add(report)
    await session.flush()
    session.add_all(SummarySheet(summary_id=report.id, sheet_id=sheet.id) for sheet in issued)
    service.moved(session, actor, report, ReportAction.ISSUE, None)
    _deliver(session, actor, [report, *issued])
    report.remind_at = workdays.after(clock.now(), found[REMINDERS[0]])
    await service.supersede(session, actor, [last] if last else [])
    return report


async def _content(
    session: AsyncSession, employer: Organization, period: Period
) -> tuple[dict[str, Any], Collection[Report]]:
    """The sections of the form `employer_summary`, and the signed sheets that it names."""
    found = await facts.of_employer(session, employer.id, period)
    told = [member for member in found if member.is_reported]
    registrations = [member.registration_id for member in told]
    # Sheets are locked before the figures that were shown: drafting and issuing do so.
    issued = await _sheets(session, registrations, period)
    rates, pool = await figures.of_employer(session, employer.id, registrations, period.last)
    conducts = await conduct.of_registrations(session, registrations, period)
    words = await contents.words(session)
    drafted = {
        each: contents.sheet_content(member, period, rates[each], conducts[each], words)
        for each, member in zip(registrations, told, strict=True)
    }
    lines = [
        *details.lines(found, issued, drafted),
        *await details.not_registered(session, employer.id, found),
    ]
    content = {
        "form": "employer_summary",
        "head": {
            "period": [day.isoformat() for day in period],
            "employer": employer.name,
            "sheets_included": len(issued),
            "sheets_without_opinion": len(told) - len(issued),
        },
        "registration": {"stated_headcount": employer.stated_headcount}
        | details.counts(lines, found),
        "services": _services(told)
        | {"unit_activities": await _unit_activities(session, employer.id, period)},
        "ratings": {
            "votes": pool.votes,
            "satisfaction": pool.satisfaction,
            "counted_until": pool.until and pool.until.isoformat(),
            "relayed_thanks": sum(member.thanks for member in told),
        },
        "attention": details.attention(lines),
        "details": sorted(lines, key=lambda line: (line["branch"], name_key(line["member"]))),
    }
    return content, issued.values()


def _deliver(session: AsyncSession, actor: Actor, reports: Iterable[Report]) -> None:
    """Summary and sheets are in the employer's inbox."""
    for report in reports:
        if report.status is ReportStatus.ISSUED:
            report.delivered_at = clock.now()
            service.moved(session, actor, report, ReportAction.DELIVER, None)


async def remind(session: AsyncSession, report: Report) -> None:
    """A summary that waits unread is told of again, at most as often as policy says."""
    found = await policies.values(session, report.employer_id, *REMINDERS)
    days, most = (found[key] for key in REMINDERS)
    first = workdays.after(report.delivered_at or clock.now(), days)
    if clock.now() < first + timedelta(days=most * days):
        report.remind_at = workdays.after(clock.now(), days)
    service.announce(session, report, "remind")


def _services(told: Sequence[MemberFacts]) -> dict[str, Any]:
    return {
        "members_served": len({member.member_id for member in told if member.services}),
        "services_count": sum(member.services for member in told),
        "minutes": sum(member.minutes for member in told),
        "work_time_minutes": sum(member.work_minutes for member in told),
        "by_mode": {
            "post": sum(member.posts for member in told),
            "activity": sum(member.activities for member in told),
            "emergency": sum(member.emergencies for member in told),
        },
    }


async def _unit_activities(session: AsyncSession, employer_id: UUID, period: Period) -> int:
    """Orders that the employer or a branch of it took in its name and that have taken place."""
    found = await session.scalar(
        select(func.count(Order.id.distinct()))
        .join(BranchTake, BranchTake.order_id == Order.id)
        .join(Organization, Organization.id == BranchTake.organization_id)
        .where(
            Organization.lineage.contains([employer_id]),
            Order.status.in_([OrderStatus.PENDING_ACCEPTANCE, OrderStatus.CLOSED]),
            Order.starts_at >= clock.day_starts(period.first),
            Order.starts_at < clock.day_after(period.last),
        )
    )
    return found or 0


async def _sheets(
    session: AsyncSession, registration_ids: Collection[UUID], period: Period
) -> dict[UUID | None, Report]:
    """The signed sheets of these registrations in the period, locked."""
    rows = await session.scalars(
        select(Report)
        .where(
            Report.registration_id == any_(cast(list(registration_ids), ARRAY(Uuid()))),
            Report.kind == ReportKind.MEMBER_SHEET,
            Report.period_from == period.first,
            Report.period_to == period.last,
            Report.status.in_([ReportStatus.ISSUED, ReportStatus.DELIVERED]),
        )
        .order_by(Report.id)
        .with_for_update()
    )
    return {row.registration_id: row for row in rows}


async def _last(session: AsyncSession, employer_id: UUID, period: Period) -> Report | None:
    """The last edition of this summary that holds."""
    return await session.scalar(
        select(Report)
        .where(
            Report.employer_id == employer_id,
            Report.kind == ReportKind.EMPLOYER_SUMMARY,
            Report.period_from == period.first,
            Report.period_to == period.last,
        )
        .order_by(Report.edition.desc())
        .limit(1)
        .with_for_update()
    )


DEADLINES = (Deadline(Report, remind, "remind_at"),)
