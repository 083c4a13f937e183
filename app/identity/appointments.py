"""What posts let people do: an appointment finds its person by phone, and grants what the
dictionary says. Source: practice.md R13; content `appointments`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import String, and_, any_, case, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core import clock, ids
from app.identity.levels import GRANTED, KINDS
from app.models.organization import Appointment, ContentItem, NamedOrganization, Organization
from app.models.person import Person, Role, RoleGrant
from app.organizations.events import AppointmentEnded, AppointmentMade

SECTION = "appointments"
ACTING = "same_as_absent"

Post = aliased(ContentItem)
SourcePost = aliased(ContentItem)
Source = aliased(Appointment)
Above = aliased(NamedOrganization)
Own = aliased(RoleGrant)


class Grant(NamedTuple):
    """What one appointment grants to its person."""

    appointment_id: UUID
    person_id: UUID
    role: Role
    organization_id: UUID
    valid_from: date
    valid_to: date | None


async def link_appointments(session: AsyncSession, person: Person) -> None:
    """Posts made out to the person's verified phone that nobody took yet are his, with their roles;
    who has not said his name is called as they call him.

    A post that is his already grants nothing anew: a role that was taken away stays away.
    """
    rows = await session.execute(
        update(Appointment)
        .where(
            Appointment.phone_hash == person.phone_hash,
            Appointment.person_id.is_(None),
            or_(Appointment.to_on.is_(None), Appointment.to_on >= clock.today()),
        )
        .values(person_id=person.id)
        .returning(Appointment.id, Appointment.name)
    )
    if linked := rows.all():
        person.name = person.name or linked[0].name
        await _give(session, Appointment.id.in_([row.id for row in linked]))


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
        owner = await session.scalar(
            select(Person).where(
                Person.phone_hash == row.phone_hash, Person.phone_verified_at.is_not(None)
            )
        )
        if owner is not None:
            row.person_id, owner.name = owner.id, owner.name or row.name
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
    given: dict[Any, Grant] = {}
    for grant in sorted(await _granted(session, *which), key=_last_day):
        given[grant.person_id, grant.role, grant.organization_id, grant.valid_from] = grant
    if not given:
        return
    now = clock.now()
    adding = insert(RoleGrant).values(
        [
            grant._asdict() | {"id": ids.new_id(), "created_at": now, "updated_at": now}
            for grant in given.values()
        ]
    )
    new = adding.excluded
    await session.execute(
        adding.on_conflict_do_update(
            index_elements=["person_id", "role", "organization_id", "valid_from"],
            set_={
                "valid_to": new.valid_to,
                "appointment_id": new.appointment_id,
                "updated_at": now,
            },
            where=or_(new.valid_to.is_(None), new.valid_to > RoleGrant.valid_to),
        )
    )


def _last_day(grant: Grant) -> date:
    return grant.valid_to or date.max


async def _granted(session: AsyncSession, *which: Any) -> list[Grant]:
    """What these appointments grant that have a person and no role yet; in one statement.

    Who acts for somebody has what the absent one's post grants, for stated days only.
    """
    is_acting = Post.data["grants"].astext == ACTING
    has_it = select(Own.id).where(
        Own.appointment_id == Appointment.id, Own.person_id == Appointment.person_id
    )
    kinds = (
        select(func.jsonb_object_agg(cast(Above.id, String), Above.kind))
        .where(Above.id == any_(Organization.lineage))
        .correlate(Organization)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(
            Appointment.id,
            Appointment.person_id,
            SourcePost.data["grants"].astext,
            Organization.lineage,
            kinds,
            Appointment.from_on,
            Appointment.to_on,
        )
        .join(Post, and_(Post.section == SECTION, Post.code == Appointment.post))
        .join(
            Source, Source.id == case((is_acting, Appointment.acting_for_id), else_=Appointment.id)
        )
        .join(SourcePost, and_(SourcePost.section == SECTION, SourcePost.code == Source.post))
        .join(Organization, Organization.id == Source.organization_id)
        .where(
            Appointment.person_id.is_not(None),
            or_(~is_acting, Appointment.to_on.is_not(None)),
            ~has_it.exists(),
            *which,
        )
    )
    found = []
    for appointment_id, person_id, word, lineage, kind_of, from_on, to_on in rows:
        role = GRANTED.get(word)
        place = None if role is None else _place(role, lineage, kind_of)
        if role is not None and place is not None:
            found.append(Grant(appointment_id, person_id, role, place, from_on, to_on))
    return found


def _place(role: Role, lineage: Sequence[UUID], kind_of: Mapping[str, str]) -> UUID | None:
    """Where the role is held: on the post's organization, or the nearest above that it fits."""
    fitting = (place for place in reversed(lineage) if kind_of[str(place)] in KINDS[role])
    return next(fitting, None)
