"""The row of a person: locked for change, and emptied of what names him."""

from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Unauthorized
from app.models.person import Person
from app.permissions import Actor

# The purposes under which a name and a phone may be kept; either suffices.
CORES = ("registration_core", "resident_core")
LIVING = (
    select(Person)
    .where(Person.id == bindparam("person_id", type_=Uuid()), Person.closed_at.is_(None))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


def id_of(actor: Actor) -> UUID:
    """The person who asks.

    Raises:
        Unauthorized: nobody who signed in.
    """
    if actor.person_id is None:
        raise Unauthorized
    return actor.person_id


async def lock(session: AsyncSession, person_id: UUID) -> Person:
    """The living person, locked: consents, phone, sessions and the end change one after the other.

    The lock leaves rows that only name the person free.

    Raises:
        Unauthorized: there is none, or the account was closed.
    """
    person = await session.scalar(LIVING, {"person_id": person_id})
    if person is None:
        raise Unauthorized
    return person


def erase_phone(person: Person) -> None:
    """The person has no phone."""
    person.phone, person.phone_hash, person.phone_verified_at = None, None, None


def erase(person: Person) -> None:
    """Nothing in the row says who it is."""
    person.name = None
    erase_phone(person)
