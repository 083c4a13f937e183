"""How many panels of each of some communities lack somebody; nobody is named. Source: practice.md G3."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Uuid, any_, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.appraisals.eligible import is_registered
from app.appraisals.panel_reading import forms, shortages
from app.core.prepared import Prepared, Reader
from app.models.appraisal import AppraisalRater, Panel
from app.models.evaluation import EvaluationCycle
from app.models.member import Registration
from app.models.organization import NamedOrganization, Organization

Area = aliased(NamedOrganization)
areas = (
    select(func.array_agg(Area.id, type_=ARRAY(Uuid())))
    .where(
        Organization.id == any_(Area.lineage),
        Area.kind == "functional_group",
        Area.closed_on.is_(None),
        exists()
        .where(Registration.functional_group_id == Area.id, is_registered)
        .correlate_except(Registration),
    )
    .correlate(Organization, EvaluationCycle)
    .scalar_subquery()
)
named = (
    select(
        func.jsonb_agg(
            func.jsonb_build_object(
                "panel",
                AppraisalRater.panel,
                "area_id",
                AppraisalRater.area_id,
                "way",
                AppraisalRater.way,
            )
        )
    )
    .where(
        AppraisalRater.cycle_id == EvaluationCycle.id,
        AppraisalRater.community_id == Organization.id,
    )
    .correlate(Organization, EvaluationCycle)
    .scalar_subquery()
)
PLACES = (
    select(Organization.id, areas.label("areas"), named.label("named"), forms.label("forms"))
    .join(EvaluationCycle, EvaluationCycle.organization_id == any_(Organization.lineage))
    .where(
        Organization.id == any_(bindparam("community_ids", type_=ARRAY(Uuid()))),
        EvaluationCycle.facts_close_on == bindparam("last", type_=Date()),
    )
)
READ = Prepared(PLACES)


async def panels_short(
    reader: Reader, community_ids: Collection[UUID], last: date
) -> Mapping[UUID, int]:
    """By community, of the year that ends on the day `last`; without a cycle it is not in it.

    One statement for any number.
    """
    places = await READ.rows(reader, {"community_ids": [*community_ids], "last": last})
    return {place["id"]: _count(place) for place in places}


async def communities_short(session: AsyncSession, cycle: EvaluationCycle) -> list[UUID]:
    """The communities with members in which a panel lacks somebody; two statements for the city."""
    with_members = await session.scalars(
        select(Registration.community_id)
        .join(Organization, Organization.id == Registration.community_id)
        .join(EvaluationCycle, EvaluationCycle.organization_id == any_(Organization.lineage))
        .where(EvaluationCycle.id == cycle.id, is_registered)
        .distinct()
    )
    binds = {"community_ids": with_members.all(), "last": cycle.facts_close_on}
    places = await session.execute(PLACES, binds)
    return [place["id"] for place in map(dict, places.mappings()) if _count(place)]


def _count(place: Mapping[str, Any]) -> int:
    found = [{"area_id": str(area), "area_name": None} for area in place["areas"] or ()]
    by_panel: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for rater in place["named"] or ():
        by_panel[rater["panel"]].append(rater)
    return sum(
        bool(shortages(panel, place["forms"][panel], by_panel[panel], found)) for panel in Panel
    )
