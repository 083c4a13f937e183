"""Where a member of an employer stands with his registration, in four words, and the employer's places.

An employer reads it of each of its members (practice.md R6); nobody is ordered by it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, any_, bindparam, literal_column, or_, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.members.service import APPLIED
from app.models.member import Member, Registration, RegistrationStatus
from app.models.organization import NamedOrganization, Organization
from app.permissions import Actor, Permission, grants, may, require

P, S = Permission, RegistrationStatus
Above, Branch = aliased(NamedOrganization), aliased(NamedOrganization)
PLACE_ID = bindparam("place_id", type_=Uuid())
EMPLOYER_ID = bindparam("employer_id", type_=Uuid())


class Standing(StrEnum):
    """已报到、已暂停、办理中、未报到。"""

    REGISTERED = "registered"
    SUSPENDED = "suspended"
    UNDER_WAY = "under_way"
    NOT_REGISTERED = "not_registered"


class Place(NamedTuple):
    """An employer, or an organization of its Party: then whose members they are, and how many it said."""

    employer_id: UUID | None
    is_employer: bool
    stated_headcount: int | None


PLACE = Prepared(
    select(
        select(Above.id)
        .where(Above.id == any_(Organization.lineage), Above.kind == "employer")
        .scalar_subquery()
        .label("employer_id"),
        (Organization.kind == "employer").label("is_employer"),
        Organization.stated_headcount,
        grants(P.EMPLOYER_ROSTER),
    ).where(Organization.id == PLACE_ID)
)
# of a roster's line, the registration that lives; literals, so that its partial index serves
LIVING = and_(
    Registration.member_id == Member.id,
    Registration.status.not_in(
        [literal_column(f"'{status}'") for status in (S.WITHDRAWN, S.ENDED)]
    ),
)
# Who only asks to be one of the employer's is in none of them.
IS_MEMBER = Member.service_state != APPLIED
STANDS: Mapping[Standing, ColumnElement[bool]] = {
    Standing.REGISTERED: and_(IS_MEMBER, Registration.status == S.ACTIVE),
    Standing.SUSPENDED: and_(IS_MEMBER, Registration.status == S.SUSPENDED),
    Standing.UNDER_WAY: and_(
        IS_MEMBER,
        or_(
            *(
                Registration.status == status
                for status in (
                    S.PENDING_EMPLOYER,
                    S.PENDING_COMMUNITY,
                    S.RETURNED_BY_EMPLOYER,
                    S.RETURNED_BY_COMMUNITY,
                )
            )
        ),
    ),
    Standing.NOT_REGISTERED: and_(IS_MEMBER, Registration.id.is_(None)),
}


async def place(reader: Reader, actor: Actor, place_id: UUID) -> Place:
    """The place whose members the actor reads.

    Raises:
        NotFound, Forbidden: no such organization; not its employer's people.
    """
    row = await PLACE.one(reader, actor.binds() | {"place_id": place_id})
    if row is None:
        raise NotFound
    require(row.pop("grants"), P.EMPLOYER_ROSTER)
    return Place(**row)


def of_place(*, is_employer: bool) -> ColumnElement[bool]:
    """The living lines of the employer; below it those of the place's own branches, for whoever
    reads them. Joined to `Branch`."""
    of_employer = and_(Member.employer_id == EMPLOYER_ID, Member.left_on.is_(None))
    if is_employer:
        return of_employer
    return and_(of_employer, any_(Branch.lineage) == PLACE_ID, may(P.MEMBER_READ))
