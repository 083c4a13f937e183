"""Stored plans as they are read."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, select

from app.core.errors import NotFound
from app.core.paging import Paging, Slice, after, cut, scope
from app.core.prepared import Prepared, Reader
from app.emergency.lists import AFTER, MOST
from app.emergency.reading import CONTAINER, OWNER
from app.models.call_up_plan import CallUpPlan
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, may, require

P = Permission
BRIEF = (
    CallUpPlan.id,
    CallUpPlan.organization_id,
    CallUpPlan.kind,
    CallUpPlan.level,
    CallUpPlan.title,
    CallUpPlan.is_current,
    CallUpPlan.version,
    CallUpPlan.updated_at,
)
SHOW = Prepared(
    select(
        *BRIEF,
        CallUpPlan.text,
        CallUpPlan.contact_phone,
        CallUpPlan.gather_within,
        CallUpPlan.meeting_points,
        CallUpPlan.posts,
        grants(P.CALL_UP_PLAN_KEEP),
    ).where(
        CallUpPlan.id == bindparam("plan_id", type_=CallUpPlan.id.type), may(P.CALL_UP_PLAN_READ)
    )
)


async def page(
    reader: Reader, actor: Actor, paging: Paging, organization_id: UUID
) -> Slice[dict[str, Any]]:
    """The plans that an organization may call from, its own and those above it, the latest first.

    Raises:
        NotFound, Forbidden: as for the organization.
    """
    row = await CONTAINER.one(reader, actor.binds() | {"organization_id": organization_id})
    if row is None:
        raise NotFound
    require(row["grants"], P.COMMUNITY_CALL_UP)
    where = scope("call-up-plans", {"owner": organization_id})
    key = after(paging, where, UUID)
    binds = {"owner": organization_id, "most": paging.limit + 1}
    if key is not None:
        binds["id"] = key[0]
    return cut(await _list(key is not None).rows(reader, binds), paging, where, "id")


async def show(reader: Reader, actor: Actor, plan_id: UUID) -> dict[str, Any]:
    """One plan.

    Raises:
        NotFound: none, or not the actor's to see.
    """
    row = await SHOW.one(reader, actor.binds() | {"plan_id": plan_id})
    if row is None:
        raise NotFound
    return row | {"may_change": P.CALL_UP_PLAN_KEEP in row["grants"]}


async def show_to_change(reader: Reader, actor: Actor, plan_id: UUID) -> dict[str, Any]:
    """As `show`, for who keeps it.

    Raises:
        NotFound: none, or not the actor's to see. Forbidden: it is kept by others.
    """
    row = await show(reader, actor, plan_id)
    require(row["grants"], P.CALL_UP_PLAN_KEEP)
    return row


@cache
def _list(is_continued: bool) -> Prepared:
    statement = (
        select(*BRIEF)
        .join(Organization, CallUpPlan.organization_id == any_(Organization.lineage))
        .where(Organization.id == OWNER)
        .order_by(CallUpPlan.id.desc())
        .limit(MOST)
    )
    return Prepared(statement.where(CallUpPlan.id < AFTER) if is_continued else statement)
