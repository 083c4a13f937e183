"""The tenant's dictionaries: read by everybody, edited by who runs the tenant."""

import json
from typing import Any, NamedTuple

from sqlalchemy import String, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app import audit
from app.core import ids
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from app.core.prepared import Prepared, Reader
from app.models.organization import ContentItem, Organization
from app.permissions import Actor, Permission, may
from app.policies.schemas import ContentChange

ALL = Prepared(
    select(ContentItem.section, ContentItem.code, ContentItem.version, ContentItem.data).order_by(
        ContentItem.section, ContentItem.position, ContentItem.code
    )
)

SOME = Prepared(
    select(ContentItem.section, ContentItem.code, ContentItem.data)
    .where(ContentItem.section == any_(bindparam("sections", type_=ARRAY(String()))))
    .order_by(ContentItem.section, ContentItem.position, ContentItem.code)
)


class SetByOrganization(Conflict):
    """Policies are set from a day on, by an organization."""

    code, title = "set_by_organization", "政策参数请按组织设定，不能直接改默认值"


class Content(NamedTuple):
    """All content as JSON, and the tag that says whether it is still the same."""

    body: bytes
    tag: str


async def whole(reader: Reader) -> Content:
    """Every entry by section, in the order of the screen."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for row in await ALL.rows(reader, {}):
        sections.setdefault(row.pop("section"), []).append(row)
    text = json.dumps({"sections": sections}, ensure_ascii=False, separators=(",", ":"))
    return Content(text.encode(), f'"{ids.digest(text)[:32]}"')


async def sections(reader: Reader, *names: str) -> dict[str, dict[str, dict[str, Any]]]:
    """What these sections hold, by code, in the order of the screen; one statement."""
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in names}
    for row in await SOME.rows(reader, {"sections": list(names)}):
        found[row["section"]][row["code"]] = row["data"]
    return found


async def change(
    session: AsyncSession, actor: Actor, section: str, code: str, body: ContentChange
) -> ContentItem:
    """The entry as edited; from now on no load of shipped content changes it.

    Raises:
        NotFound: no such entry. Forbidden: the actor does not run the tenant.
        Stale: edited by somebody else since it was read.
        Invalid: not a field of this entry. SetByOrganization: a policy.
    """
    row = await session.scalar(
        select(ContentItem)
        .where(ContentItem.section == section, ContentItem.code == code)
        .with_for_update()
    )
    if row is None:
        raise NotFound
    runs = select(Organization.id).where(Organization.kind == "city", may(Permission.TENANT_RUN))
    if (await session.execute(runs.limit(1), actor.binds())).first() is None:
        raise Forbidden
    if section == "policies":
        raise SetByOrganization
    if row.version != body.version:
        raise Stale
    row.data = row.data | _edited(row.data, body)
    audit.operated(
        session,
        actor,
        "content.changed",
        subject=("content", row.id),
        section=section,
        code=code,
        fields=sorted(body.model_fields_set - {"version"}),
    )
    await session.flush()
    return row


def _edited(data: dict[str, Any], body: ContentChange) -> dict[str, Any]:
    """The fields to write; a name, text or value only where there was one of the same form."""
    edited = body.model_dump(exclude_unset=True, exclude={"version"})
    for field, given in edited.items():
        if given is None:
            raise Invalid.field(f"/{field}", "missing", "必填")
        is_free = field in ("note", "enabled") and "value" not in data
        if not is_free and type(data.get(field)) is not type(given):
            raise Invalid.field(f"/{field}", "not_wanted", "此条目没有该项，或形式不同")
    return edited
