"""Who was present where the week was worked on: ticked from who holds a post or role there, or a guest.

Who holds several is one person with several capacities. Source: practice.md R17; content
`meetings.kinds`, `appointments`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    Integer,
    String,
    Uuid,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Invalid
from app.core.prepared import Prepared, Reader
from app.models.organization import Appointment, ContentItem, Organization
from app.models.person import Person, RoleGrant
from app.models.statistic import RollUpPresence
from app.statistics.schemas import TriageIn

MOST = 300
TODAY = bindparam("today", type_=Date())
is_there = Organization.lineage.contains(
    array([bindparam("organization_id", type_=Uuid())], type_=Uuid())
)
nearest_first = (
    func.cardinality(Organization.lineage).label("depth"),
    Organization.position,
    Organization.id.label("organization_id"),
)
POSTS = ContentItem.section == "appointments"

APPOINTED = (
    select(
        Appointment.id,
        Appointment.person_id,
        Appointment.phone_hash,
        Appointment.name.label("appointed"),
        type_coerce(null(), Person.name.type).label("named"),
        Organization.name.label("organization_name"),
        ContentItem.data["name"].astext.label("post_name"),
        literal_column("0", Integer()).label("list"),
        *nearest_first,
    )
    .join(Organization, Organization.id == Appointment.organization_id)
    .outerjoin(ContentItem, and_(POSTS, ContentItem.code == Appointment.post))
    .where(
        is_there,
        Appointment.from_on <= TODAY,
        or_(Appointment.to_on.is_(None), Appointment.to_on >= TODAY),
    )
)
# what a role is called as a post
called = (
    select(ContentItem.data["name"].astext)
    .where(
        POSTS,
        or_(
            ContentItem.data["grants"].astext == cast(RoleGrant.role, String),
            ContentItem.code == cast(RoleGrant.role, String),
        ),
    )
    .order_by(ContentItem.position)
    .limit(1)
    .scalar_subquery()
)
# the roles that follow from a post stand in the list above
GRANTED = (
    select(
        RoleGrant.id,
        RoleGrant.person_id,
        Person.phone_hash,
        type_coerce(null(), Appointment.name.type),
        Person.name,
        Organization.name.label("organization_name"),
        called.label("post_name"),
        literal_column("1", Integer()),
        *nearest_first,
    )
    .join(Organization, Organization.id == RoleGrant.organization_id)
    .join(Person, Person.id == RoleGrant.person_id)
    .where(
        is_there,
        RoleGrant.appointment_id.is_(None),
        RoleGrant.valid_from <= TODAY,
        or_(RoleGrant.valid_to.is_(None), RoleGrant.valid_to >= TODAY),
        Person.name.is_not(None),
        Person.closed_at.is_(None),
    )
)
_all = union_all(APPOINTED, GRANTED).subquery()
HOLDERS = (
    select(*(_all.c[name] for name in ("id", "person_id", "phone_hash", "appointed", "named")))
    .add_columns(_all.c.organization_name, _all.c.post_name)
    .order_by(_all.c.list, _all.c.depth, _all.c.position, _all.c.organization_id, _all.c.id)
    .limit(MOST)
)
HOLDERS_OF_READER = Prepared(HOLDERS)
KEPT = Prepared(
    select(RollUpPresence.name, RollUpPresence.capacity)
    .where(RollUpPresence.roll_up_id == bindparam("roll_up_id", type_=Uuid()))
    .order_by(RollUpPresence.place)
)


async def of_reader(reader: Reader, organization_id: UUID) -> list[dict[str, Any]]:
    """Who may be ticked: posts before roles, the community's own before those below."""
    return _each_once(await HOLDERS_OF_READER.rows(reader, _binds(organization_id)))


async def ticked(
    session: AsyncSession, organization_id: UUID, body: TriageIn
) -> list[dict[str, Any]]:
    """Who of the page was ticked, in the page's order, and the guests after them.

    Raises:
        Invalid: an id is of nobody who holds something there today.
    """
    found = await session.execute(HOLDERS, _binds(organization_id))
    people = _each_once([dict(row) for row in found.mappings()])
    known = {each["id"] for each in people}
    for place, one in enumerate(body.present):
        if one not in known:
            raise Invalid.field(f"/present/{place}", "not_there", "该人员在本社区没有任职")
    chosen = [each for each in people if each["id"] in body.present]
    return chosen + [{"name": name, "capacity": None} for name in body.guests]


def keep(session: AsyncSession, roll_up_id: UUID, present: Iterable[Mapping[str, Any]]) -> None:
    """They are kept with the week; the caller flushes."""
    session.add_all(
        RollUpPresence(
            roll_up_id=roll_up_id,
            place=place,
            person_id=one.get("person_id"),
            name=one["name"],
            capacity=one["capacity"],
        )
        for place, one in enumerate(present)
    )


async def kept(reader: Reader, roll_up_id: UUID) -> list[dict[str, Any]]:
    """Who was present, in the order of the page."""
    return await KEPT.rows(reader, {"roll_up_id": roll_up_id})


def _binds(organization_id: UUID) -> dict[str, Any]:
    return {"organization_id": organization_id, "today": clock.today()}


def _each_once(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A line a person, known by account or phone, with all that he holds."""
    people: list[dict[str, Any]] = []
    seen: dict[Any, dict[str, Any]] = {}
    for row in rows:
        capacity = " ".join(filter(None, (row["organization_name"], row["post_name"])))
        keys = [key for key in (row["person_id"], row["phone_hash"]) if key is not None]
        one = next((seen[key] for key in keys if key in seen), None)
        if one is None:
            name = row["appointed"] or row["named"]
            one = {"id": row["id"], "person_id": row["person_id"], "name": name}
            one |= {"capacity": capacity}
            people.append(one)
        else:
            one["capacity"] += f"、{capacity}"
        seen.update(dict.fromkeys(keys, one))
    return people
