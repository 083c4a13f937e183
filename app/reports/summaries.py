"""Employer summaries (汇总单): compiled by the system, no judgement of its own, delivered by itself.

A community that has not signed never holds back the facts: 社区意见暂缺. Source: practice.md R11.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import any_, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core import clock, workdays
from app.core.strokes import name_key
from app.deadlines import Deadline
from app.models.member import Member, Registration, RegistrationStatus
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus, SummarySheet
from app.permissions import Actor, Permission
from app.policies import service as policies
from app.ratings import service as ratings
from app.reports import facts as figures
from app.reports import service, sheets
from app.reports.facts import LIVING, MemberFacts, Period
from app.reports.freeze import canonical, freeze
from app.reports.lifecycle import ReportAction

BY_HIMSELF = "由本人自行报告"
REGISTERED, SUSPENDED, MISSING = "已报到", "暂停", "未报到"
REMINDERS = ("report.acknowledge_workdays", "report.reminders_max")
ON_PAPER = ("at_counter", "paper_only")


async def compile_summary(
    session: AsyncSession, actor: Actor, employer_id: UUID, period: Period
) -> Report:
    """The employer has its summary of the period: frozen, numbered, delivered, to be acknowledged.

    A second call makes the next edition, which names and replaces the one before.

    Raises:
        NotFound, Forbidden: as for the employer; the district's or city's office compiles.
    """
    employer = await sheets.allowed(session, actor, employer_id, Permission.SUMMARY_COMPILE)
    found = await figures.of_employer(session, employer_id, period)
    issued = await _sheets(session, found, period)
    last = await _last(session, employer_id, period)
    report = Report(
        kind=ReportKind.EMPLOYER_SUMMARY,
        issuer_id=employer.parent_id,
        employer_id=employer_id,
        period_from=period.first,
        period_to=period.last,
        edition=last.edition + 1 if last else 1,
        supersedes_id=last.id if last else None,
        content=canonical(await _content(session, employer, found, issued, period)),
        signer_id=actor.person_id,
    )
    session.add(report)
    await session.flush()
    session.add_all(
        SummarySheet(summary_id=report.id, sheet_id=sheet.id) for sheet in issued.values()
    )
    await service.moved(session, actor, report, ReportAction.ISSUE, None)
    await freeze(session, report)
    await service.supersede(session, actor, report)
    await _deliver(session, actor, report, issued.values())
    return report


async def _deliver(session: AsyncSession, actor: Actor, report: Report, issued: Any) -> None:
    """Summary and sheets are in the employer's inbox; unread, it is reminded of."""
    for delivered in (report, *issued):
        if delivered.status is ReportStatus.ISSUED:
            delivered.delivered_at = clock.now()
            await service.moved(session, actor, delivered, ReportAction.DELIVER, None)
    days = await policies.value(session, report.employer_id, "report.acknowledge_workdays")
    report.remind_at = workdays.after(clock.now(), days)
    await session.flush()


async def remind(session: AsyncSession, report: Report) -> None:
    """A summary that waits unread is told of again, at most as often as policy says."""
    found = await policies.values(session, report.employer_id, *REMINDERS)
    days, most = (found[key] for key in REMINDERS)
    first = workdays.after(report.delivered_at or clock.now(), days)
    if clock.now() < first + timedelta(days=most * days):
        report.remind_at = workdays.after(clock.now(), days)
    service.announce(session, report, "remind")


