"""Registrations in order: a community's list, an employer's queue.

A paper-only registration is on no list; whoever holds its receipt finds it by the number.
Protected members are on the lists of the community's secretary only. Source: practice.md R12.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, String, Uuid, any_, bindparam, func, select

from app.core.paging import Paging, Slice, cut, scope
from app.core.prepared import Prepared, Reader
from app.core.sorting import SORT_KEYS, Sort, WorkSort, behind, by_time, sorted_by
from app.deadlines import told_since
from app.members.reading import (
    Branch,
    Building,
    Community,
    Compound,
    Employer,
    FunctionalGroup,
    Grid,
    Rows,
    container,
    masked,
)
from app.models.member import Member, Registration, RegistrationStatus, RegistrationStep
from app.permissions import Actor, Permission, require

P = Permission


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
