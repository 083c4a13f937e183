"""Drafting a call-up: kind, level, area, words, where and when people gather."""

from uuid import UUID

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Invalid
from app.emergency import service
from app.emergency.approvals import APPROVALS
from app.emergency.lifecycle import DRAFTED
from app.emergency.schemas import CallUpIn
from app.emergency.service import NotEmergency
from app.models.emergency import CallUp
from app.models.organization import Organization
from app.organizations.rights import require_in
from app.permissions import Actor, Permission
from app.policies import content

P = Permission
CALLS = ("community", "subdistrict")
CALLED = ("grid", "functional_branch", "functional_group", *CALLS)


async def draft(
    session: AsyncSession, actor: Actor, organization_id: UUID, body: CallUpIn
) -> CallUp:
    """A draft of the community or subdistrict; nobody is called yet.

    Raises:
        NotFound, Forbidden: as for the organization; only communities and subdistricts call.
        Invalid: an unknown kind or level, a time that is past, an area that is not its own.
        NotEmergency: called at once by one person, and no emergency.
    """
    await require_in(session, actor, organization_id, P.COMMUNITY_CALL_UP, CALLS)
    kind = await content.require(session, "emergency.kinds", body.kind, pointer="/kind")
    level = await content.require(session, "emergency.levels", body.level, pointer="/level")
    if not kind["is_emergency"] and level["approvals"] < APPROVALS:
        raise NotEmergency
    if body.gather_at <= clock.now():
        raise Invalid.field("/gather_at", "in_the_past", "集结时间已过")
    call_up = CallUp(
        organization_id=organization_id,
        kind=body.kind,
        is_emergency=kind["is_emergency"],
        level=body.level,
        targets=await _targets(session, organization_id, body.targets),
        title=body.title,
        text=body.text,
        place=body.place,
        gather_at=body.gather_at,
        contact_phone=body.contact_phone,
        approvals_needed=level["approvals"],
        second_within_hours=level.get("second_approval_within_hours"),
        reply_minutes=level["reply_minutes"],
        created_by_id=actor.person_id,
    )
    session.add(call_up)
    await session.flush()
    service.tell(session, actor, call_up, DRAFTED, None)
    await session.flush()
    return call_up


async def _targets(session: AsyncSession, organization_id: UUID, wanted: list[UUID]) -> list[UUID]:
    """The area, if all of it is the caller's own; the whole of it where nothing is named."""
    if not wanted:
        return [organization_id]
    found = await session.scalars(
        select(Organization.id).where(
            Organization.id.in_(wanted),
            Organization.kind.in_(CALLED),
            Organization.closed_on.is_(None),
            any_(Organization.lineage) == organization_id,
        )
    )
    if set(found) != set(wanted):
        raise Invalid.field("/targets", "not_of_organization", "只能选择本辖区的网格、支部或小组")
    return sorted(set(wanted))
