"""Where somebody lives: one check for every room that is given a community or a building."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid, NotFound
from app.core.prepared import Prepared, Reader
from app.models.member import Resident
from app.models.organization import Organization
from app.organizations import places
from app.organizations.rights import require_in
from app.permissions import Actor, Permission, grants, require

ENTERED_FOR = Prepared(
    select(grants(Permission.COMMUNITY_ENTER)).where(
        Organization.id == bindparam("community_id", type_=Uuid()),
        Organization.kind == "community",
    )
)


async def buildings(reader: Reader, actor: Actor, community_id: UUID) -> list[dict[str, Any]]:
    """Where residents live whom the actor enters for: the community's buildings.

    Raises:
        NotFound: there is no such community. Forbidden: not the actor's to enter for.
    """
    await check_entering(reader, actor, community_id)
    return await places.buildings_of_community(reader, community_id)


async def check_entering(reader: Reader, actor: Actor, community_id: UUID) -> None:
    """Nothing: the actor may enter for residents of this community.

    Raises:
        NotFound: there is no such community. Forbidden: not the actor's to enter for.
    """
    row = await ENTERED_FOR.one(reader, actor.binds() | {"community_id": community_id})
    if row is None:
        raise NotFound
    require(row["grants"], Permission.COMMUNITY_ENTER)


async def admit(
    session: AsyncSession, actor: Actor, community_id: UUID, building_id: UUID | None
) -> None:
    """Nothing: the actor may enter for residents of this community, and the place is one of its.

    Raises:
        NotFound: there is no such community. Forbidden: not the actor's to enter for.
        Invalid: as `check`.
    """
    await require_in(session, actor, community_id, Permission.COMMUNITY_ENTER, ("community",))
    await check(session, community_id, building_id)


async def check(session: AsyncSession, community_id: UUID, building_id: UUID | None) -> None:
    """Nothing: the community takes part, and the building, if one is named, stands in it.

    Raises:
        Invalid: no community that takes part, or no living building of it.
    """
    rows = await session.scalars(
        select(Organization).where(
            Organization.id.in_([one for one in (community_id, building_id) if one]),
            Organization.closed_on.is_(None),
        )
    )
    found = {row.id: row for row in rows}
    community = found.get(community_id)
    if community is None or community.kind != "community" or not community.takes_part:
        raise Invalid.field("/community_id", "not_taking_part", "该社区未参加双报到，请另选")
    if building_id is None:
        return
    building = found.get(building_id)
    if building is None or building.kind != "building" or community_id not in building.lineage:
        raise Invalid.field("/building_id", "not_of_community", "不属于所选社区，请重新选择")


async def resident(
    session: AsyncSession, community_id: UUID, resident_id: UUID | None
) -> Resident | None:
    """The resident of the community that a payload names, if it names one.

    Raises:
        Invalid: nobody who lives there.
    """
    if resident_id is None:
        return None
    found = await session.scalar(
        select(Resident).where(
            Resident.id == resident_id,
            Resident.community_id == community_id,
            Resident.ended_at.is_(None),
        )
    )
    if found is None:
        raise Invalid.field("/resident_id", "unknown_resident", "不是本社区的居民")
    return found
