"""How many panels of each of some communities lack somebody; nobody is named. Source: practice.md G3."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Uuid, any_, bindparam, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.appraisals.eligible import is_registered
from app.appraisals.panel_reading import forms, shortages
from app.core.prepared import Prepared, Reader
from app.models.appraisal import AppraisalRater, Panel
from app.models.evaluation import EvaluationCycle
from app.models.member import Registration
from app.models.organization import Organization

Area = aliased(Organization)
COMMUNITIES = bindparam("community_ids", type_=ARRAY(Uuid()))
areas = (
    select(func.array_agg(Area.id, type_=ARRAY(Uuid())))
    .where(
        Organization.id == any_(Area.lineage),
        Area.kind == "functional_group",
        Area.closed_on.is_(None),
        exists().where(Registration.functional_group_id == Area.id, is_registered),
    )
    .correlate(Organization)
    .scalar_subquery()
)
PLACES = Prepared(
    select(
        Organization.id,
        EvaluationCycle.id.label("cycle_id"),
        areas.label("areas"),
        forms.label("forms"),
    )
    .join(EvaluationCycle, EvaluationCycle.organization_id == any_(Organization.lineage))
    .where(
        Organization.id == any_(COMMUNITIES),
        EvaluationCycle.facts_close_on == bindparam("last", type_=Date()),
    )
)
RATERS = Prepared(
    select(
        AppraisalRater.community_id,
        AppraisalRater.panel,
        AppraisalRater.area_id,
        AppraisalRater.way,
    ).where(
        AppraisalRater.cycle_id == any_(bindparam("cycle_ids", type_=ARRAY(Uuid()))),
        AppraisalRater.community_id == any_(COMMUNITIES),
    )
)


async def panels_short(
    reader: Reader, community_ids: Collection[UUID], last: date
) -> Mapping[UUID, int]:
    """By community, of the year that ends on the day `last`; without a cycle it is not in it.

    Two statements for any number.
    """
    binds: dict[str, Any] = {"community_ids": [*community_ids]}
    places = await PLACES.rows(reader, binds | {"last": last})
    cycles = list({place["cycle_id"] for place in places})
    named: defaultdict[tuple[UUID, Panel], list[dict[str, Any]]] = defaultdict(list)
    for rater in await RATERS.rows(reader, binds | {"cycle_ids": cycles}):
        named[rater["community_id"], rater["panel"]].append(rater)
    return {place["id"]: _count(place, named) for place in places}


def _count(
    place: Mapping[str, Any], named: Mapping[tuple[UUID, Panel], list[dict[str, Any]]]
) -> int:
    found = [{"area_id": area, "area_name": None} for area in place["areas"] or ()]
    return sum(
        bool(shortages(panel, place["forms"][panel], named.get((place["id"], panel), []), found))
        for panel in Panel
    )
