"""What a report says, computed from records: set by set, never member by member.

A handful of statements whatever the number of members. Times count as local days of the service;
durations are whole minutes. Source: practice.md R6, G4; domain.md §4.4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.types import Uuid

from app.core import clock
from app.models.member import Member, Registration, RegistrationStatus
from app.models.need import Acceptance, AcceptanceStatus
from app.models.order import UNPROMISED, Order, Seat, SeatStatus
from app.models.organization import Organization
from app.models.record import RecordStatus, ServiceRecord
from app.reports.consents import agreed
from app.reports.periods import Period

MOST_SERVICES = 5
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
    minutes: int = 0
    work_minutes: int = 0
    main_services: list[dict[str, Any]] = field(default_factory=list)
    seats: Mapping[str, int] = field(default_factory=dict)
    solved: int = 0
    answered: int = 0


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


async def _collect(
    session: AsyncSession, where: ColumnElement[bool], period: Period
) -> list[MemberFacts]:
    found = await _registrations(session, where, period)
    by_id = {facts.registration_id: facts for facts in found}
    if by_id:
        await _add_records(session, by_id, period)
        await _add_main_services(session, by_id, period)
        await _add_seats(session, by_id, period)
        await _add_answers(session, by_id, period)
    return found


async def _registrations(
    session: AsyncSession, where: ColumnElement[bool], period: Period
) -> list[MemberFacts]:
    branch, employer, community, grid, branch_there, group = (
        aliased(Organization) for _ in range(6)
    )
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
            func.coalesce(branch.name, employer.name),
            Member.party_status,
            employer.name,
            community.name,
            grid.name,
            func.coalesce(group.name, branch_there.name),
            Registration.status,
            Registration.channel,
            Registration.registered_on,
            Registration.certificate_number,
            Registration.suspended_from,
            Registration.suspended_to,
            agreed(Registration.person_id),
        )
        .join(Member, Member.id == Registration.member_id)
        .join(employer, employer.id == Registration.employer_id)
        .join(community, community.id == Registration.community_id)
        .outerjoin(branch, branch.id == Member.branch_id)
        .outerjoin(grid, grid.id == Registration.grid_id)
        .outerjoin(branch_there, branch_there.id == Registration.functional_branch_id)
        .outerjoin(group, group.id == Registration.functional_group_id)
        .where(
            where,
            Registration.registered_on <= period.last,
            or_(Registration.status.in_(LIVING), Registration.ended_on >= period.first),
        )
        .order_by(Registration.id)
    )
    return [MemberFacts(*row) for row in rows]


def _among(registrations: Iterable[UUID], column: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column == any_(cast(list(registrations), ARRAY(Uuid())))
    return found


def _served(by_id: Mapping[UUID, MemberFacts], period: Period) -> ColumnElement[bool]:
    """What is approved; a record that is disputed stays out until it is decided."""
    return and_(
        _among(by_id, ServiceRecord.registration_id),
        ServiceRecord.status == RecordStatus.APPROVED,
        ServiceRecord.served_on.between(*period),
    )


async def _add_records(
    session: AsyncSession, by_id: Mapping[UUID, MemberFacts], period: Period
) -> None:
    rows = await session.execute(
        select(
            ServiceRecord.registration_id,
            func.count(),
            func.sum(ServiceRecord.minutes).filter(~ServiceRecord.is_work_time),
            func.sum(ServiceRecord.minutes).filter(ServiceRecord.is_work_time),
        )
        .where(_served(by_id, period))
        .group_by(ServiceRecord.registration_id)
    )
    for registration_id, services, minutes, work_minutes in rows:
        facts = by_id[registration_id]
        facts.services, facts.minutes, facts.work_minutes = (
            services,
            minutes or 0,
            work_minutes or 0,
        )


async def _add_main_services(
    session: AsyncSession, by_id: Mapping[UUID, MemberFacts], period: Period
) -> None:
    """The five longest: day, category, the community's name of it, minutes; no resident's words."""
    place = func.row_number().over(
        partition_by=ServiceRecord.registration_id,
        order_by=(ServiceRecord.minutes.desc(), ServiceRecord.served_on, ServiceRecord.id),
    )
    ranked = (
        select(
            ServiceRecord.registration_id,
            ServiceRecord.served_on,
            ServiceRecord.category,
            ServiceRecord.title,
            ServiceRecord.minutes,
            place.label("place"),
        )
        .where(_served(by_id, period))
        .subquery()
    )
    rows = await session.execute(
        select(ranked).where(ranked.c.place <= MOST_SERVICES).order_by(ranked.c.place)
    )
    for registration_id, served_on, category, title, minutes, _ in rows:
        by_id[registration_id].main_services.append(
            {
                "served_on": served_on.isoformat(),
                "category": category,
                "title": title,
                "minutes": minutes,
            }
        )


NO_PROMISE = (
    *UNPROMISED,
    SeatStatus.DECLINED,
    SeatStatus.LAPSED,
    SeatStatus.REPLACED,
    SeatStatus.CANCELLED,
)


async def _add_seats(
    session: AsyncSession, by_id: Mapping[UUID, MemberFacts], period: Period
) -> None:
    """Kept promises, by the day of the service.

    What was called off, or never promised, is nobody's promise: an offer declined counts nowhere.
    """
    confirmed = Seat.status == SeatStatus.CONFIRMED
    rows = await session.execute(
        select(
            Seat.registration_id,
            func.count(),
            func.count().filter(confirmed),
            func.count().filter(Seat.status == SeatStatus.RELEASED, ~Seat.is_late_release),
            func.count().filter(Seat.status == SeatStatus.RELEASED, Seat.is_late_release),
            func.count().filter(Seat.status == SeatStatus.EXCUSED),
            func.count().filter(Seat.status == SeatStatus.NO_SHOW),
        )
        .join(Order, Order.id == Seat.order_id)
        .where(
            _among(by_id, Seat.registration_id),
            Seat.status.not_in(NO_PROMISE),
            Order.starts_at >= clock.day_starts(period.first),
            Order.starts_at < clock.day_after(period.last),
        )
        .group_by(Seat.registration_id)
    )
    names = ("taken", "completed", "released_in_time", "released_late", "excused", "no_show")
    for registration_id, *counts in rows:
        by_id[registration_id].seats = dict(zip(names, counts, strict=True))


async def _add_answers(
    session: AsyncSession, by_id: Mapping[UUID, MemberFacts], period: Period
) -> None:
    """Residents' answers to what was served: solved of answered; silence is on neither side."""
    rows = await session.execute(
        select(
            ServiceRecord.registration_id,
            func.count().filter(Acceptance.status == AcceptanceStatus.SOLVED),
            func.count(),
        )
        .join(Acceptance, Acceptance.order_id == ServiceRecord.source_id)
        .where(
            _served(by_id, period),
            ServiceRecord.source_kind == "order",
            Acceptance.status.not_in([AcceptanceStatus.ASKED, AcceptanceStatus.SILENT]),
        )
        .group_by(ServiceRecord.registration_id)
    )
    for registration_id, solved, answered in rows:
        by_id[registration_id].solved, by_id[registration_id].answered = solved, answered
