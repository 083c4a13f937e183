"""Residents: a person bound to a community and a building, or somebody without a phone.

Minimal data: a building, never a household. Source: practice.md R27; domain.md §5.2.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.errors import AppError, Conflict, NotFound
from app.core.masking import mask_name
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.identity import service as identity
from app.identity.service import PhoneRequired
from app.models.member import Resident
from app.models.organization import NamedOrganization, Organization
from app.models.person import Person
from app.permissions import Actor, Permission, grants, require
from app.residents import places
from app.residents.schemas import ResidenceIn, ResidentIn

P = Permission
CONSENT = "resident_core"
Community, Building = aliased(NamedOrganization), aliased(NamedOrganization)
COMMUNITY = bindparam("community_id", type_=Uuid())


class BoundAlready(Conflict):
    """One living binding a person and a community."""

    code, title = "bound_already", "已绑定该社区"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_residents_living": BoundAlready}


async def bind(session: AsyncSession, actor: Actor, body: ResidenceIn) -> Resident:
    """I live here, and may ask for help here.

    Raises:
        ConsentMissing: the residents' purpose is not agreed to.
        PhoneRequired: no verified phone.
        Invalid: the community takes no part, or the building is not one of its.
        BoundAlready: by the database.
    """
    person = await session.get_one(Person, actor.person_id)
    await identity.require_consent(session, person.id, CONSENT)
    if person.phone_verified_at is None:
        raise PhoneRequired
    await places.check(session, body.community_id, body.building_id)
    resident = Resident(
        person_id=person.id,
        community_id=body.community_id,
        building_id=body.building_id,
        building_text=None if body.building_id else body.building_text,
    )
    session.add(resident)
    await session.flush()
    return resident


async def enter(
    session: AsyncSession, actor: Actor, community_id: UUID, body: ResidentIn
) -> Resident:
    """Somebody without a phone is known to the community, so that needs can be entered for him.

    Raises:
        NotFound, Forbidden: as for the community.
        Invalid: the building is not one of its.
    """
    await places.admit(session, actor, community_id, body.building_id)
    resident = Resident(
        community_id=community_id,
        building_id=body.building_id,
        building_text=None if body.building_id else body.building_text,
        name=body.name,
        entered_by_id=actor.person_id,
    )
    session.add(resident)
    await session.flush()
    return resident


async def end(session: AsyncSession, actor: Actor, resident_id: UUID) -> None:
    """I no longer live there.

    Raises:
        NotFound: not a living binding of mine.
    """
    resident = await session.scalar(
        select(Resident)
        .where(
            Resident.id == resident_id,
            Resident.person_id == actor.person_id,
            Resident.ended_at.is_(None),
        )
        .with_for_update()
    )
    if resident is None:
        raise NotFound
    resident.ended_at = clock.now()
    await session.flush()


MINE = Prepared(
    select(
        Resident.id,
        Resident.community_id,
        Community.name.label("community_name"),
        Building.name.label("building_name"),
        Resident.building_text,
    )
    .join(Community, Community.id == Resident.community_id)
    .outerjoin(Building, Building.id == Resident.building_id)
    .where(Resident.person_id == bindparam("owner", type_=Uuid()), Resident.ended_at.is_(None))
    .order_by(Resident.id)
)
CONTAINER = Prepared(
    select(grants(P.COMMUNITY_READ)).where(
        Organization.id == COMMUNITY, Organization.kind == "community"
    )
)


async def mine(reader: Reader, actor: Actor) -> list[dict[str, Any]]:
    """The actor's residences, the oldest first."""
    return await MINE.rows(reader, {"owner": actor.person_id})


async def page(
    reader: Reader, actor: Actor, paging: Paging, community_id: UUID
) -> Slice[dict[str, Any]]:
    """The community's residents, as they came; names masked.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"community_id": community_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.COMMUNITY_READ)
    where = scope("residents", {"c": community_id})
    key = after(paging, where, UUID)
    binds: dict[str, Any] = {"community_id": community_id, "most": paging.limit + 1}
    if key is not None:
        binds["id"] = key[0]
    rows = await _list(key is not None).rows(reader, binds)
    for line in rows:
        name = line.pop("own_name") or line["name"]
        line["name"] = name and mask_name(name)
    return cut(rows, paging, where, "id")


@cache
def _list(is_continued: bool) -> Prepared:
    statement = (
        select(
            Resident.id,
            Resident.name,
            Person.name.label("own_name"),
            Building.name.label("building_name"),
            Resident.building_text,
            Resident.person_id.is_not(None).label("has_account"),
        )
        .outerjoin(Person, Person.id == Resident.person_id)
        .outerjoin(Building, Building.id == Resident.building_id)
        .where(Resident.community_id == COMMUNITY, Resident.ended_at.is_(None))
        .order_by(Resident.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if is_continued:
        statement = statement.where(Resident.id > bindparam("id", type_=Uuid()))
    return Prepared(statement)
