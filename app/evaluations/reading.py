"""The lists and pages of what follows from a year: each to those who have a part in it.

A list is allowed by one grant on its organization; within it each reader finds the rows that he may
read. Persons stand by the strokes of the name or by the time of the entry, never by value.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Uuid,
    any_,
    bindparam,
    cast,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import aliased

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.evaluations.lifecycle import COMMENDATION, TALK
from app.models.commendation import Commendation
from app.models.member import Member, Registration
from app.models.negative_item import NegativeItem
from app.models.objection import Objection
from app.models.organization import ContentItem, NamedOrganization, Organization
from app.models.talk import Talk
from app.permissions import Actor, Permission, grants, may, require

P = Permission
PLACE = bindparam("organization_id", type_=Uuid())
OWNER = bindparam("owner", type_=Uuid())
ROW = bindparam("row_id", type_=Uuid())
MOST = bindparam("most", type_=Integer())
Under, At = aliased(NamedOrganization), aliased(NamedOrganization)

CONTAINER = Prepared(
    select(grants(P.COMMUNITY_CONDUCT, P.CONDUCT_LIST, P.EMPLOYER_TALKS)).where(
        Organization.id == PLACE
    )
)
SANCTION = (
    select(ContentItem.data["value"].as_string())
    .where(ContentItem.section == "talk", ContentItem.code == "not_a_sanction")
    .scalar_subquery()
)
NAME = Member.name.label("member_name")
Place = aliased(NamedOrganization)


def _community(table: Any) -> Any:
    """The name of the row's community."""
    named = select(Place.name).where(Place.id == table.community_id)
    return named.scalar_subquery().label("community_name")


ITEM = (
    NegativeItem.id,
    NegativeItem.registration_id,
    NAME,
    _community(NegativeItem),
    NegativeItem.code,
    NegativeItem.happened_on,
    NegativeItem.status,
    NegativeItem.due_at,
)
OBJECTED = (
    Objection.id,
    NAME,
    _community(Objection),
    Objection.kind,
    Objection.subject_id,
    Objection.period_from,
    Objection.period_to,
    Objection.status,
    Objection.due_at,
)
TALKED = (
    Talk.id,
    NAME,
    Talk.trigger,
    Talk.negative_item_id,
    Talk.status,
    Talk.kind,
    Talk.meets_at,
    Talk.outcome,
    Talk.held_at,
    Talk.due_at,
    SANCTION.label("not_a_sanction"),
    grants(P.TALK_HOLD),
)
PRAISED = (
    Commendation.id,
    Commendation.registration_id,
    NAME,
    Commendation.kind,
    Commendation.period_from,
    Commendation.period_to,
    Commendation.words,
    Commendation.status,
    Commendation.due_at,
    grants(P.COMMENDATION_OWN, P.COMMENDATION_CONFIRM, P.COMMENDATION_WITHDRAW),
)


async def allowed(
    reader: Reader, actor: Actor, organization_id: UUID, permission: Permission
) -> None:
    """Nothing, or NotFound, or Forbidden."""
    row = await CONTAINER.one(reader, actor.binds() | {"organization_id": organization_id})
    if row is None:
        raise NotFound
    require(row["grants"], permission)


async def page(
    reader: Reader,
    actor: Actor,
    paging: Paging,
    name: str,
    owner: UUID | None,
    status: StrEnum | None = None,
) -> Slice[dict[str, Any]]:
    """One page of the list `name` that belongs to `owner`, the latest first; one statement.

    `status`: of one state only. A row with grants has the reader's steps in `open_to`.
    """
    only = {} if status is None else {"status": status}
    where = scope(name, {"owner": owner} | only)
    key = after(paging, where, UUID)
    binds = actor.binds() | {"owner": owner, "most": paging.limit + 1} | only
    if key is not None:
        binds["id"] = key[0]
    rows = await _list(name, key is not None, bool(only)).rows(reader, binds)
    if name in LIVES:
        for row in rows:
            row["open_to"] = LIVES[name].open_in(row["status"], row["grants"])
    return cut(rows, paging, where, "id")


def named(columns: Any, table: Any) -> Select[*tuple[Any, ...]]:
    """These columns, of rows that name a registration, with the member's name."""
    return (
        select(*columns)
        .select_from(table)
        .join(Registration, Registration.id == table.registration_id)
        .join(Member, Member.id == Registration.member_id)
    )


def _of_place(table: Any) -> ColumnElement[bool]:
    """Of a community at the place, below it, or, for a branch, above it."""
    below = select(Under.id).where(
        Under.kind == literal_column("'community'"),
        Under.lineage.contains(cast(array([OWNER]), ARRAY(Uuid()))),
    )
    above = (
        select(Under.id)
        .join(At, Under.id == any_(At.lineage))
        .where(At.id == OWNER, Under.kind == literal_column("'community'"))
    )
    return or_(table.community_id.in_(below), table.community_id.in_(above))


# Each list: its columns, its table, and which of its rows it holds.
LISTS: Mapping[str, tuple[Any, Any, ColumnElement[bool]]] = {
    "items": (ITEM, NegativeItem, _of_place(NegativeItem) & may(P.NEGATIVE_READ)),
    "my_items": (ITEM, NegativeItem, (NegativeItem.person_id == OWNER) & may(P.NEGATIVE_OWN)),
    "objections": (OBJECTED, Objection, _of_place(Objection) & may(P.OBJECTION_READ)),
    "my_objections": (OBJECTED, Objection, Objection.person_id == OWNER),
    "talks": (TALKED, Talk, Talk.employer_id == OWNER),
    "my_talks": (TALKED, Talk, Talk.person_id == OWNER),
    "commendations": (
        PRAISED,
        Commendation,
        _of_place(Commendation) & may(P.COMMENDATION_READ),
    ),
    "my_commendations": (
        PRAISED,
        Commendation,
        (Commendation.person_id == OWNER) & may(P.COMMENDATION_OWN),
    ),
}
LIVES: Mapping[str, Any] = {
    "talks": TALK,
    "my_talks": TALK,
    "commendations": COMMENDATION,
    "my_commendations": COMMENDATION,
}


@cache
def _list(name: str, is_continued: bool, is_of_status: bool) -> Prepared:
    columns, table, where = LISTS[name]
    statement = named(columns, table).where(where).order_by(table.id.desc()).limit(MOST)
    if is_continued:
        statement = statement.where(table.id < bindparam("id", type_=Uuid()))
    if is_of_status:
        statement = statement.where(table.status == bindparam("status", type_=table.status.type))
    return Prepared(statement)


TALK_SHOWN = Prepared(named(TALKED, Talk).where(Talk.id == ROW, may(P.TALK_READ)))


async def show_talk(reader: Reader, actor: Actor, talk_id: UUID) -> dict[str, Any]:
    """One talk, to one of the two it is between.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await one(TALK_SHOWN, reader, actor, talk_id)
    return row | {"open_to": TALK.open_in(row["status"], row["grants"])}


async def one(statement: Prepared, reader: Reader, actor: Actor, row_id: UUID) -> dict[str, Any]:
    """The row of a statement that names it by `ROW`, or NotFound."""
    row = await statement.one(reader, actor.binds() | {"row_id": row_id})
    if row is None:
        raise NotFound
    return row
