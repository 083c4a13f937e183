"""Members, registrations, transfers, residents."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from app.models.member import Member, Registration, Resident, Transfer
from app.models.person import Role
from app.rules.names import Permission
from app.rules.words import (
    DISTRICTS,
    EMPLOYER,
    EMPLOYER_SECRETARY,
    PERSON,
    SECRETARY,
    STAFF,
    Line,
    Moving,
    callable_by_phone,
    is_of_protected,
    over,
    protected,
)

own_registration = Registration.person_id == PERSON
is_protected = protected(Registration)
own_transfer = (
    select(Moving.id)
    .where(Moving.id == Transfer.registration_id, Moving.person_id == PERSON)
    .exists()
)


def side(organization_id: Any) -> ColumnElement[bool]:
    """The people of one side of a transfer; of a protected member, in a community, its secretary."""
    return or_(
        over(organization_id, *SECRETARY, *EMPLOYER),
        and_(
            over(organization_id, Role.COMMUNITY_CLERK), ~is_of_protected(Transfer.registration_id)
        ),
    )


branch_or_employer = or_(
    over(Registration.employer_id, *EMPLOYER),
    select(Line.id)
    .where(Line.id == Registration.member_id, over(Line.branch_id, *EMPLOYER_SECRETARY))
    .exists(),
)
is_with_district = and_(
    Registration.handed_up_at.is_not(None), over(Registration.employer_id, *DISTRICTS)
)

P = Permission

RULES: Mapping[Permission, ColumnElement[bool]] = {
    # of Member, Registration, Transfer, Resident
    P.MEMBER_READ: (Member.person_id == PERSON)
    | over(Member.employer_id, *EMPLOYER)
    | over(Member.branch_id, *EMPLOYER_SECRETARY),
    P.MEMBER_EDIT: over(Member.employer_id, *EMPLOYER),
    P.REGISTRATION_READ: own_registration
    | over(Registration.community_id, *SECRETARY)
    | and_(over(Registration.community_id, Role.COMMUNITY_CLERK), ~is_protected)
    | branch_or_employer
    | is_with_district,
    P.REGISTRATION_OWN: own_registration,
    P.REGISTRATION_CONFIRM: over(Registration.employer_id, *EMPLOYER) | is_with_district,
    P.REGISTRATION_ACCEPT: over(Registration.community_id, *SECRETARY)
    | and_(over(Registration.community_id, Role.COMMUNITY_CLERK), ~is_protected),
    P.REGISTRATION_SUSPEND: own_registration
    | over(Registration.community_id, *STAFF)
    | over(Registration.employer_id, *EMPLOYER),
    P.REGISTRATION_UNMASK: callable_by_phone(Registration),
    P.REGISTRATION_REASON: own_registration | over(Registration.employer_id, *EMPLOYER_SECRETARY),
    P.TRANSFER_READ: side(Transfer.from_id) | side(Transfer.to_id) | own_transfer,
    P.TRANSFER_LET_GO: side(Transfer.from_id),
    P.TRANSFER_TAKE_IN: side(Transfer.to_id),
    P.TRANSFER_OWN: own_transfer,
    P.RESIDENT_READ: (Resident.person_id == PERSON) | over(Resident.community_id, *STAFF),
}
