"""What stands on things to print: the tenant's words, filled in with the place they hang in.

Source: content `printables`; practice.md R19, R34.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import String, Uuid, bindparam, select
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.identity import consents
from app.models.organization import NamedOrganization, Organization
from app.needs import slips as needs_slips
from app.organizations import places
from app.permissions import Actor, Permission, grants, require
from app.policies import dictionaries

P = Permission
PRINTABLES, ANSWERS = "printables", "acceptance.answers"
COMMUNITY_POSTER, BUILDING_POSTER = "community_poster", "building_poster"
LETTER, SLIP = "appeal_letter", "paper_slip"

Compound, Grid, Community = (
    aliased(NamedOrganization),
    aliased(NamedOrganization),
    aliased(NamedOrganization),
)


class Guide(StrEnum):
    """One page that everybody may have."""

    MEMBER = "member_guide"
    RESIDENT = "resident_guide"
    ELDER = "elder_guide"


PLACE = Prepared(
    select(
        Organization.id,
        Organization.name,
        Organization.units,
        Organization.households,
        Compound.name.label("compound"),
        Grid.name.label("grid"),
        Community.name.label("community"),
        grants(P.COMMUNITY_READ, P.EMPLOYER_FACTS),
    )
    .outerjoin(Compound, Compound.id == Organization.compound_id)
    .outerjoin(Grid, (Grid.id == Organization.parent_id) & (Grid.kind == "grid"))
    .outerjoin(Community, Community.id == Grid.parent_id)
    .where(
        Organization.id == bindparam("organization_id", type_=Uuid()),
        Organization.kind == bindparam("kind", type_=String()),
        Organization.closed_on.is_(None),
    )
)


async def guide(reader: Reader, which: Guide) -> dict[str, Any]:
    """A guide for everybody; one statement."""
    return await _sheet(reader, which) | {"is_large": which is Guide.ELDER}


async def community_poster(reader: Reader, actor: Actor, community_id: UUID) -> dict[str, Any]:
    """The poster by which members register with this community.

    Raises:
        NotFound: there is no such community. Forbidden: not the actor's.
    """
    place = await _place(reader, actor, "community", community_id, P.COMMUNITY_READ)
    said = await _sheet(reader, COMMUNITY_POSTER, place["name"])
    return said | {"scene": community_id.hex}


async def building_poster(reader: Reader, actor: Actor, building_id: UUID) -> dict[str, Any]:
    """The poster by which residents of this building say what they need; nobody is named on it.

    Raises:
        NotFound: there is no such building. Forbidden: not of the actor's community.
    """
    place = await _place(reader, actor, "building", building_id, P.COMMUNITY_READ)
    facts = {
        "社区": place["community"],
        "小区": place["compound"],
        "网格": place["grid"],
        "单元": place["units"] and f"{place['units']}个",
        "住户": place["households"] and f"{place['households']}户",
    }
    return await _sheet(reader, BUILDING_POSTER, place["name"]) | {
        "scene": building_id.hex,
        "facts": [[name, str(value)] for name, value in facts.items() if value],
    }


async def appeal_letter(reader: Reader, actor: Actor, employer_id: UUID) -> dict[str, Any]:
    """The employer's letter to its members; it is signed by hand.

    Raises:
        NotFound: there is no such employer. Forbidden: not the actor's.
    """
    place = await _place(reader, actor, "employer", employer_id, P.EMPLOYER_FACTS)
    return await _sheet(reader, LETTER) | {"signer": place["name"]}


async def slips(reader: Reader, actor: Actor, community_id: UUID) -> dict[str, Any]:
    """A slip for each service that somebody without an account has not answered, by building.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    rows = await needs_slips.waiting(reader, actor, community_id)
    said = await dictionaries.sections(reader, PRINTABLES, ANSWERS)
    buildings: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        name = " ".join(filter(None, (row["compound_name"], row["building_name"])))
        slip = {"number": row["number"], "service": row["service"], "day": _day(row["done_at"])}
        buildings.setdefault(name, []).append(slip)
    entry = said[PRINTABLES][SLIP]
    return {
        "title": entry["name"],
        "text": entry["text"],
        "answers": [each["name"] for each in said[ANSWERS].values()],
        "buildings": [{"name": name, "slips": each} for name, each in buildings.items()],
    }


async def names(reader: Reader) -> dict[str, str]:
    """How each thing to print is called, by code; one statement."""
    said = await dictionaries.sections(reader, PRINTABLES)
    return {code: entry["name"] for code, entry in said[PRINTABLES].items()}


async def buildings(reader: Reader, actor: Actor, community_id: UUID) -> list[dict[str, Any]]:
    """The buildings of which the actor may print posters.

    Raises:
        NotFound: there is no such community. Forbidden: not the actor's.
    """
    await _place(reader, actor, "community", community_id, P.COMMUNITY_READ)
    return await places.buildings_of_community(reader, community_id)


async def _place(
    reader: Reader, actor: Actor, kind: str, organization_id: UUID, permission: Permission
) -> dict[str, Any]:
    binds = {"organization_id": organization_id, "kind": kind}
    row = await PLACE.one(reader, actor.binds() | binds)
    if row is None:
        raise NotFound
    require(row["grants"], permission)
    return row


async def _sheet(reader: Reader, code: str, place: str = "") -> dict[str, Any]:
    """What the tenant says on this paper, every part of it; one statement."""
    entry = (await dictionaries.sections(reader, PRINTABLES))[PRINTABLES][code]
    return {
        "title": entry.get("title", entry["name"]),
        "place": place,
        "greeting": entry.get("greeting", ""),
        "text": consents.filled(entry.get("text", ""), {"place": place}),
        "steps": entry.get("steps", []),
        "facts": [],
        "code_note": entry.get("code_note", ""),
        "phone": entry.get("phone", ""),
        "page": entry.get("page", ""),
        "signer": "",
        "is_large": False,
    }


def _day(moment: datetime) -> str:
    on = clock.local_day(moment)
    return f"{on.year}年{on.month}月{on.day}日"
