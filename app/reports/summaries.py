"""Employer summaries (汇总单): compiled by the system, no judgement of its own, delivered by itself.

A community that has not signed never holds back the facts: 社区意见暂缺. Who did not agree to be
reported is named, without facts. Who reads which lines stands in `reading`. Source: practice.md R11,
R12.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
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
from app.models.member import Member, RegistrationStatus
from app.models.organization import Organization
from app.models.report import Report, ReportKind, ReportStatus, SummarySheet
from app.permissions import Actor, Permission
from app.policies import service as policies
from app.ratings import figures
from app.ratings.figures import Figure
from app.reports import facts, service, sheets
from app.reports.facts import LIVING, MemberFacts
from app.reports.freeze import canonical, freeze
from app.reports.lifecycle import ReportAction
from app.reports.periods import Period

BY_HIMSELF = "由本人自行报告"
REGISTERED, SUSPENDED, ENDED, MISSING = "已报到", "暂停", "已结束", "未报到"
STATES = {
    RegistrationStatus.ACTIVE: REGISTERED,
    RegistrationStatus.SUSPENDED: SUSPENDED,
    RegistrationStatus.ENDED: ENDED,
}
# Cells by which a reader's part is cut, shown to nobody.
KEYS = ("registration_id", "branch_id", "is_protected")
REMINDERS = ("report.acknowledge_workdays", "report.reminders_max")
ONLINE = "online"


async def compile_summary(
    session: AsyncSession, actor: Actor, employer_id: UUID, period: Period
) -> Report:
    """The employer has its summary of the period: frozen, numbered, delivered, to be acknowledged.

    A second call makes the next edition, which names and replaces the one before.

    Raises:
        NotFound: no such employer.
        Forbidden: the district's or city's office compiles.
    """
    employer = await service.organization(
        session, actor, employer_id, "employer", Permission.SUMMARY_COMPILE
    )
    found = await facts.of_employer(session, employer_id, period)
    told = [member for member in found if member.is_reported]
    ids = [member.registration_id for member in told]
    rates, pool = await figures.of_employer(session, employer_id, ids, period.last)
    issued = await _sheets(session, ids, period)
    missing = await _not_registered(session, employer_id, found)
    lines = [*_lines(found, issued, rates), *missing]
    last = await _last(session, employer_id, period)
    report = Report(
        kind=ReportKind.EMPLOYER_SUMMARY,
        issuer_id=employer.parent_id,
        employer_id=employer_id,
        period_from=period.first,
        period_to=period.last,
        edition=last.edition + 1 if last else 1,
        supersedes_id=last.id if last else None,
        content=canonical(
            {
                "form": "employer_summary",
                "head": {
                    "period": [day.isoformat() for day in period],
                    "employer": employer.name,
                    "sheets_included": len(issued),
                    "sheets_without_opinion": len(told) - len(issued),
                },
                "registration": {"stated_headcount": employer.stated_headcount}
                | _counts(lines, found),
                "services": _services(told),
                "ratings": {
                    "votes": pool.votes,
                    "satisfaction": pool.satisfaction,
                    "counted_until": pool.until and pool.until.isoformat(),
                },
                "details": sorted(
                    lines, key=lambda line: (line["branch"], name_key(line["member"]))
                ),
            }
        ),
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


def _counts(lines: Sequence[Mapping[str, Any]], found: Sequence[MemberFacts]) -> dict[str, int]:
    """How many lines are in each state; whoever reports himself is counted as that and no more."""
    states = Counter(line["state"] for line in lines)
    online = {member.registration_id for member in found if member.channel == ONLINE}
    registered = [line for line in lines if line["state"] == REGISTERED]
    by_phone = sum(UUID(line["registration_id"]) in online for line in registered)
    return {
        "registered_online": by_phone,
        "registered_offline": len(registered) - by_phone,
        "exempt_or_suspended": states[SUSPENDED],
        "ended": states[ENDED],
        "reports_himself": states[BY_HIMSELF],
        "not_registered": states[MISSING],
        "communities_count": len(
            {
                member.community_id
                for member in found
                if member.status in LIVING and _state(member) != BY_HIMSELF
            }
        ),
    }


def _services(told: Sequence[MemberFacts]) -> dict[str, int]:
    return {
        "members_served": len({member.member_id for member in told if member.services}),
        "services_count": sum(member.services for member in told),
        "minutes": sum(member.minutes for member in told),
        "work_time_minutes": sum(member.work_minutes for member in told),
    }


def _state(member: MemberFacts) -> str:
    """What the employer reads; of who came online or has an account, nothing without his consent.

    Who came with the employer's own paper and has no account is registered like everybody.
    """
    is_asked = member.channel == ONLINE or member.person_id is not None
    return BY_HIMSELF if is_asked and not member.is_reported else STATES[member.status]


def _lines(
    found: Sequence[MemberFacts],
    issued: Mapping[UUID | None, Report],
    rates: Mapping[UUID, Figure],
) -> list[dict[str, Any]]:
    """A line for each registration; facts only of who agreed, one line of who reports himself."""
    lines = {}
    for member in found:
        state = _state(member)
        line: dict[str, Any] = {
            "branch": member.branch,
            "branch_id": member.branch_id and str(member.branch_id),
            "member": member.name,
            "state": state,
            "registration_id": str(member.registration_id),
            "is_protected": member.is_protected,
        }
        if state == BY_HIMSELF:
            lines[member.member_id] = line
            continue
        if not member.is_protected:
            line["community"] = member.community
        if member.is_reported:
            sheet = issued.get(member.registration_id)
            line |= _facts(member, sheet, rates[member.registration_id])
        lines[member.registration_id] = line
    return list(lines.values())


def _facts(member: MemberFacts, sheet: Report | None, rate: Figure) -> dict[str, Any]:
    """The number of a protected member's sheet names his community, so it does not stand here."""
    return {
        "count": member.services,
        "minutes": member.minutes,
        "solved": member.solved,
        "answered": member.answered,
        "satisfaction": rate.satisfaction,
        "opinion": None if sheet else sheets.NO_OPINION,
        "sheet_number": sheet.number if sheet and not member.is_protected else None,
    }


async def _not_registered(
    session: AsyncSession, employer_id: UUID, found: Sequence[MemberFacts]
) -> list[dict[str, Any]]:
    """A line for each in-service member of the roster who is registered nowhere at the period's end
    and does not report himself."""
    there = [
        member.member_id
        for member in found
        if member.status in LIVING or _state(member) == BY_HIMSELF
    ]
    rows = await session.execute(
        select(
            func.coalesce(Organization.name, ""), Member.branch_id, Member.name, Member.is_protected
        )
        .outerjoin(Organization, Organization.id == Member.branch_id)
        .where(
            Member.employer_id == employer_id,
            Member.left_on.is_(None),
            Member.service_state == "in_service",
            Member.id != func.all(cast(there, ARRAY(Uuid()))),
        )
    )
    return [
        {
            "branch": branch,
            "branch_id": branch_id and str(branch_id),
            "member": name,
            "state": MISSING,
            "is_protected": is_protected,
        }
        for branch, branch_id, name, is_protected in rows
    ]


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
