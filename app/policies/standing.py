"""Every policy as it stands at one organization: what holds now, what will hold next, what was set."""

from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Date,
    Integer,
    Select,
    String,
    Uuid,
    any_,
    bindparam,
    func,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.models.organization import ContentItem, NamedOrganization, Policy
from app.policies.service import SECTION


async def everything(
    reader: Reader, organization_id: UUID, key: str | None = None
) -> list[dict[str, Any]]:
    """The policies in their order, or the one of this key: `form` is its entry of the content;
    `value` with who set it, since when and why; `next_value` and `next_on`, by whom, of the next
    change. One statement; an organization that is not there has the shipped values.
    """
    binds = {"organization_id": organization_id, "today": clock.today(), "key": key}
    rows = await STANDING.rows(reader, binds)
    for row in rows:
        if row["organization_id"] is None:
            row["value"] = row["form"]["value"]
    return rows


async def coming(reader: Reader, organization_id: UUID, most: int) -> list[dict[str, Any]]:
    """What was set here or above for days to come, the next first; `most` at most."""
    binds = {"organization_id": organization_id, "today": clock.today(), "most": most}
    return await COMING.rows(reader, binds)


async def history(
    reader: Reader, paging: Paging, organization_id: UUID, key: str
) -> Slice[dict[str, Any]]:
    """What was set of one policy here and above, for past days and days to come, the latest first."""
    where = scope("policy", {"o": organization_id, "k": key})
    found = after(paging, where, date, UUID)
    binds: dict[str, Any] = {"organization_id": organization_id, "key": key}
    if found is not None:
        binds |= {"on": found[0], "id": found[1]}
    rows = await _history(found is not None).rows(reader, binds | {"most": paging.limit + 1})
    return cut(rows, paging, where, "effective_on", "id")


_Here, _Setter, _NextSetter = (
    aliased(NamedOrganization),
    aliased(NamedOrganization),
    aliased(NamedOrganization),
)
_is_here = _Here.id == bindparam("organization_id", type_=Uuid())
_today = bindparam("today", type_=Date())
_depth = func.array_position(_Here.lineage, Policy.organization_id)


def _set_in_lineage() -> Select[Any]:
    return (
        select(
            Policy.organization_id,
            Policy.value["value"].label("value"),
            Policy.effective_on,
            Policy.basis,
            _depth.label("depth"),
        )
        .join(_Here, Policy.organization_id == any_(_Here.lineage))
        .where(_is_here, Policy.key == ContentItem.code)
        .correlate(ContentItem)
        .limit(1)
    )


_now = (
    _set_in_lineage()
    .where(Policy.effective_on <= _today)
    .order_by(_depth.desc(), Policy.effective_on.desc(), Policy.id.desc())
    .lateral("now")
)
# What is set further up than what holds now changes nothing here.
_next = (
    _set_in_lineage()
    .where(Policy.effective_on > _today, _depth >= func.coalesce(_now.c.depth, 0))
    .correlate(ContentItem, _now)
    .order_by(Policy.effective_on, _depth.desc(), Policy.id.desc())
    .lateral("next")
)
_key = bindparam("key", type_=String())
STANDING = Prepared(
    select(
        ContentItem.code.label("key"),
        ContentItem.data.label("form"),
        _now.c.value,
        _now.c.organization_id,
        _Setter.name.label("organization_name"),
        _now.c.effective_on,
        _now.c.basis,
        _next.c.value.label("next_value"),
        _next.c.effective_on.label("next_on"),
        _NextSetter.name.label("next_name"),
    )
    .select_from(ContentItem)
    .outerjoin(_now, true())
    .outerjoin(_Setter, _Setter.id == _now.c.organization_id)
    .outerjoin(_next, true())
    .outerjoin(_NextSetter, _NextSetter.id == _next.c.organization_id)
    .where(ContentItem.section == SECTION, or_(_key.is_(None), ContentItem.code == _key))
    .order_by(ContentItem.position, ContentItem.code)
)
_listed = (
    select(
        Policy.id,
        Policy.key,
        Policy.value["value"].label("value"),
        Policy.effective_on,
        Policy.basis,
        Policy.created_at,
        Policy.organization_id,
        _Setter.name.label("organization_name"),
    )
    .join(_Here, Policy.organization_id == any_(_Here.lineage))
    .join(_Setter, _Setter.id == Policy.organization_id)
    .where(_is_here)
    .limit(bindparam("most", type_=Integer()))
)
COMING = Prepared(
    _listed.where(Policy.effective_on > _today).order_by(Policy.effective_on, Policy.id)
)


@cache
def _history(is_continued: bool) -> Prepared:
    statement = _listed.where(Policy.key == _key).order_by(
        Policy.effective_on.desc(), Policy.id.desc()
    )
    if is_continued:
        statement = statement.where(
            tuple_(Policy.effective_on, Policy.id)
            < tuple_(bindparam("on", type_=Date()), bindparam("id", type_=Uuid()))
        )
    return Prepared(statement)
