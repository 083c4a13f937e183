"""What is offered to somebody who may register. Nothing before consent. Source: practice.md R12, R21."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.masking import mask_name
from app.core.prepared import Prepared, Reader
from app.members.schemas import Way
from app.models.member import Member, Registration, RegistrationStatus
from app.models.organization import NamedOrganization
from app.models.person import Consent, Person

S = RegistrationStatus
PERSON_ID = bindparam("person_id", type_=Uuid())
LIVING = and_(Registration.status != S.WITHDRAWN, Registration.status != S.ENDED)

Employer, Branch = aliased(NamedOrganization), aliased(NamedOrganization)

READY = Prepared(
    select(
        Person.phone_verified_at.is_not(None).label("has_phone"),
        select(Consent.id)
        .where(
            Consent.person_id == Person.id,
            Consent.purpose == "registration_core",
            Consent.withdrawn_at.is_(None),
        )
        .exists()
        .label("has_consent"),
    ).where(Person.id == PERSON_ID)
)
LINES = Prepared(
    select(
        Member.id.label("member_id"),
        Registration.id.label("registration_id"),
        Member.employer_id,
        Employer.name.label("employer_name"),
        Member.branch_id,
        Branch.name.label("branch_name"),
        Member.name,
        Member.party_status,
        Member.skills,
        Member.compound_text,
        Member.building_text,
        Member.is_protected,
        Employer.paired_community_id,
    )
    .join(Employer, Employer.id == Member.employer_id)
    .outerjoin(Branch, Branch.id == Member.branch_id)
    .outerjoin(Registration, and_(Registration.member_id == Member.id, LIVING))
    .where(
        Member.left_on.is_(None),
        Member.service_state == "in_service",
        or_(
            Member.person_id == PERSON_ID,
            and_(
                Member.person_id.is_(None),
                Member.phone_hash
                == select(Person.phone_hash)
                .where(Person.id == PERSON_ID, Person.phone_verified_at.is_not(None))
                .scalar_subquery(),
            ),
        ),
        or_(
            Registration.id.is_(None),
            and_(Registration.channel == "at_counter", Registration.person_id.is_(None)),
        ),
    )
    .order_by(Member.id)
)


async def offer(reader: Reader, person_id: UUID | None) -> dict[str, Any]:
    """What the person can do to register; no line before consent and a verified phone."""
    ready = await READY.one(reader, {"person_id": person_id})
    if ready is None:
        raise NotFound
    lines = []
    if ready["has_consent"] and ready["has_phone"]:
        lines = await LINES.rows(reader, {"person_id": person_id})
    for line in lines:
        line["name"] = mask_name(line["name"])
    return ready | {"lines": lines, "ways": list(Way)}
