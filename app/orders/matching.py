"""How well a member and a service fit, and why: the same for both who look.

By skill, by distance, by the times that the member has stated, by what he has served already: who
served little comes first. Each is a number of the statement it stands in, over an `Order`, its
building (`Site`) and a `Registration`; the smaller comes first, one after the other, and none is
weighed against another, so that every place in the list can be said in words. Nothing of it is
kept, and nobody is assigned by it. Source: practice.md F, design.md §6.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    String,
    any_,
    bindparam,
    case,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.prepared import Prepared, Reader
from app.models.member import Registration
from app.models.order import Order
from app.models.organization import ContentItem, NamedOrganization
from app.models.record import ServiceRecord
from app.orders import eligibility
from app.records import service as records

Site = aliased(NamedOrganization)
YEAR = timedelta(days=365)

_wanted = func.unnest(Order.skills).column_valued("wanted")
# of the skills that the order wants
SKILLS = func.array(
    select(_wanted).where(_wanted == any_(Registration.skills)).scalar_subquery(),
    type_=ARRAY(String()),
)
PLACES = ("building", "compound", "grid", "community")
DISTANCE = case(
    (Registration.building_id == Site.id, 0),
    (Registration.compound_id == Site.compound_id, 1),
    (Registration.grid_id == Site.parent_id, 2),
    else_=3,
)
IS_FREE: ColumnElement[bool] = Registration.availability.overlap(Order.bands)
# services of the last year, and what is promised
SERVED = (
    select(func.count())
    .where(
        ServiceRecord.registration_id == Registration.id,
        ServiceRecord.served_on >= bindparam("since", type_=Date()),
        ServiceRecord.status.in_([literal_column(f"'{status}'") for status in records.COUNTED]),
    )
    .scalar_subquery()
) + eligibility.promised_by(Registration.person_id)

REASONS = Prepared(
    select(ContentItem.section, ContentItem.code, ContentItem.data).where(
        ContentItem.section == any_(bindparam("sections", type_=ARRAY(String())))
    )
)


def since() -> dict[str, Any]:
    """The bind of `SERVED`: a year ago, local."""
    return {"since": clock.today() - YEAR}


async def explain(reader: Reader, rows: Sequence[Mapping[str, Any]]) -> list[list[dict[str, str]]]:
    """For each row with `matched`, `distance`, `is_free` and perhaps `served`: why it stands there.

    In the order in which the reasons count, in the tenant's words; one statement.
    """
    found = await REASONS.rows(reader, {"sections": ["match_reasons", "skills"]})
    words = {row["code"]: row["data"]["name"] for row in found if row["section"] == "match_reasons"}
    groups = [row["data"]["value"] for row in found if row["section"] == "skills"]
    skills = {
        item["code"]: item["name"] for value in groups for group in value for item in group["items"]
    }
    return [
        [
            {"code": code, "name": words[code].format_map(fill)}
            for code, fill in _reasons(row, skills)
        ]
        for row in rows
    ]


def _reasons(
    row: Mapping[str, Any], skills: Mapping[str, str]
) -> list[tuple[str, Mapping[str, Any]]]:
    found: list[tuple[str, Mapping[str, Any]]] = []
    if row["matched"]:
        names = "、".join(skills.get(code, code) for code in row["matched"])
        found.append(("skill", {"skills": names}))
    found.append((PLACES[row["distance"]], {}))
    if row["is_free"]:
        found.append(("time", {}))
    if "served" in row:
        found.append(("load", {"served": row["served"]}))
    return found
