"""The words of the rules: the person, the roles, an organization or one above it.

Whatever a rule looks at beside its own row is an `exists` over an alias, or it would correlate with
the query's own joins.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.models.member import Member, Registration
from app.models.organization import NamedOrganization, Organization, OrganizationRegistration
from app.models.person import Role

UUIDS = ARRAY(Uuid())
PERSON = bindparam("person", type_=Uuid())
SYSTEM = bindparam("is_system", type_=Boolean())
PLACES = bindparam("places", type_=UUIDS)
Above = aliased(NamedOrganization)
Branch = aliased(NamedOrganization)
Line = aliased(Member)
Moving = aliased(Registration)
Under = aliased(NamedOrganization)
Pairing = aliased(OrganizationRegistration)
CITY = (Role.CITY_ADMIN,)
LEVELS = (Role.SUBDISTRICT_ADMIN, Role.DISTRICT_ADMIN, Role.CITY_ADMIN)
DISTRICTS = (Role.DISTRICT_ADMIN, Role.CITY_ADMIN)
STAFF = (Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY)
SECRETARY = (Role.COMMUNITY_SECRETARY,)
GRID = (Role.GRID_WORKER, Role.GRID_HELPER)
HELPERS = (*GRID, Role.BUILDING_HELPER)
# what is said about a member goes to these and to nobody else. Source: practice.md R18
HEARERS = (Role.COMMUNITY_SECRETARY, Role.SUBDISTRICT_ADMIN)
EMPLOYER = (Role.EMPLOYER_CLERK, Role.EMPLOYER_SECRETARY)
EMPLOYER_SECRETARY = (Role.EMPLOYER_SECRETARY,)
TAKERS = (
    Role.BRANCH_SECRETARY,
    Role.BRANCH_DEPUTY,
    Role.GROUP_LEADER,
    Role.EMPLOYER_SECRETARY,
)
# What may take an order, or claim a wish, in its own name.
TAKING = (
    "functional_branch",
    "functional_group",
    "grid_branch",
    "compound_branch",
    "employer",
    "employer_branch",
)


def over(organization_id: Any, *roles: Role) -> ColumnElement[bool]:
    """One of `roles` is held on this organization or on one above it."""
    held = (Above.lineage.overlap(bindparam(f"held_{role}", type_=UUIDS)) for role in roles)
    return select(Above.id).where(Above.id == organization_id, or_(*held)).exists()


def here(*roles: Role) -> ColumnElement[bool]:
    """As `over`, of an organization's own row."""
    return or_(
        *(Organization.lineage.overlap(bindparam(f"held_{role}", type_=UUIDS)) for role in roles)
    )


def held_below(*roles: Role) -> Select[UUID]:
    """The organizations on which, or above which, one of `roles` is held; asked once, not a row."""
    held = (Under.lineage.overlap(bindparam(f"held_{role}", type_=UUIDS)) for role in roles)
    return select(Under.id).where(or_(*held))


def protected(registration: Any) -> ColumnElement[bool]:
    """Of a member whom, in a community, only its secretary sees."""
    return select(Line.id).where(Line.id == registration.member_id, Line.is_protected).exists()


def is_of_protected(registration_id: Any) -> ColumnElement[bool]:
    """As `protected`, of a row that names the registration."""
    return (
        select(Moving.id)
        .join(Line, Line.id == Moving.member_id)
        .where(Moving.id == registration_id, Line.is_protected)
        .exists()
    )


def callable_by_phone(registration: Any) -> ColumnElement[bool]:
    """Community and group leader may call a member, without a reason. Source: defaults.yaml
    `unmasking`."""
    return (
        over(registration.community_id, *SECRETARY)
        | and_(over(registration.community_id, Role.COMMUNITY_CLERK), ~protected(registration))
        | and_(over(registration.functional_group_id, Role.GROUP_LEADER), ~protected(registration))
    )


def has_own_branch(employer_id: Any) -> ColumnElement[bool]:
    """Secretary of a branch of this employer."""
    held = bindparam(f"held_{Role.EMPLOYER_SECRETARY}", type_=UUIDS)
    return (
        select(Branch.id)
        .where(
            Branch.id == any_(held),
            Branch.kind == "employer_branch",
            employer_id == any_(Branch.lineage),
        )
        .exists()
    )


def speaks_in(community_id: Any) -> ColumnElement[bool]:
    """Speaks for a branch or group of the community, or of an employer registered with it."""
    return (
        select(Branch.id)
        .where(
            or_(*(Branch.id == any_(bindparam(f"held_{role}", type_=UUIDS)) for role in TAKERS)),
            Branch.kind.in_([literal_column(f"'{kind}'") for kind in TAKING]),
            or_(
                community_id == any_(Branch.lineage),
                select(Pairing.id)
                .where(
                    Pairing.employer_id == any_(Branch.lineage),
                    Pairing.community_id == community_id,
                    Pairing.status == literal_column("'active'"),
                )
                .correlate_except(Pairing)  # two levels down, the row would be any of its table
                .exists(),
            ),
        )
        .exists()
    )
