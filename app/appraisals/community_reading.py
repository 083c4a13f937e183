"""A community's years as its desk reads them: their days, where they stand, which panels are short."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from app.appraisals import cycle_reading, shortages
from app.appraisals.scene import OPEN
from app.core.errors import NotFound
from app.core.paging import Paging
from app.core.prepared import Prepared, Reader
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, require

P = Permission
MOST_YEARS = 10
COMMUNITY = Prepared(
    select(Organization.name, grants(P.APPRAISAL_COUNT, P.APPRAISAL_PANEL)).where(
        Organization.id == bindparam("community_id", type_=Uuid()),
        Organization.kind == "community",
    )
)


async def show(reader: Reader, actor: Actor, community_id: UUID) -> dict[str, Any]:
    """The years that concern a community, the latest first; four statements.

    `panels_short`: how many panels of the latest lack somebody; None where nobody can be added.

    Raises:
        NotFound: no such community. Forbidden: not of its desk.
    """
    row = await COMMUNITY.one(reader, actor.binds() | {"community_id": community_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.APPRAISAL_COUNT)
    years = (await cycle_reading.page(reader, Paging(MOST_YEARS, None), community_id)).items
    short = None
    if years and years[0]["status"] in OPEN:
        found = await shortages.panels_short(reader, [community_id], years[0]["facts_close_on"])
        short = found[community_id]
    return row | {"years": years, "panels_short": short}
