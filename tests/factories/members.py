"""Members, registrations, residents, transfers for tests."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, fields
from app.models.member import (
    Member,
    MemberSource,
    Registration,
    RegistrationStatus,
    Resident,
    Transfer,
    TransferKind,
)
from app.models.organization import Organization
from app.models.person import Person
from tests.factories.organizations import make_community, make_employer
from tests.factories.people import make_person, next_phone

LIVING = (RegistrationStatus.ACTIVE, RegistrationStatus.SUSPENDED)


async def make_member(
    session: AsyncSession,
    employer: Organization | None = None,
    person: Person | None = None,
    **columns: Any,
) -> Member:
    """A line of an employer's roster, with the person's name and phone if one is given; flushed."""
    employer = employer or await make_employer(session)
    name = columns.pop("name", None) or (person.name if person else None) or "王建国"
    phone = columns.pop("phone", None) or (person.phone if person else None) or next_phone()
    member = Member(
        **{
            "employer_id": employer.id,
            "person_id": person.id if person else None,
            "source": MemberSource.ROSTER,
            "name": name,
            "name_hash": fields.find_by(name),
            "phone": phone,
            "phone_hash": fields.find_by(phone),
        }
        | columns
    )
    session.add(member)
    await session.flush()
    return member


async def make_registration(
    session: AsyncSession,
    community: Organization | None = None,
    person: Person | None = None,
    *,
    status: RegistrationStatus = RegistrationStatus.ACTIVE,
    member: Member | None = None,
    employer: Organization | None = None,
    **columns: Any,
) -> Registration:
    """A registration; person and member are made where none is given; flushed.

    One that is active or suspended carries numbers and the day of today.
    """
    community = community or await make_community(session)
    if person is None and member is None:
        person = await make_person(session)
    member = member or await make_member(session, employer, person)
    registration = Registration(
        **{
            "member_id": member.id,
            "person_id": person.id if person else member.person_id,
            "employer_id": member.employer_id,
            "community_id": community.id,
            "channel": "online",
            "ground": "residence",
            "status": status,
            "submitted_at": clock.now(),
        }
        | columns
    )
    session.add(registration)
    await session.flush()
    if status in LIVING:
        last = registration.id.hex[-8:].upper()
        registration.certificate_number = columns.get("certificate_number", f"BD-T-{last}")
        registration.receipt_number = columns.get("receipt_number", f"HZ-T-{last}")
        registration.registered_on = columns.get("registered_on", clock.today())
        await session.flush()
    return registration


async def make_resident(
    session: AsyncSession,
    community: Organization | None = None,
    person: Person | None = None,
    **columns: Any,
) -> Resident:
    """A person who lives in a community; `person_id=None` for one without a phone; flushed."""
    community = community or await make_community(session)
    if person is None and "person_id" not in columns:
        person = await make_person(session)
    resident = Resident(
        **{"person_id": person.id if person else None, "community_id": community.id} | columns
    )
    session.add(resident)
    await session.flush()
    return resident


async def make_transfer(
    session: AsyncSession, registration: Registration, to: Organization, **columns: Any
) -> Transfer:
    """A transfer of the registration to another community or employer, just asked for; flushed."""
    is_employer = to.kind == "employer"
    transfer = Transfer(
        **{
            "registration_id": registration.id,
            "kind": TransferKind.EMPLOYER if is_employer else TransferKind.COMMUNITY,
            "from_id": registration.employer_id if is_employer else registration.community_id,
            "to_id": to.id,
            "ground": None if is_employer else "residence",
        }
        | columns
    )
    session.add(transfer)
    await session.flush()
    return transfer