async def _content(
    session: AsyncSession,
    employer: Organization,
    found: Sequence[MemberFacts],
    issued: Mapping[UUID | None, Report],
    period: Period,
) -> dict[str, Any]:
    missing = await _not_registered(session, employer.id, found)
    rule = await sheets.rate_rule(session, employer.id)
    living = [facts for facts in found if facts.status in LIVING]
    told = [facts for facts in found if facts.is_reported]
    return {
        "form": "employer_summary",
        "head": {
            "period": [day.isoformat() for day in period],
            "employer": employer.name,
            "sheets_included": len(issued),
            "sheets_without_opinion": len(told) - len(issued),
        },
        "registration": {
            "stated_headcount": employer.stated_headcount,
            "registered_online": sum(facts.channel == "online" for facts in living),
            "registered_offline": sum(facts.channel in ON_PAPER for facts in living),
            "exempt_or_suspended": sum(
                facts.status is RegistrationStatus.SUSPENDED for facts in living
            ),
            "not_registered": len(missing),
            "communities_count": len({facts.community_id for facts in living}),
        },
        "services": {
            "members_served": sum(facts.services > 0 for facts in told),
            "services_count": sum(facts.services for facts in told),
            "minutes": sum(facts.minutes for facts in told),
            "work_time_minutes": sum(facts.work_minutes for facts in told),
        },
        "ratings": _pooled(told, rule),
        "details": _details(found, missing, issued, rule),
    }


def _pooled(told: Sequence[MemberFacts], rule: tuple[int, int, list[int]]) -> dict[str, Any]:
    """All votes of the employer's members together; under ten none is computed."""
    pooled = figures.pooled(told)
    least_exact, _, bands = rule
    return {
        "votes": pooled.valid,
        "satisfaction": ratings.shown(
            pooled, least_exact=least_exact, least_band=least_exact, bands=bands
        ),
    }


def _details(
    found: Sequence[MemberFacts],
    missing: Sequence[tuple[str, str]],
    issued: Mapping[UUID | None, Report],
    rule: tuple[int, int, list[int]],
) -> list[dict[str, Any]]:
    """A line a member, by branch and strokes, never by a value. Source: practice.md R25."""
    lines = [_line(facts, issued.get(facts.registration_id), rule) for facts in found]
    lines += [{"branch": branch, "member": name, "state": MISSING} for branch, name in missing]
    return sorted(lines, key=lambda line: (line["branch"], name_key(line["member"])))


def _line(
    facts: MemberFacts, sheet: Report | None, rule: tuple[int, int, list[int]]
) -> dict[str, Any]:
    state = SUSPENDED if facts.status is RegistrationStatus.SUSPENDED else REGISTERED
    line: dict[str, Any] = {"branch": facts.branch, "member": facts.name, "state": state}
    if facts.person_id is not None and not facts.is_reported:
        return line | {"state": BY_HIMSELF}
    least_exact, least_band, bands = rule
    return line | {
        "community": facts.community,
        "count": facts.services,
        "minutes": facts.minutes,
        "solved": facts.solved,
        "answered": facts.answered,
        "satisfaction": ratings.shown(
            facts.votes, least_exact=least_exact, least_band=least_band, bands=bands
        ),
        "opinion": None if sheet else sheets.NO_OPINION,
        "sheet_number": sheet.number if sheet else None,
    }


async def _not_registered(
    session: AsyncSession, employer_id: UUID, found: Sequence[MemberFacts]
) -> list[tuple[str, str]]:
    """In-service members of the roster without a living registration: (branch, name)."""
    registered = (
        select(Registration.id)
        .where(Registration.member_id == Member.id, Registration.status.in_(LIVING))
        .exists()
    )
    rows = await session.execute(
        select(func.coalesce(Organization.name, ""), Member.name)
        .outerjoin(Organization, Organization.id == Member.branch_id)
        .where(
            Member.employer_id == employer_id,
            Member.left_on.is_(None),
            Member.service_state == "in_service",
            ~registered,
            Member.id != func.all(cast([facts.member_id for facts in found], ARRAY(Uuid()))),
        )
    )
    return [(branch, name) for branch, name in rows]


async def _sheets(
    session: AsyncSession, found: Sequence[MemberFacts], period: Period
) -> dict[UUID | None, Report]:
    """The signed sheets of these members in the period, by registration."""
    rows = await session.scalars(
        select(Report)
        .where(
            Report.registration_id
            == any_(cast([facts.registration_id for facts in found], ARRAY(Uuid()))),
            Report.kind == ReportKind.MEMBER_SHEET,
            Report.period_from == period.first,
            Report.period_to == period.last,
            Report.status.in_([ReportStatus.ISSUED, ReportStatus.DELIVERED]),
        )
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
