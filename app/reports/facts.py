"""What a report says, computed from records: set by set, never member by member.

Two statements whatever the number of members. Source: practice.md R6, G4; domain.md §4.4.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core import clock
from app.models.member import Member, Registration, RegistrationStatus
from app.models.organization import NamedOrganization
from app.reports import served
from app.reports.consents import agreed
from app.reports.periods import Period

LIVING = (RegistrationStatus.ACTIVE, RegistrationStatus.SUSPENDED)


@dataclass(slots=True)
class MemberFacts:
    """One registration in one period; counts are services, minutes are whole minutes."""

    registration_id: UUID
    member_id: UUID
    person_id: UUID | None
    employer_id: UUID
    community_id: UUID
    name: str
    is_protected: bool
    branch_id: UUID | None
    branch: str
    party_status: str
    employer: str
    community: str
    grid: str | None
    functional: str | None
    status: RegistrationStatus
    channel: str
    registered_on: date
    certificate_number: str | None
    suspended_from: date | None
    suspended_to: date | None
    is_reported: bool
    services: int = 0
    posts: int = 0
    activities: int = 0
    emergencies: int = 0
    minutes: int = 0
    work_minutes: int = 0
    main_services: list[dict[str, Any]] = field(default_factory=list)
    posts_held: list[dict[str, Any]] = field(default_factory=list)
    appointments: list[dict[str, Any]] = field(default_factory=list)
    pairings: int = 0
    wishes: int = 0
    seats: Mapping[str, int] = field(default_factory=dict)
    solved: int = 0
    answered: int = 0
    thanks: int = 0


async def of_employer(
    session: AsyncSession, employer_id: UUID, period: Period
) -> list[MemberFacts]:
    """Everybody registered for this employer at some time of the period, one entry a registration."""
    return await _collect(session, Registration.employer_id == employer_id, period)


async def of_community(
    session: AsyncSession, community_id: UUID, period: Period
) -> list[MemberFacts]:
    """Everybody registered in this community at some time of the period."""
    return await _collect(session, Registration.community_id == community_id, period)


async def of_registrations(
    session: AsyncSession, registration_ids: Collection[UUID | None], period: Period
) -> list[MemberFacts]:
    """Those of these that were not over before the period."""
    return await _collect(session, Registration.id.in_(registration_ids), period)


async def _collect(
    session: AsyncSession, where: ColumnElement[bool], period: Period
) -> list[MemberFacts]:
    found = await _registrations(session, where, period)
    by_id = {facts.registration_id: facts for facts in found}
    binds = {
        "registrations": list(by_id),
        "first": period.first,
        "last": period.last,
        "begins": clock.day_starts(period.first),
        "ends": clock.day_after(period.last),
    }
    if by_id:
        for registration_id, fields in await session.execute(served.STATEMENT, binds):
            for name, value in fields.items():
                setattr(by_id[registration_id], name, value)
    return found


Branch, Employer, Community, Grid, BranchThere, Group = (
    aliased(NamedOrganization) for _ in range(6)
)


async def _registrations(
    session: AsyncSession, where: ColumnElement[bool], period: Period
) -> list[MemberFacts]:
    rows: Any = await session.execute(
        select(
            Registration.id,
            Member.id,
            Registration.person_id,
            Registration.employer_id,
            Registration.community_id,
            Member.name,
            Member.is_protected,
            Member.branch_id,
            func.coalesce(Branch.name, Employer.name),
            Member.party_status,
            Employer.name,
            Community.name,
            Grid.name,
            func.coalesce(Group.name, BranchThere.name),
            Registration.status,
            Registration.channel,
            Registration.registered_on,
            Registration.certificate_number,
            Registration.suspended_from,
            Registration.suspended_to,
            agreed(Registration.person_id),
        )
        .join(Member, Member.id == Registration.member_id)
        .join(Employer, Employer.id == Registration.employer_id)
        .join(Community, Community.id == Registration.community_id)
        .outerjoin(Branch, Branch.id == Member.branch_id)
        .outerjoin(Grid, Grid.id == Registration.grid_id)
        .outerjoin(BranchThere, BranchThere.id == Registration.functional_branch_id)
        .outerjoin(Group, Group.id == Registration.functional_group_id)
        .where(
            where,
            Registration.registered_on <= period.last,
            or_(Registration.status.in_(LIVING), Registration.ended_on >= period.first),
        )
        .order_by(Registration.id)
    )
    return [MemberFacts(*row) for row in rows]
