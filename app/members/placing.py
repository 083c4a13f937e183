"""Where a registration belongs: the chosen place is checked, grid, branch and group are suggested."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, and_, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.errors import Invalid
from app.members.schemas import Ground, PlaceIn, RegistrationAcceptIn
from app.models.organization import (
    NamedOrganization,
    Organization,
    OrganizationRegistration,
    PairingStatus,
)

Building, Group, Branch = (
    aliased(NamedOrganization),
    aliased(NamedOrganization),
    aliased(NamedOrganization),
)
Employer, Chosen = aliased(NamedOrganization), aliased(NamedOrganization)
EMPLOYER = bindparam("employer_id", type_=Uuid())
# the organizations that a form names, by id; what is closed or unknown is not there
Named = Mapping[UUID | None, Any]

BRANCH_KINDS = ("party_committee", "employer_general_branch", "employer_branch", "employer_group")

KINDS = {
    "grid_id": "grid",
    "functional_branch_id": "functional_branch",
    "functional_group_id": "functional_group",
}


class Placed(NamedTuple):
    """Grid, functional branch and functional group; None where there is none."""

    grid_id: UUID | None
    functional_branch_id: UUID | None
    functional_group_id: UUID | None


def suggested(community_id: Any, building_id: Any) -> tuple[ColumnElement[Any], ...]:
    """Three columns: the building's grid, the functional branch, the group embedded in the grid."""
    # said aloud, for SQLAlchemy correlates by itself with the next select only, not with the outer one
    grid = (
        select(Building.parent_id)
        .where(Building.id == building_id)
        .correlate_except(Building)
        .scalar_subquery()
    )
    group = (
        select(Group.id)
        .where(Group.grid_id == grid, Group.kind == "functional_group", Group.closed_on.is_(None))
        .order_by(Group.position, Group.id)
        .limit(1)
        .scalar_subquery()
    )
    branch = (
        select(Branch.id)
        .where(
            Branch.parent_id == community_id,
            Branch.kind == "functional_branch",
            Branch.closed_on.is_(None),
        )
        .order_by(Branch.position, Branch.id)
        .limit(1)
        .scalar_subquery()
    )
    return (
        grid.label("suggested_grid_id"),
        branch.label("suggested_functional_branch_id"),
        group.label("suggested_functional_group_id"),
    )


async def place(
    session: AsyncSession,
    community_id: UUID,
    building_id: UUID | None,
    chosen: RegistrationAcceptIn,
) -> Placed:
    """What the clerk chose, and for the rest what the building suggests; one statement.

    Raises:
        Invalid: what was chosen is of another kind or of another community.
    """
    wanted = chosen.model_dump(exclude_none=True)
    kinds = (
        select(Chosen.kind)
        .where(
            Chosen.id == organization_id,
            any_(Chosen.lineage) == community_id,
            Chosen.closed_on.is_(None),
        )
        .scalar_subquery()
        .label(name)
        for name, organization_id in wanted.items()
    )
    found = (await session.execute(select(*suggested(community_id, building_id), *kinds))).one()
    for name in wanted:
        if getattr(found, name) != KINDS[name]:
            raise Invalid.field(f"/{name}", "not_of_community", "不属于本社区，请重新选择")
    return Placed(*found[: len(KINDS)])._replace(**wanted)


async def named(
    session: AsyncSession,
    employer_id: UUID,
    *others: UUID | None,
    more: tuple[ColumnElement[Any], ...] = (),
    **binds: Any,
) -> Named:
    """The living ones of the employer and the `others` that a form names, by id; one statement.

    `is_paired`: the employer is paired with this one; `is_branch`: this one is a branch of its.
    `more`: columns of the caller, made once, over EMPLOYER, `today` and `binds`.
    """
    wanted = [employer_id, *(one for one in others if one is not None)]
    known = {"employer_id": employer_id, "wanted": wanted, "today": clock.today()}
    rows = await session.execute(_named(more), known | binds)
    return {row.id: row for row in rows}


