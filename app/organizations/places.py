"""Finding a place: the way up, communities by name, a compound's buildings, what a building suggests."""

from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, any_, bindparam, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.types import String

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.organization import NamedOrganization, Organization

Self = aliased(NamedOrganization)
Compound = aliased(NamedOrganization)
Grid = aliased(NamedOrganization)
Group = aliased(NamedOrganization)
Branch = aliased(NamedOrganization)
Street = aliased(NamedOrganization)
District = aliased(NamedOrganization)

# where a registration is placed
PLACED = ("grid", "functional_branch", "functional_group")

PATH = Prepared(
    select(
        Organization.id,
        Organization.kind,
        Organization.name,
        Organization.code,
        Organization.takes_part,
    )
    .join(Self, Organization.id == any_(Self.lineage))
    .where(
        Self.id == bindparam("organization_id", type_=Uuid()),
        Self.closed_on.is_(None),
    )
    .order_by(func.array_position(Self.lineage, Organization.id))
)


KNOWN = Prepared(
    select(Organization.kind).where(
        Organization.id == bindparam("organization_id", type_=Uuid()),
        Organization.closed_on.is_(None),
    )
)


UNDER = bindparam("under", type_=ARRAY(Uuid()))  # overlap is what the index on lineage serves
UNITS = Prepared(
    select(Organization.id, Organization.kind, Organization.name, Organization.parent_id)
    .where(
        Organization.lineage.overlap(UNDER),
        or_(*(Organization.kind == kind for kind in PLACED)),
        Organization.closed_on.is_(None),
    )
    .order_by(Organization.kind, Organization.position, Organization.id)
)


BUILDINGS = Prepared(
    select(Organization.id, Organization.name, Compound.name.label("compound_name"))
    .outerjoin(Compound, Compound.id == Organization.compound_id)
    .where(
        Organization.lineage.overlap(UNDER),
        Organization.kind == "building",
        Organization.closed_on.is_(None),
    )
    .order_by(Compound.position, Compound.id, Organization.position, Organization.id)
    .limit(400)
)


class Suggestion(NamedTuple):
    """Where a building belongs; None where the community has not set it up yet."""

    compound_id: UUID | None
    grid_id: UUID | None
    functional_branch_id: UUID | None
    functional_group_id: UUID | None


async def path(reader: Reader, organization_id: UUID) -> list[dict[str, Any]]:
    """The organization and all above it, root first.

    Raises:
        NotFound: there is none, or it was closed.
    """
    rows = await PATH.rows(reader, {"organization_id": organization_id})
    if not rows:
        raise NotFound
    return rows


async def known(reader: Reader, organization_id: UUID, kind: str | None = None) -> None:
    """Nothing: there is such an organization. Public lists ask when they found no row, so that an
    empty place is told from one that is not there.

    Raises:
        NotFound: there is none, it was closed, or it is of another kind.
    """
    row = await KNOWN.one(reader, {"organization_id": organization_id})
    if row is None or kind not in (None, row["kind"]):
        raise NotFound


async def communities(
    reader: Reader, paging: Paging, *, under: UUID, words: str
) -> Slice[dict[str, Any]]:
    """Communities that take part below `under`, by name; `words` stands anywhere in the name.

    Raises:
        NotFound: there is no such organization.
    """
    where = scope("communities", {"u": under, "q": words})
    key = after(paging, where, str, UUID)
    binds: dict[str, Any] = {"under": [under], "words": words, "most": paging.limit + 1}
    if key is not None:
        binds |= {"name": key[0], "id": key[1]}
    rows = await _communities(bool(words), key is not None).rows(reader, binds)
    if not rows:
        await known(reader, under)
    return cut(rows, paging, where, "name", "id")


