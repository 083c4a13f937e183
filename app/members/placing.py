"""Where a registration belongs: the chosen place is checked, grid, branch and group are suggested."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, any_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.errors import Invalid
from app.members.schemas import Ground, PlaceIn, RegistrationAcceptIn
from app.models.organization import Organization, OrganizationRegistration, PairingStatus

Building, Group, Branch = aliased(Organization), aliased(Organization), aliased(Organization)
Employer = aliased(Organization)

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
    """What the clerk chose, and for the rest what the building suggests.

    Raises:
        Invalid: what was chosen is of another kind or of another community.
    """
    proposal = Placed(*(await session.execute(select(*suggested(community_id, building_id)))).one())
    wanted = chosen.model_dump(exclude_none=True)
    if wanted:
        rows = await session.execute(
            select(Organization.id, Organization.kind).where(
                Organization.id.in_(wanted.values()),
                any_(Organization.lineage) == community_id,
                Organization.closed_on.is_(None),
            )
        )
        kinds = {row.id: row.kind for row in rows}
        for name, organization_id in wanted.items():
            if kinds.get(organization_id) != KINDS[name]:
                raise Invalid.field(f"/{name}", "not_of_community", "不属于本社区，请重新选择")
    return proposal._replace(**wanted)


async def check(session: AsyncSession, employer_id: UUID, wanted: PlaceIn) -> None:
    """Nothing, or what is wrong with the community, the ground or the building.

    Raises:
        Invalid: the community takes no part; the ground does not hold; the building is not there.
    """
    found = await _organizations(session, employer_id, wanted)
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


async def _organizations(
    session: AsyncSession, employer_id: UUID, wanted: PlaceIn
) -> dict[UUID | None, Any]:
    """The living organizations named, by id; `is_paired`: the employer is paired with this one."""
    is_paired = or_(
        select(Employer.id)
        .where(Employer.id == employer_id, Employer.paired_community_id == Organization.id)
        .exists(),
        select(OrganizationRegistration.id)
        .where(
            OrganizationRegistration.employer_id == employer_id,
            OrganizationRegistration.community_id == Organization.id,
            OrganizationRegistration.status == PairingStatus.ACTIVE,
        )
        .exists(),
    )
    named = [wanted.community_id, wanted.compound_id, wanted.building_id]
    rows = await session.execute(
        select(
            Organization.id,
            Organization.kind,
            Organization.takes_part,
            Organization.lineage,
            Organization.compound_id,
            is_paired.label("is_paired"),
        ).where(
            Organization.id.in_([one for one in named if one is not None]),
            Organization.closed_on.is_(None),
        )
    )
    return {row.id: row for row in rows}
