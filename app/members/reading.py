"""Registrations as they are read: one's own, a community's list, an employer's queue.

A paper-only registration is on no list; whoever holds its receipt finds it by the number.
Protected members are on the lists of the community's secretary only. Source: practice.md R12.
"""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.masking import mask_name, mask_phone
from app.core.paging import Paging, Slice, cut, scope
from app.core.prepared import Prepared, Reader
from app.core.sorting import SORT_KEYS, Sort, WorkSort, behind, by_time, sorted_by
from app.deadlines import told_since
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


class Sought(NamedTuple):
    """Whom a community looks for among its registrations; None: everybody."""

    grid_id: UUID | None = None
    functional_group_id: UUID | None = None
    skill: str | None = None


ANYBODY = Sought()
IS_SOUGHT: Mapping[str, ColumnElement[bool]] = {
    "grid_id": Registration.grid_id == bindparam("grid_id", type_=Uuid()),
    "functional_group_id": Registration.functional_group_id
    == bindparam("functional_group_id", type_=Uuid()),
    "skill": bindparam("skill", type_=String()) == any_(Registration.skills),
}


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


async def community_page(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    community_id: UUID,
    *,
    status: RegistrationStatus,
    receipt_number: str | None,
    sort: WorkSort,
    sought: Sought = ANYBODY,
) -> Slice[dict[str, Any]]:
    """The community's registrations in one status, in the order wanted, of whom it looks for; or the
    one of a receipt.

    Raises:
        NotFound, Forbidden: no such organization; not its clerk or secretary.
    """
    granted = await container(reader, actor, community_id, P.COMMUNITY_READ)
    sees_protected = P.COMMUNITY_PROTECTED in granted
    named = {name: value for name, value in sought._asdict().items() if value is not None}
    where = scope(
        "registrations",
        {"c": community_id, "s": status, "r": receipt_number, "p": sees_protected, "o": sort}
        | named,
    )
    more = behind(paging, where, SORTS[sort])
    binds: dict[str, Any] = {"place": community_id, "most": paging.limit + 1} | named
    binds |= {"status": status} if receipt_number is None else {"number": receipt_number}
    statement = _community_list(sees_protected, receipt_number is not None, frozenset(named))
    rows = await _sorted(statement, sort, bool(more)).rows(reader, binds | more)
    return cut([masked(row) for row in rows], paging, where, *SORT_KEYS)


async def employer_page(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    organization_id: UUID,
    *,
    status: RegistrationStatus,
    sort: WorkSort,
) -> Slice[dict[str, Any]]:
    """An employer's registrations in one status, in the order wanted; of a district (or city) those
    of its employers on which they were silent.

    Raises:
        NotFound, Forbidden: no such organization; neither its employer's people nor a district's.
    """
    granted = await container(reader, actor, organization_id)
    is_employer = P.EMPLOYER_ROSTER in granted
    if not is_employer:
        require(granted, P.EMPLOYER_CHECKS)
    filters = {"o": organization_id, "s": status, "e": is_employer, "by": sort}
    where = scope("applications", filters)
    more = behind(paging, where, SORTS[sort])
    binds: dict[str, Any] = {"place": organization_id, "status": status, "most": paging.limit + 1}
    statement = _sorted(_employer_list(is_employer), sort, bool(more))
    rows = await statement.rows(reader, binds | more)
    return cut([masked(row) for row in rows], paging, where, *SORT_KEYS)


DEADLINE = func.coalesce(
    told_since(RegistrationStep, RegistrationStep.registration_id, Registration.id, "remind"),
    Registration.remind_at,
    Registration.due_at,
)
SORTS = {
    WorkSort.AGE: by_time(func.coalesce(Registration.submitted_at, Registration.created_at)),
    WorkSort.DEADLINE: by_time(DEADLINE),
    WorkSort.KIND: Sort(Registration.ground, str),
}


@cache
def _sorted(statement: Rows, sort: WorkSort, is_continued: bool) -> Prepared:
    return Prepared(sorted_by(statement, SORTS[sort], Registration.id, is_continued=is_continued))


@cache
def _community_list(sees_protected: bool, by_receipt: bool, sought: frozenset[str]) -> Rows:
    statement = (
        select(
            Registration.id,
            Registration.status,
            Registration.channel,
            Registration.ground,
            Member.name,
            Member.phone,
            Member.is_protected,
            Employer.name.label("employer_name"),
            Compound.name.label("compound_name"),
            Building.name.label("building_name"),
            Registration.building_text,
            Grid.name.label("grid_name"),
            FunctionalGroup.name.label("functional_group_name"),
            Registration.skills,
            Registration.receipt_number,
            Registration.submitted_at,
            Registration.registered_on,
            Registration.version,
            DEADLINE.label("deadline_at"),
        )
        .join(Member, Member.id == Registration.member_id)
        .join(Employer, Employer.id == Registration.employer_id)
        .outerjoin(Compound, Compound.id == Registration.compound_id)
        .outerjoin(Building, Building.id == Registration.building_id)
        .outerjoin(Grid, Grid.id == Registration.grid_id)
        .outerjoin(FunctionalGroup, FunctionalGroup.id == Registration.functional_group_id)
        .where(Registration.community_id == bindparam("place", type_=Uuid()))
        .limit(bindparam("most", type_=Integer()))
    )
    if by_receipt:
        statement = statement.where(
            Registration.receipt_number == bindparam("number", type_=String())
        )
    else:
        statement = statement.where(
            Registration.status == bindparam("status", type_=Registration.status.type),
            Registration.channel != "paper_only",
        )
    if not sees_protected:
        statement = statement.where(~Member.is_protected)
    return statement.where(*(IS_SOUGHT[name] for name in sorted(sought)))


@cache
def _employer_list(is_employer: bool) -> Rows:
    place = bindparam("place", type_=Uuid())
    statement = (
        select(
            Registration.id,
            Registration.status,
            Member.name,
            Member.phone,
            Employer.name.label("employer_name"),
            Branch.name.label("branch_name"),
            Community.name.label("community_name"),
            Registration.submitted_at,
            Registration.handed_up_at,
            Registration.version,
            DEADLINE.label("deadline_at"),
        )
        .join(Member, Member.id == Registration.member_id)
        .join(Employer, Employer.id == Registration.employer_id)
        .join(Community, Community.id == Registration.community_id)
        .outerjoin(Branch, Branch.id == Member.branch_id)
        .where(
            Registration.status == bindparam("status", type_=Registration.status.type),
            Registration.channel != "paper_only",
        )
        .limit(bindparam("most", type_=Integer()))
    )
    if is_employer:
        statement = statement.where(Registration.employer_id == place)
    else:
        statement = statement.where(
            Registration.handed_up_at.is_not(None), any_(Employer.lineage) == place
        )
    return statement


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
