"""What posts let people do: an appointment finds its person by phone, and grants what the
dictionary says. Source: practice.md R13; content `appointments`.
"""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import String, and_, any_, case, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core import clock, ids
from app.identity.levels import GRANTED, KINDS
from app.models.organization import Appointment, ContentItem, Organization
from app.models.person import Person, Role, RoleGrant
from app.organizations.events import AppointmentEnded, AppointmentMade

ACTING = "same_as_absent"

Post = aliased(ContentItem)
SourcePost = aliased(ContentItem)
Source = aliased(Appointment)
Above = aliased(Organization)
Own = aliased(RoleGrant)


class Grant(NamedTuple):
    """What one appointment grants to its person; `id` is that of the appointment."""

    id: UUID
    person_id: UUID
    role: Role
    organization_id: UUID
    valid_from: Any
    valid_to: Any


async def link_appointments(session: AsyncSession, person: Person) -> None:
    """Posts made out to the person's verified phone that nobody took yet are his, with their roles.

    A post that is his already grants nothing anew: a role that was taken away stays away.
    """
    rows = await session.scalars(
        update(Appointment)
        .where(
            Appointment.phone_hash == person.phone_hash,
            Appointment.person_id.is_(None),
            or_(Appointment.to_on.is_(None), Appointment.to_on >= clock.today()),
        )
        .values(person_id=person.id)
        .returning(Appointment.id)
    )
    if linked := rows.all():
        await _give(session, Appointment.id.in_(linked))


async def grant_for(session: AsyncSession, appointment: Appointment) -> None:
    """The appointment's person has the role it stands for, once; no person, no role."""
    await _give(session, Appointment.id == appointment.id)


async def on_appointment_made(
    session: AsyncSession, fact_number: int, event: AppointmentMade
) -> None:
    """Whoever owns the phone already has the post and its role at once."""
    row = await session.get(Appointment, event.appointment_id)
    if row is None:
        return
    if row.person_id is None and row.phone_hash is not None:
        row.person_id = await session.scalar(
            select(Person.id).where(
                Person.phone_hash == row.phone_hash, Person.phone_verified_at.is_not(None)
            )
        )
        await session.flush()
    await grant_for(session, row)


async def on_appointment_ended(
    session: AsyncSession, fact_number: int, event: AppointmentEnded
) -> None:
    """The role ends with the post, unless another post of the person grants the same."""
    row = await session.get(Appointment, event.appointment_id)
    if row is None or row.to_on is None:
        return
    await session.execute(
        update(RoleGrant)
        .where(
            RoleGrant.appointment_id == row.id,
            or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to > row.to_on),
        )
        .values(valid_to=row.to_on)
    )
    await _give(
        session,
        Appointment.person_id == row.person_id,
        Appointment.id != row.id,
        or_(Appointment.to_on.is_(None), Appointment.to_on > row.to_on),
    )


async def _give(session: AsyncSession, *which: Any) -> None:
    """Roles of the appointments that have none yet. Two posts that say the same share one row,
    which lasts as long as the longer of them."""
    given: dict[tuple[UUID, Role, UUID, Any], Grant] = {}
    for grant in await _granted(session, *which):
        key = (grant.person_id, grant.role, grant.organization_id, grant.valid_from)
        known = given.get(key)
        if known is None or (known.valid_to and (grant.valid_to or known.valid_to) > known.valid_to):
            given[key] = grant
        elif known.valid_to and grant.valid_to is None:
            given[key] = grant
    if not given:
        return
    now = clock.now()
    adding = insert(RoleGrant).values(
        [
            {**grant._asdict(), "id": ids.new_id(), "appointment_id": grant.id}
            | {"created_at": now, "updated_at": now}
            for grant in given.values()
        ]
    )
    await session.execute(
        adding.on_conflict_do_update(
            index_elements=["person_id", "role", "organization_id", "valid_from"],
            set_={
                "valid_to": adding.excluded.valid_to,
                "appointment_id": adding.excluded.appointment_id,
                "updated_at": now,
            },
            where=RoleGrant.valid_to.is_not(None)
            & or_(
                adding.excluded.valid_to.is_(None),
                adding.excluded.valid_to > RoleGrant.valid_to,
            ),
        )
    )
