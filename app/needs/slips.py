"""Paper slips (服务小票): what residents without a phone may tick, by building.

A number, a service, a day; no name and no door. Source: practice.md R19; content `on_behalf.paper_slip`.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, literal_column, select
from sqlalchemy.orm import aliased

from app.core.prepared import Prepared, Reader
from app.models.need import Acceptance, Need
from app.models.organization import NamedOrganization
from app.needs import categories, reading
from app.permissions import Actor, Permission
from app.policies import dictionaries

KINDS = "need_kinds"
MOST = 200
Building, Compound = aliased(NamedOrganization), aliased(NamedOrganization)

WITHOUT_ACCOUNT = Prepared(
    select(
        Need.id,
        Need.number,
        Need.category,
        Need.kind,
        Building.name.label("building_name"),
        Compound.name.label("compound_name"),
        Acceptance.created_at.label("done_at"),
        Acceptance.due_at,
    )
    .join(Acceptance, Acceptance.need_id == Need.id)
    .outerjoin(Building, Building.id == Need.building_id)
    .outerjoin(Compound, Compound.id == Building.compound_id)
    .where(
        Need.community_id == bindparam("community_id", type_=Uuid()),
        Need.status == literal_column("'done'"),
        Need.requester_id.is_(None),
        Need.kind != literal_column("'about_member'"),
        Acceptance.status == literal_column("'asked'"),
    )
    .order_by(Compound.position, Compound.id, Building.position, Building.id, Need.id)
    .limit(MOST)
)


async def waiting(reader: Reader, actor: Actor, community_id: UUID) -> list[dict[str, Any]]:
    """What is done for residents without an account and not answered yet, in the order of their
    buildings, without one last; at most 200. `service`: what it was, in the tenant's words.

    Raises:
        NotFound, Forbidden: as for the community.
    """
    await reading.check(reader, actor, community_id, Permission.COMMUNITY_TRIAGE)
    rows = await WITHOUT_ACCOUNT.rows(reader, {"community_id": community_id})
    said = await dictionaries.sections(reader, categories.SECTION, KINDS)
    items = categories.items(said[categories.SECTION])
    return [
        row | {"service": (items.get(row["category"] or "") or said[KINDS][row["kind"]])["name"]}
        for row in rows
    ]