async def buildings(reader: Reader, paging: Paging, compound_id: UUID) -> Slice[dict[str, Any]]:
    """The living buildings of a compound, in the order of their numbers.

    Raises:
        NotFound: there is no such compound.
    """
    where = scope("buildings", {"c": compound_id})
    key = after(paging, where, int, UUID)
    binds: dict[str, Any] = {"compound_id": compound_id, "most": paging.limit + 1}
    if key is not None:
        binds |= {"position": key[0], "id": key[1]}
    rows = await _buildings(key is not None).rows(reader, binds)
    if not rows:
        await known(reader, compound_id, "compound")
    return cut(rows, paging, where, "position", "id")


async def buildings_of_community(reader: Reader, community_id: UUID) -> list[dict[str, Any]]:
    """The living buildings of a community with their compounds, in the order of both; at most 400."""
    return await BUILDINGS.rows(reader, {"under": [community_id]})


async def units(reader: Reader, community_id: UUID) -> list[dict[str, Any]]:
    """The living grids, functional branches and groups of a community, kind by kind in their order;
    one statement."""
    return await UNITS.rows(reader, {"under": [community_id]})


async def suggest(session: AsyncSession, building_id: UUID) -> Suggestion:
    """What registering at the building proposes; one statement.

    The grid is the building's own, the group the one embedded in that grid, the branch that
    group's, or the community's one branch where the grid has no group.

    Raises:
        NotFound: no such building.
    """
    group = (
        select(Group.id, Group.parent_id)
        .where(
            Group.grid_id == Organization.parent_id,
            Group.kind == "functional_group",
            Group.closed_on.is_(None),
        )
        .order_by(Group.position, Group.id)
        .limit(1)
        .lateral("embedded")
    )
    branch = (
        select(Branch.id)
        .where(
            Branch.parent_id == Grid.parent_id,
            Branch.kind == "functional_branch",
            Branch.closed_on.is_(None),
        )
        .order_by(Branch.id)
        .limit(1)
        .scalar_subquery()
    )
    found = (
        await session.execute(
            select(
                Organization.compound_id,
                Organization.parent_id,
                func.coalesce(group.c.parent_id, branch),
                group.c.id,
            )
            .join(Grid, Grid.id == Organization.parent_id)
            .outerjoin(group, literal(True))
            .where(
                Organization.id == building_id,
                Organization.kind == "building",
                Organization.closed_on.is_(None),
            )
        )
    ).first()
    if found is None:
        raise NotFound
    return Suggestion(*found)


@cache
def _communities(has_words: bool, is_continued: bool) -> Prepared:
    statement = (
        select(
            Organization.id,
            Organization.name,
            Street.name.label("subdistrict_name"),
            District.name.label("district_name"),
        )
        .join(Street, Street.id == Organization.parent_id)
        .outerjoin(District, (District.id == Street.parent_id) & (District.kind == "district"))
        .where(
            Organization.takes_part,
            Organization.closed_on.is_(None),
            Organization.lineage.overlap(bindparam("under", type_=ARRAY(Uuid()))),
        )
        .order_by(Organization.name, Organization.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if has_words:
        statement = statement.where(
            func.strpos(Organization.name, bindparam("words", type_=String())) > 0
        )
    if is_continued:
        statement = statement.where(
            tuple_(Organization.name, Organization.id)
            > tuple_(bindparam("name", type_=String()), bindparam("id", type_=Uuid()))
        )
    return Prepared(statement)


@cache
def _buildings(is_continued: bool) -> Prepared:
    statement = (
        select(
            Organization.id,
            Organization.name,
            Organization.position,
            Organization.parent_id.label("grid_id"),
            Grid.name.label("grid_name"),
        )
        .join(Grid, Grid.id == Organization.parent_id)
        .where(
            Organization.compound_id == bindparam("compound_id", type_=Uuid()),
            Organization.kind == "building",
            Organization.closed_on.is_(None),
        )
        .order_by(Organization.position, Organization.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(
            tuple_(Organization.position, Organization.id)
            > tuple_(bindparam("position", type_=Integer()), bindparam("id", type_=Uuid()))
        )
    return Prepared(statement)
