"""The facts of a year of many registrations at once, as the rules ask for them.

A fixed number of statements for any number of members. Source: practice.md G4 to G6.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, any_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import join
from sqlalchemy.types import Uuid

from app.core import clock
from app.evaluations import votes
from app.evaluations.offers import offers_made
from app.evaluations.opinions import Seen
from app.evaluations.rule import Suggested, Thresholds, YearFacts, suggest
from app.evaluations.votes import Cast
from app.evaluations.year import Year, months_between, share_suspended
from app.models.commendation import Commendation, CommendationKind, CommendationStatus
from app.models.emergency import Shift, ShiftSeat, ShiftSeatStatus
from app.models.member import Registration, RegistrationStatus, RegistrationStep
from app.models.negative_item import NegativeItem
from app.models.order import Order, Seat, SeatStatus
from app.models.person import Role, RoleGrant
from app.models.record import RecordStatus, ServiceRecord
from app.policies import content
from app.policies import service as policies

LIVING = (RegistrationStatus.ACTIVE, RegistrationStatus.SUSPENDED)
OFFICES = (Role.GROUP_LEADER, Role.BRANCH_SECRETARY, Role.BRANCH_DEPUTY)
NO_SHIFT = (ShiftSeatStatus.DECLINED, ShiftSeatStatus.RELEASED, ShiftSeatStatus.CANCELLED)
# Thresholds by policy; those of the recommendation stand in the content.
POLICIES = {
    "evaluation.facts_only_months": "facts_only_months",
    "satisfaction.min_votes_band": "least_votes",
    "evaluation.min_offers_for_low_participation": "least_offers",
    "talk.satisfaction_below_percent": "talk_below_percent",
    "talk.min_votes": "talk_least_votes",
    "talk.min_unsatisfied_raters": "talk_least_unsatisfied",
}


@dataclass(frozen=True, slots=True)
class Member:
    """One registration in the period: what the rules propose of it, and what the sentences ask."""

    registration_id: UUID
    suggested: Suggested
    seen: Seen


async def thresholds(session: AsyncSession, organization_id: UUID) -> Thresholds:
    """The rules' numbers as this organization has them today."""
    found = await policies.values(session, organization_id, *POLICIES)
    rule = (await content.find(session, "commendation", "rule") or {})["value"]
    return Thresholds(
        recommend_services=rule["min_services"],
        recommend_votes=rule["min_votes"],
        recommend_percent=rule["min_satisfied_percent"],
        recommend_months=rule["months_registered_min"],
        **{name: found[key] for key, name in POLICIES.items()},
    )


async def of_community(
    session: AsyncSession, community_id: UUID, period: tuple[date, date], limits: Thresholds
) -> list[Member]:
    """Everybody who was registered in the community at some time of the period."""
    first, last = period
    rows = (
        await session.execute(
            _of_year(period).where(
                Registration.community_id == community_id,
                Registration.registered_on <= last,
                or_(Registration.status.in_(LIVING), Registration.ended_on >= first),
            )
        )
    ).all()
    ids = [row.id for row in rows]
    suspended = await _suspended(session, ids)
    offers = await offers_made(session, ids, period)
    cast_votes = await votes.of_registrations(session, community_id, ids, period[1])
    return [
        _member(row, period, suspended.get(row.id, ()), offers, cast_votes, limits) for row in rows
    ]


def _member(
    row: Any,
    period: tuple[date, date],
    suspended: Iterable[tuple[date, date]],
    offers: Mapping[UUID, int],
    cast_votes: Mapping[UUID, Cast],
    limits: Thresholds,
) -> Member:
    first, last = period
    until = min(row.ended_on or last, last)
    year = YearFacts(
        months_registered=months_between(row.registered_on, until),
        share_suspended=share_suspended(Year(max(row.registered_on, first), until), [*suspended]),
        services=row.services,
        offers=max(offers.get(row.id, 0), row.services),
        has_reviewed_item=row.has_item,
        **cast_votes.get(row.id, Cast(0, 0, 0, 0))._asdict(),
    )
    suggested = suggest(year, limits)
    seen = Seen(
        advice=suggested.advice,
        months_registered=year.months_registered,
        share_suspended=year.share_suspended,
        services=year.services,
        offers=year.offers,
        absences=row.absences,
        skilled=row.skilled,
        shifts=row.shifts,
        shifts_done=row.shifts_done,
        has_office=row.has_office,
        is_commended=row.is_commended,
    )
    return Member(row.id, suggested, seen)


