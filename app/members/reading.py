"""One registration as it is read: by its member, by community and employer."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, bindparam, or_, select
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.masking import mask_name, mask_phone
from app.core.prepared import Prepared, Reader
from app.members import placing
from app.members.lifecycle import REGISTRATION
from app.members.schemas import Way
from app.models.member import (
    Member,
    Registration,
    RegistrationStatus,
    RegistrationStep,
    Transfer,
    TransferStatus,
)
from app.models.organization import NamedOrganization, Organization
from app.permissions import Actor, Permission, grants, may, require

P, S = Permission, RegistrationStatus
OVER = (S.WITHDRAWN, S.ENDED)
NOT_ELIGIBLE = "not_eligible"
HIDDEN = frozenset({"left_party"})

Employer, Branch, Community = (aliased(NamedOrganization) for _ in range(3))
Compound, Building, Grid = (aliased(NamedOrganization) for _ in range(3))
FunctionalBranch, FunctionalGroup, Target = (aliased(NamedOrganization) for _ in range(3))

Rows = Select[*tuple[Any, ...]]
PERSON_ID = bindparam("person_id", type_=Uuid())


def _detail(*where: ColumnElement[bool]) -> Rows:
    return (
        select(
            *(
                column
                for column in Registration.__table__.columns
                if column.key not in ("remind_at", "due_at", "created_at", "updated_at")
            ),
            Member.name,
            Member.phone,
            Member.is_protected,
            Employer.name.label("employer_name"),
            Branch.name.label("branch_name"),
            Community.name.label("community_name"),
            Compound.name.label("compound_name"),
            Building.name.label("building_name"),
            Grid.name.label("grid_name"),
            FunctionalBranch.name.label("functional_branch_name"),
            FunctionalGroup.name.label("functional_group_name"),
            *placing.suggested(Registration.community_id, Registration.building_id),
            grants(
                P.REGISTRATION_OWN,
                P.REGISTRATION_CONFIRM,
                P.REGISTRATION_ACCEPT,
                P.REGISTRATION_SUSPEND,
                P.REGISTRATION_UNMASK,
                P.REGISTRATION_REASON,
                P.NEGATIVE_ALLEGE,
            ),
        )
        .join(Member, Member.id == Registration.member_id)
        .join(Employer, Employer.id == Registration.employer_id)
        .join(Community, Community.id == Registration.community_id)
        .outerjoin(Branch, Branch.id == Member.branch_id)
        .outerjoin(Compound, Compound.id == Registration.compound_id)
        .outerjoin(Building, Building.id == Registration.building_id)
        .outerjoin(Grid, Grid.id == Registration.grid_id)
        .outerjoin(FunctionalBranch, FunctionalBranch.id == Registration.functional_branch_id)
        .outerjoin(FunctionalGroup, FunctionalGroup.id == Registration.functional_group_id)
        .where(*where)
    )


SHOW = Prepared(
    _detail(Registration.id == bindparam("registration_id", type_=Uuid()), may(P.REGISTRATION_READ))
)
LIVING = and_(Registration.status != S.WITHDRAWN, Registration.status != S.ENDED)
OWN = Prepared(
    _detail(Registration.person_id == PERSON_ID)
    .order_by(LIVING.desc(), Registration.id.desc())
    .limit(1)
)
STEPS = Prepared(
    select(
        RegistrationStep.at,
        RegistrationStep.action,
        RegistrationStep.left,
        RegistrationStep.entered,
        RegistrationStep.reason,
    )
    .where(RegistrationStep.registration_id == bindparam("registration_id", type_=Uuid()))
    .order_by(RegistrationStep.id)
)
TRANSFER = Prepared(
    select(Transfer.id, Transfer.kind, Transfer.status, Target.name.label("to_name"))
    .join(Target, Target.id == Transfer.to_id)
    .where(
        Transfer.registration_id == bindparam("registration_id", type_=Uuid()),
        or_(
            Transfer.status == TransferStatus.REQUESTED,
            Transfer.status == TransferStatus.OUT_CONFIRMED,
        ),
    )
)
CONTAINER = Prepared(
    select(
        grants(P.COMMUNITY_READ, P.COMMUNITY_PROTECTED, P.EMPLOYER_ROSTER, P.EMPLOYER_CHECKS)
    ).where(Organization.id == bindparam("organization_id", type_=Uuid()))
)


async def show(reader: Reader, actor: Actor, registration_id: UUID) -> dict[str, Any]:
    """One registration with its history and buttons.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"registration_id": registration_id})
    if row is None:
        raise NotFound
    return await _whole(reader, row)


async def own(reader: Reader, actor: Actor) -> dict[str, Any]:
    """The person's living registration or his last one, a transfer under way, the ways to register."""
    row = await OWN.one(reader, actor.binds() | {"person_id": actor.person_id})
    if row is None:
        return {"registration": None, "transfer": None, "ways": list(Way)}
    transfer = await TRANSFER.one(reader, {"registration_id": row["id"]})
    whole = await _whole(reader, row)
    ways = list(Way) if row["status"] in OVER else []
    return {"registration": whole, "transfer": transfer, "ways": ways}


async def own_brief(reader: Reader, actor: Actor) -> dict[str, Any] | None:
    """The registration of `own` without its history; None where there was none. One statement."""
    row = await OWN.one(reader, actor.binds() | {"person_id": actor.person_id})
    return row and _opened(row)


async def container(
    reader: Reader, actor: Actor, organization_id: UUID, needed: Permission | None = None
) -> list[str]:
    """What the actor may do in the organization; at least `needed`."""
    row = await CONTAINER.one(reader, actor.binds() | {"organization_id": organization_id})
    if row is None:
        raise NotFound
    granted: list[str] = row["grants"]
    if needed is not None:
        require(granted, needed)
    return granted


async def _whole(reader: Reader, row: dict[str, Any]) -> dict[str, Any]:
    """As its Out-shape wants it: what this actor is not to see is taken out."""
    granted: Collection[str] = row["grants"]
    steps = await STEPS.rows(reader, {"registration_id": row["id"]})
    whole = _opened(row) | {"history": [step | told(step["reason"], granted) for step in steps]}
    if not {P.REGISTRATION_OWN, P.REGISTRATION_ACCEPT, P.REGISTRATION_UNMASK} & set(granted):
        whole |= dict.fromkeys(RESIDENCE)
    return whole


def _opened(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the steps that are open to its reader, and the reason as he may know it."""
    granted: Collection[str] = row["grants"]
    return masked(row) | {
        "open_to": REGISTRATION.open_in(row["status"], granted),
        "reason_code": told(row["reason_code"], granted)["reason_code"],
    }


# What an employer does not learn of its member. Source: defaults.yaml consents registration_core.
RESIDENCE = (
    "ground_note",
    "compound_id",
    "compound_name",
    "building_id",
    "building_name",
    "building_text",
    "grid_id",
    "grid_name",
    "suggested_grid_id",
    "suggested_functional_group_id",
    "certificate_code",
    "receipt_code",
)


def told(text: str | None, granted: Collection[str]) -> dict[str, str | None]:
    """Code and words of a reason; what only the employer's secretary may know is not said."""
    code, _, words = (text or "").partition(" ")
    if code in HIDDEN and P.REGISTRATION_REASON not in granted:
        code, words = NOT_ELIGIBLE, ""
    return {"reason_code": code or None, "reason_text": words or None}


def masked(row: dict[str, Any]) -> dict[str, Any]:
    """The row with name and phone as they may leave the house."""
    phone = row["phone"]
    return row | {
        "name": mask_name(row["name"]),
        "phone": None if phone is None else mask_phone(phone),
    }
