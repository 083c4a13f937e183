"""What a certificate says, read from the records: nothing that waits, is disputed or void.

Durations are hours with one decimal. Source: domain.md §5.4 (Order 67 of the Ministry of Civil Affairs).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Date, Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core import clock
from app.models.member import Member, Registration
from app.models.organization import ContentItem, Organization
from app.models.person import Person
from app.models.record import Certificate, RecordStatus, ServiceRecord
from app.permissions import Actor
from app.policies import service as policies

ROUNDING, TRAVEL = "records.rounding_minutes", "records.travel_counts"
TENANT = "tenant"
MOST_LINES = 40  # on the paper; what is more stands in the sums


# What was approved in some days, service by service: times and minutes of each, the longest first; what
# was done in working time stands apart.
SERVICES = (
    select(
        ServiceRecord.title,
        ServiceRecord.is_work_time,
        func.count().label("times"),
        func.sum(ServiceRecord.minutes).label("minutes"),
        func.min(ServiceRecord.served_on).label("first"),
        func.max(ServiceRecord.served_on).label("last"),
    )
    .where(
        ServiceRecord.registration_id == bindparam("registration_id", type_=Uuid()),
        ServiceRecord.status == RecordStatus.APPROVED,
        ServiceRecord.served_on.between(
            bindparam("period_from", type_=Date()), bindparam("period_to", type_=Date())
        ),
    )
    .group_by(ServiceRecord.title, ServiceRecord.is_work_time)
    .order_by(func.sum(ServiceRecord.minutes).desc(), ServiceRecord.title)
)


async def services(session: AsyncSession, row: Certificate) -> Sequence[Any]:
    """What was approved in the certificate's days, as `SERVICES`."""
    binds = {name: getattr(row, name) for name in ("registration_id", "period_from", "period_to")}
    return (await session.execute(SERVICES, binds)).all()


Signer, Handler = aliased(Person), aliased(Person)


async def compiled(
    session: AsyncSession, actor: Actor, row: Certificate, lines: Sequence[Any]
) -> dict[str, Any]:
    """Everything on the paper but the code and the document number, as JSON holds it."""
    contact = (
        select(ContentItem.data["value"])
        .where(ContentItem.section == TENANT, ContentItem.code == "contact_phone")
        .scalar_subquery()
    )
    person, registration, issuer, signed_by, checked_by, phone = (
        await session.execute(
            select(
                Member.name,
                Registration.certificate_number,
                Organization.name,
                Signer.name,
                Handler.name,
                contact,
            )
            .select_from(Registration)
            .join(Member, Member.id == Registration.member_id)
            .join(Organization, Organization.id == Registration.community_id)
            .join(Signer, Signer.id == actor.person_id)
            .outerjoin(Handler, Handler.id == row.checked_by_id)
            .where(Registration.id == row.registration_id)
        )
    ).one()
    said = await policies.values(session, row.community_id, ROUNDING, TRAVEL)
    step = said[ROUNDING]
    return {
        "number": row.number,
        "issued_on": _day(clock.today()),
        "name": person,
        "volunteer_number": registration or "",
        "from": _day(row.period_from),
        "to": _day(row.period_to),
        "purpose": row.purpose or "",
        "issuer": issuer,
        "in_charge": signed_by or "",
        "handler": checked_by or "",
        "contact": phone or "",
        "services": [
            {
                "title": line.title,
                "times": line.times,
                "hours": _hours(line.minutes, step),
                "days": _span(line.first, line.last),
                "is_work_time": line.is_work_time,
            }
            for line in lines[:MOST_LINES]
        ],
        "left_out": len(lines[MOST_LINES:]),
        "times": sum(line.times for line in lines),
        "hours": _hours(sum(line.minutes for line in lines if not line.is_work_time), step),
        "work_hours": _hours(sum(line.minutes for line in lines if line.is_work_time), step),
        "rounding": step,
        "travel": "计入" if said[TRAVEL] else "不计入",
    }


def _hours(minutes: int, step: int) -> str:
    return f"{minutes // step * step / 60:.1f}"


def _span(first: Any, last: Any) -> str:
    return _day(first) if first == last else f"{_day(first)}至{_day(last)}"


def _day(day: Any) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
