"""People for tests: signed in, consenting, with roles."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, fields
from app.models.organization import Organization
from app.models.person import Person, Role, RoleGrant

_phones = iter(range(13900000000, 13999999999))


def next_phone() -> str:
    """A mainland number that no other test row of this process has."""
    return str(next(_phones))


async def make_person(session: AsyncSession, **columns: Any) -> Person:
    """A person with a name and a verified phone; flushed."""
    phone = columns.pop("phone", None) or next_phone()
    person = Person(
        **{
            "name": "王建国",
            "phone": phone,
            "phone_hash": fields.find_by(phone),
            "phone_verified_at": clock.now(),
        }
        | columns
    )
    session.add(person)
    await session.flush()
    return person


async def make_staff(
    session: AsyncSession, role: Role, organization: Organization, **columns: Any
) -> Person:
    """A person who holds `role` on `organization` from today on."""
    person = await make_person(session, **columns)
    session.add(
        RoleGrant(
            person_id=person.id,
            role=role,
            organization_id=organization.id,
            valid_from=clock.today(),
        )
    )
    await session.flush()
    return person
