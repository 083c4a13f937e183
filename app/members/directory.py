"""What can be chosen where members are looked up or entered: grids, groups, skills, employers, houses."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from app.core.prepared import Prepared, Reader
from app.members import placing
from app.members.skills import SECTION
from app.models.member import Member, Registration, RegistrationStatus
from app.models.organization import ContentItem, NamedOrganization, Organization
from app.permissions import Actor, Permission, may
from app.rules.words import UUIDS

P, S = Permission, RegistrationStatus
MOST_BRANCHES, MOST_EMPLOYERS, MOST_BUILDINGS = 200, 20, 200
COMMUNITY_ID = bindparam("community_id", type_=Uuid())
Unit = aliased(NamedOrganization)


class Choices(NamedTuple):
    """Pairs of id or code and name, in the order of the screen."""

    grids: list[tuple[str, str]]
    groups: list[tuple[str, str]]
    skills: list[tuple[str, str]]


async def choices(reader: Reader, actor: Actor, community_id: UUID) -> Choices:
    """What can be chosen; nothing for who may not read the community's lists. One statement."""
    asked = {"community_id": community_id, "under": [community_id]}
    rows = await CHOICES.rows(reader, actor.binds() | asked)
    return Choices(
        *(
            [(row["code"], row["name"]) for row in rows if row["kind"] == kind]
            for kind in ("grid", "functional_group", "skill")
        )
    )


class Counter(NamedTuple):
    """Pairs of id and name, for who is entered at the counter."""

    employers: list[tuple[UUID, str]]
    compounds: list[tuple[UUID, str]]
    buildings: list[tuple[UUID, str]]


async def at_counter(
    reader: Reader, actor: Actor, community_id: UUID, *, employer: str, compound_id: UUID | None
) -> Counter:
    """Employers with these words in their name, the community's compounds, the buildings of one.

    One statement; nothing for who may not enter anybody there, and no employers without words.
    """
    asked = {"community_id": community_id, "under": [community_id], "compound_id": compound_id}
    rows = await COUNTER.rows(reader, actor.binds() | asked | {"words": employer})
    return Counter(
        *(
            [(row["id"], row["name"]) for row in rows if row["kind"] == kind]
            for kind in ("employer", "compound", "building")
        )
    )


async def branches(reader: Reader, employer_id: UUID) -> list[tuple[UUID, str]]:
    """The living Party branches of an employer: id and name, in their order; public."""
    rows = await BRANCHES.rows(reader, {"under": [employer_id]})
    return [(row["id"], row["name"]) for row in rows]


async def of_roster(reader: Reader, place_id: UUID) -> tuple[bool, list[tuple[UUID, str]]]:
    """Whether the place is an employer; and as `branches`, those below the place, itself among them.

    One statement.
    """
    rows = await ROSTERED.rows(reader, {"under": [place_id], "place_id": place_id})
    found = [(row["id"], row["name"]) for row in rows if row["kind"] in placing.BRANCH_KINDS]
    return any(row["kind"] == "employer" for row in rows), found


def _named(*where: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(Unit.id, Unit.kind, Unit.name, Unit.position)
        .where(*where, Unit.closed_on.is_(None), may_register)
        .order_by(Unit.position, Unit.name, Unit.id)
    )


may_register = (
    select(Organization.id)
    .where(Organization.id == COMMUNITY_ID, may(P.COMMUNITY_REGISTER))
    .exists()
)
WORDS = bindparam("words", type_=String())
_counter = union_all(
    _named(Unit.kind == "employer", WORDS != "", func.strpos(Unit.name, WORDS) > 0).limit(
        MOST_EMPLOYERS
    ),
    _named(Unit.kind == "compound", Unit.lineage.overlap(bindparam("under", type_=UUIDS))),
    _named(
        Unit.kind == "building",
        Unit.compound_id == bindparam("compound_id", type_=Uuid()),
        Unit.lineage.overlap(bindparam("under", type_=UUIDS)),
    ).limit(MOST_BUILDINGS),
).subquery("counter")
COUNTER = Prepared(
    select(_counter).order_by(_counter.c.kind, _counter.c.position, _counter.c.name, _counter.c.id)
)
is_branch = and_(
    Organization.lineage.overlap(bindparam("under", type_=UUIDS)),
    or_(*(Organization.kind == kind for kind in placing.BRANCH_KINDS)),
    Organization.closed_on.is_(None),
)
BRANCHES = Prepared(
    select(Organization.id, Organization.name)
    .where(is_branch)
    .order_by(Organization.position, Organization.id)
    .limit(MOST_BRANCHES)
)
ROSTERED = Prepared(
    select(Organization.id, Organization.name, Organization.kind)
    .where(or_(is_branch, Organization.id == bindparam("place_id", type_=Uuid())))
    .order_by((Organization.kind == "employer").desc(), Organization.position, Organization.id)
    .limit(MOST_BRANCHES + 1)
)
is_readable = (
    select(Organization.id).where(Organization.id == COMMUNITY_ID, may(P.COMMUNITY_READ)).exists()
)
_units = select(
    cast(Unit.id, Text).label("code"),
    Unit.kind.label("kind"),
    Unit.name.label("name"),
    Unit.position.label("position"),
).where(
    Unit.lineage.overlap(bindparam("under", type_=UUIDS)),
    or_(Unit.kind == "grid", Unit.kind == "functional_group"),
    Unit.closed_on.is_(None),
    is_readable,
)
_item = (
    func.jsonb_path_query(ContentItem.data, literal_column("'$.value[*].items[*]'::jsonpath"))
    .table_valued("value", with_ordinality="place")
    .render_derived(name="item")
    .lateral()
)
_code = func.jsonb_extract_path_text(_item.c.value, "code", type_=String())
_skilled = (
    select(Registration.id)
    .join(Member, Member.id == Registration.member_id)
    .where(
        Registration.community_id == COMMUNITY_ID,
        or_(Registration.status == S.ACTIVE, Registration.status == S.SUSPENDED),
        _code == any_(Registration.skills),
        ~Member.is_protected,
    )
    .exists()
)
_skills = (
    select(
        _code.label("code"),
        literal_column("'skill'").label("kind"),
        func.jsonb_extract_path_text(_item.c.value, "name", type_=String()).label("name"),
        _item.c.place.label("position"),
    )
    .select_from(ContentItem)
    .join(_item, true())
    .where(ContentItem.section == SECTION, is_readable, _skilled)
)
_all = union_all(_units, _skills).subquery("choices")
CHOICES = Prepared(select(_all).order_by(_all.c.kind, _all.c.position, _all.c.code))