def _of_year(period: tuple[date, date]) -> Select[*tuple[Any, ...]]:
    """A row for each registration, with what it did and what was said of it in these days."""
    first, last = period
    begins, ends = clock.day_starts(first), clock.day_after(last)
    served = and_(
        ServiceRecord.registration_id == Registration.id,
        ServiceRecord.status == RecordStatus.APPROVED,
        ServiceRecord.served_on.between(first, last),
    )
    by_order = join(
        ServiceRecord,
        Order,
        and_(ServiceRecord.source_kind == "order", ServiceRecord.source_id == Order.id),
    )
    needs_skill = func.cardinality(Order.skills) + func.cardinality(Order.licences) > 0
    seats = join(Seat, Order, Seat.order_id == Order.id)
    sat = and_(
        Seat.person_id == Registration.person_id,
        Seat.registration_id == Registration.id,
        Order.starts_at >= begins,
        Order.starts_at < ends,
    )
    shifts = join(ShiftSeat, Shift, ShiftSeat.shift_id == Shift.id)
    on_shift = and_(
        ShiftSeat.person_id == Registration.person_id,
        ShiftSeat.registration_id == Registration.id,
        ShiftSeat.status.not_in(NO_SHIFT),
        Shift.starts_at >= begins,
        Shift.starts_at < ends,
    )
    in_office = and_(
        RoleGrant.person_id == Registration.person_id,
        RoleGrant.role.in_(OFFICES),
        RoleGrant.valid_from <= last,
        func.coalesce(RoleGrant.valid_to, last) >= first,
    )
    return select(
        Registration.id,
        Registration.registered_on,
        Registration.ended_on,
        _count(ServiceRecord, served).label("services"),
        _count(by_order, served, needs_skill).label("skilled"),
        _count(seats, sat, Seat.status == SeatStatus.NO_SHOW).label("absences"),
        _count(shifts, on_shift).label("shifts"),
        _count(shifts, on_shift, ShiftSeat.status == ShiftSeatStatus.CONFIRMED).label(
            "shifts_done"
        ),
        _is_any(in_office).label("has_office"),
        _is_any(
            NegativeItem.registration_id == Registration.id,
            NegativeItem.upheld_at.is_not(None),
            NegativeItem.happened_on.between(first, last),
        ).label("has_item"),
        _is_any(
            Commendation.registration_id == Registration.id,
            Commendation.kind == CommendationKind.RECOMMEND,
            Commendation.status == CommendationStatus.STANDING,
            Commendation.period_to == last,
        ).label("is_commended"),
    ).order_by(Registration.id)


def _count(of: Any, *where: ColumnElement[bool]) -> ColumnElement[int]:
    found = select(func.count()).select_from(of).where(*where)
    return found.correlate(Registration).scalar_subquery()


def _is_any(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(1).where(*where).correlate(Registration).exists()


async def _suspended(
    session: AsyncSession, registration_ids: Collection[UUID]
) -> Mapping[UUID, list[tuple[date, date]]]:
    """The days, both included, from each suspension to the next step; one that lasts, to today."""
    rows = await session.execute(
        select(RegistrationStep.registration_id, RegistrationStep.entered, RegistrationStep.at)
        .where(
            RegistrationStep.registration_id == any_(cast(list(registration_ids), ARRAY(Uuid())))
        )
        .order_by(RegistrationStep.registration_id, RegistrationStep.id)
    )
    spans: defaultdict[UUID, list[tuple[date, date]]] = defaultdict(list)
    open_since: dict[UUID, date] = {}
    for registration_id, entered, at in rows:
        day = clock.local_day(at)
        begun = open_since.pop(registration_id, None)
        if begun is not None:
            spans[registration_id].append((begun, day))
        if entered == RegistrationStatus.SUSPENDED:
            open_since[registration_id] = day
    for registration_id, begun in open_since.items():
        spans[registration_id].append((begun, clock.today()))
    return spans
