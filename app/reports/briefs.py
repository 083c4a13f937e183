"""Briefs (简报): what was there in a month, quarter or half-year, for each employer; facts only.

No signature, no opinion, no reply, no number, no code. When a period is over they are planned once for
a city and made task by task; who starts late catches up with the last period. Source: practice.md R11;
content `report_forms.brief`; policy `report.brief_every`.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Registration, RegistrationStatus
from app.models.order import Order, OrderStatus
from app.models.organization import Organization, OrganizationRegistration, PairingStatus
from app.models.report import Report, ReportKind, ReportStatus
from app.models.report_run import ReportRun, RunKind
from app.permissions import Actor
from app.policies import service as policies
from app.reports import facts, service
from app.reports.facts import LIVING
from app.reports.freeze import canonical
from app.reports.lifecycle import ReportAction
from app.reports.periods import Period, ended

EVERY = "report.brief_every"
MONTHS = {"month": 1, "quarter": 3, "half_year": 6}
UNIT = "employer_branch"


async def due(session: AsyncSession) -> list[tuple[UUID, Period]]:
    """The cities whose last period is over and not begun yet."""
    cities = await session.scalars(
        select(Organization.id).where(Organization.kind == "city", Organization.closed_on.is_(None))
    )
    found = []
    for city_id in cities.all():
        every = await policies.value(session, city_id, EVERY)
        if every not in MONTHS:
            continue
        period = ended(MONTHS[every], clock.today())
        begun = await session.scalar(
            select(func.count())
            .select_from(ReportRun)
            .where(
                ReportRun.organization_id == city_id,
                ReportRun.kind == RunKind.BRIEFS,
                ReportRun.period_to >= period.last,
            )
        )
        if not begun:
            found.append((city_id, period))
    return found


async def make(session: AsyncSession, employer_id: UUID, period: Period) -> Report | None:
    """The employer has its brief of the period, delivered; None: it had one."""
    known = await session.scalar(
        select(Report.id).where(
            Report.employer_id == employer_id,
            Report.kind == ReportKind.BRIEF,
            Report.period_from == period.first,
            Report.period_to == period.last,
        )
    )
    if known is not None:
        return None
    employer = await session.get_one(Organization, employer_id)
    brief = Report(
        kind=ReportKind.BRIEF,
        issuer_id=employer.parent_id or employer.id,
        employer_id=employer_id,
        period_from=period.first,
        period_to=period.last,
        status=ReportStatus.DRAFT,
        content=canonical(
            {
                "form": "brief",
                "head": {
                    "period": [day.isoformat() for day in period],
                    "employer": employer.name,
                },
                "facts": await _facts(session, employer_id, period),
            }
        ),
    )
    session.add(brief)
    await session.flush()
    for action in (ReportAction.ISSUE, ReportAction.DELIVER):
        service.moved(session, Actor.system(), brief, action, None)
    brief.issued_at = brief.delivered_at = clock.now()
    await session.flush()
    return brief


async def _facts(session: AsyncSession, employer_id: UUID, period: Period) -> dict[str, Any]:
    """Of who agrees to be reported; nobody is named."""
    found = await facts.of_employer(session, employer_id, period)
    told = [member for member in found if member.is_reported]
    return {
        "registered": sum(member.status in LIVING for member in told),
        "changed": {
            "joined": sum(member.registered_on >= period.first for member in told),
            "ended": sum(member.status is RegistrationStatus.ENDED for member in told),
            "suspended": sum(member.status is RegistrationStatus.SUSPENDED for member in told),
        },
        "services_count": sum(member.services for member in told),
        "minutes": sum(member.minutes for member in told),
        "relayed_thanks": sum(member.thanks for member in told),
        "unit_tasks_open": await _open_tasks(session, employer_id),
    }


async def _open_tasks(session: AsyncSession, employer_id: UUID) -> int:
    """Services for whole units in the communities that the employer is registered with."""
    pairing = OrganizationRegistration
    found = await session.scalar(
        select(func.count())
        .select_from(Order)
        .join(pairing, pairing.community_id == Order.community_id)
        .where(
            pairing.employer_id == employer_id,
            pairing.status == PairingStatus.ACTIVE,
            Order.status == OrderStatus.OPEN,
            Order.target == UNIT,
            Order.taken < Order.seats,
            Order.starts_at > clock.now(),
        )
    )
    return found or 0


def has_members(period: Period) -> Any:
    """In SQL: somebody of this employer was registered by the end of the period."""
    return (
        select(Registration.id)
        .where(
            Registration.employer_id == Organization.id,
            Registration.registered_on <= period.last,
        )
        .exists()
    )
