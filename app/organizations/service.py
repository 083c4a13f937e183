"""Organizations: the public reading of the tree. Hot: the list below a parent."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, select, tuple_
from sqlalchemy.orm import aliased
from sqlalchemy.types import String

from app.core.errors import AppError, Conflict, NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.organization import Organization


class NameTaken(Conflict):
    """A sister of the same kind has this name already."""

    code, title = "name_taken", "同一上级下已有同名组织"


CONSTRAINTS: Mapping[str, type[AppError]] = {
    "uq_organizations_name_under": NameTaken,
    "uq_organizations_code": NameTaken,
}

Parent = aliased(Organization)

SHOW = Prepared(
    select(
        Organization.id,
        Organization.kind,
        Organization.name,
        Organization.code,
        Organization.takes_part,
        Organization.parent_id,
        Parent.name.label("parent_name"),
        Organization.community_kind,
        Organization.compound_type,
        Organization.version,
    )
    .outerjoin(Parent, Parent.id == Organization.parent_id)
    .where(
        Organization.id == bindparam("organization_id", type_=Uuid()),
        Organization.closed_on.is_(None),
    )
)


async def show(reader: Reader, organization_id: UUID) -> dict[str, Any]:
    """The organization with its parent's name.

    Raises:
        NotFound: there is none, or it was closed.
    """
    row = await SHOW.one(reader, {"organization_id": organization_id})
    if row is None:
        raise NotFound
    return row


async def page(
    reader: Reader, paging: Paging, *, parent_id: UUID, kind: str, only_taking_part: bool
) -> Slice[dict[str, Any]]:
    """The living organizations of one kind directly below a parent, in their official order."""
    where = scope("organizations", {"p": parent_id, "k": kind, "t": only_taking_part})
    key = after(paging, where, int, UUID)
    binds = {"parent_id": parent_id, "kind": kind, "most": paging.limit + 1}
    if key is not None:
        binds |= {"position": key[0], "id": key[1]}
    rows = await _list(only_taking_part, key is not None).rows(reader, binds)
    return cut(rows, paging, where, "position", "id")


@cache
def _list(only_taking_part: bool, is_continued: bool) -> Prepared:
    statement = (
        select(
            Organization.id,
            Organization.kind,
            Organization.name,
            Organization.code,
            Organization.takes_part,
            Organization.position,
        )
        .where(
            Organization.parent_id == bindparam("parent_id", type_=Uuid()),
            Organization.kind == bindparam("kind", type_=String()),
            Organization.closed_on.is_(None),
        )
        .order_by(Organization.position, Organization.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if only_taking_part:
        statement = statement.where(Organization.takes_part)
    if is_continued:
        statement = statement.where(
            tuple_(Organization.position, Organization.id)
            > tuple_(bindparam("position", type_=Integer()), bindparam("id", type_=Uuid()))
        )
    return Prepared(statement)