@cache
def _named(more: tuple[ColumnElement[Any], ...]) -> Select[Any]:
    is_paired = or_(
        select(Employer.id)
        .where(Employer.id == EMPLOYER, Employer.paired_community_id == Organization.id)
        .exists(),
        select(OrganizationRegistration.id)
        .where(
            OrganizationRegistration.employer_id == EMPLOYER,
            OrganizationRegistration.community_id == Organization.id,
            OrganizationRegistration.status == PairingStatus.ACTIVE,
        )
        .exists(),
    )
    return select(
        Organization.id,
        Organization.kind,
        Organization.takes_part,
        Organization.lineage,
        Organization.compound_id,
        is_paired.label("is_paired"),
        _belongs(Organization, EMPLOYER).label("is_branch"),
        *more,
    ).where(
        Organization.id == any_(bindparam("wanted", type_=ARRAY(Uuid()))),
        Organization.closed_on.is_(None),
    )


def require_employer(found: Named, employer_id: UUID, *, pointer: str) -> None:
    """Nothing, or there is no such employer.

    Raises:
        Invalid: none, closed, or an organization of another kind.
    """
    employer = found.get(employer_id)
    if employer is None or employer.kind != "employer":
        raise Invalid.field(pointer, "unknown_employer", "没有这个单位")


def require_branch(found: Named, branch_id: UUID | None, *, pointer: str) -> None:
    """Nothing, or the branch that was named is not one of the employer's.

    Raises:
        Invalid: of another employer, closed, or none at all.
    """
    branch = found.get(branch_id)
    if branch_id is not None and (branch is None or not branch.is_branch):
        raise not_of_employer(pointer)


def is_branch(employer_id: Any, branch_id: UUID | None) -> ColumnElement[bool]:
    """A column: whether the branch is a living one of the employer's."""
    return (
        select(Branch.id)
        .where(Branch.id == branch_id, _belongs(Branch, employer_id), Branch.closed_on.is_(None))
        .correlate_except(Branch)
        .exists()
    )


def not_of_employer(pointer: str) -> Invalid:
    """The error at `pointer`, which names a branch."""
    return Invalid.field(pointer, "not_of_employer", "不是该单位的党组织")


def _belongs(branch: Any, employer_id: Any) -> ColumnElement[bool]:
    return and_(branch.kind.in_(BRANCH_KINDS), any_(branch.lineage) == employer_id)


def check(found: Named, wanted: PlaceIn) -> None:
    """Nothing, or what is wrong with the community, the ground or the building.

    Raises:
        Invalid: the community takes no part; the ground does not hold; the building is not there.
    """
    community = found.get(wanted.community_id)
    if community is None or community.kind != "community" or not community.takes_part:
        raise Invalid.field("/community_id", "not_taking_part", "该社区未参加双报到，请另选")
    for name, organization_id in (
        ("compound", wanted.compound_id),
        ("building", wanted.building_id),
    ):
        row = found.get(organization_id)
        if organization_id is not None and (
            row is None or row.kind != name or wanted.community_id not in row.lineage
        ):
            raise Invalid.field(f"/{name}_id", "not_of_community", "不属于所选社区，请重新选择")
    building = found.get(wanted.building_id)
    if building is not None and wanted.compound_id not in (None, building.compound_id):
        raise Invalid.field("/building_id", "not_of_compound", "楼栋不属于所选小区，请重新选择")
    _check_ground(wanted, is_paired=community.is_paired)


def _check_ground(wanted: PlaceIn, *, is_paired: bool) -> None:
    """Residence needs a building, a pairing must stand, an assignment its basis."""
    match wanted.ground:
        case Ground.RESIDENCE if wanted.building_id is None and wanted.building_text is None:
            raise Invalid.field("/building_id", "building_required", "请选择楼栋，或填写楼栋名称")
        case Ground.EMPLOYER_PAIRED if not is_paired:
            raise Invalid.field("/ground", "not_paired", "所在单位未与该社区结对")
        case Ground.ASSIGNED if wanted.ground_note is None:
            raise Invalid.field("/ground_note", "note_required", "组织安排须填写依据")
