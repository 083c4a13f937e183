"""Posts held in organizations: rows with days, apart from roles; identity grants what they say.

Name and phone are sealed; the appointee may never have signed in. Days: both ends included.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, fields
from app.models.organization import Appointment
from app.organizations.events import AppointmentEnded, AppointmentMade


async def make(
    session: AsyncSession,
    organization_id: UUID,
    post: str,
    *,
    name: str,
    phone: str | None,
    from_on: date | None = None,
    to_on: date | None = None,
    acting_for_id: UUID | None = None,
) -> Appointment:
    """The post is held from `from_on` (today) on; for rooms that have checked all else."""
    row = Appointment(
        organization_id=organization_id,
        post=post,
        name=name,
        phone=phone,
        phone_hash=None if phone is None else fields.find_by(phone),
        from_on=from_on or clock.today(),
        to_on=to_on,
        acting_for_id=acting_for_id,
    )
    session.add(row)
    await session.flush()
    events.record(session, AppointmentMade(appointment_id=row.id))
    await session.flush()
    return row


async def end(session: AsyncSession, row: Appointment) -> None:
    """Today is the last day of the post; nothing changes where it was over before."""
    today = clock.today()
    if row.to_on is not None and row.to_on <= today:
        return
    row.to_on = today
    events.record(session, AppointmentEnded(appointment_id=row.id))
    await session.flush()


async def end_all(session: AsyncSession, organization_id: UUID) -> None:
    """Every post held in the organization ends today."""
    for row in await living(session, organization_id):
        await end(session, row)


async def living(session: AsyncSession, *organization_ids: UUID) -> list[Appointment]:
    """Posts in these organizations that are held or will be, oldest first; locked."""
    rows = await session.scalars(
        select(Appointment)
        .where(
            Appointment.organization_id.in_(organization_ids),
            or_(Appointment.to_on.is_(None), Appointment.to_on > clock.today()),
        )
        .order_by(Appointment.id)
        .with_for_update()
    )
    return list(rows)
