"""Stored plans: kept, changed under their version, and turned into a call-up with its shifts.

What was made from a plan keeps a copy of it, so that a later change of the plan changes nothing
there. Source: practice.md R4.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, Invalid, NotFound, Stale
from app.emergency import drafts, shifts
from app.emergency.approvals import APPROVALS
from app.emergency.plan_schemas import PlanCallIn, PlanChange, PlanIn
from app.emergency.schemas import CallUpIn
from app.emergency.service import NotEmergency
from app.emergency.shift_schemas import ShiftIn
from app.models.call_up_plan import CallUpPlan
from app.models.emergency import CallUp
from app.models.organization import Organization
from app.organizations.rights import require_in
from app.permissions import Actor, Permission, may
from app.policies import content
from app.rows import get_row

P = Permission
PLANS = (*drafts.CALLS, "district")
MOST_SHIFTS = 100
COPIED = ("version", "title", "meeting_points", "posts")


class Retired(Conflict):
    """Nothing is called from a plan that is not kept any more."""

    code, title = "plan_retired", "该预案已停用"


async def keep(
    session: AsyncSession, actor: Actor, organization_id: UUID, body: PlanIn
) -> CallUpPlan:
    """A new plan of the community, subdistrict or district.

    Raises:
        NotFound, Forbidden: as for the organization; no other kinds have plans.
        Invalid: an unknown kind, level or duty, a shift longer than people stand, too many shifts.
        NotEmergency: an immediate call, and no emergency.
    """
    await require_in(session, actor, organization_id, P.COMMUNITY_CALL_UP, PLANS)
    said = body.model_dump()
    plan = CallUpPlan(organization_id=organization_id, changed_by_id=actor.person_id, **said)
    await _check(session, plan, said)
    session.add(plan)
    await session.flush()
    return plan


async def change(
    session: AsyncSession, actor: Actor, plan_id: UUID, body: PlanChange
) -> CallUpPlan:
    """The plan is as its keeper says now; what was made from it before stays as it is.

    Raises:
        NotFound, Forbidden: none for the actor, or not his to keep.
        Stale: somebody else has changed it. Invalid, NotEmergency: as for a new one.
    """
    needed = (P.CALL_UP_PLAN_KEEP,)
    plan, _ = await get_row(
        session, actor, CallUpPlan, plan_id, seen=P.CALL_UP_PLAN_READ, needed=needed
    )
    if plan.version != body.version:
        raise Stale
    whole = body.model_dump(exclude={"version"})  # what is left out of a post is null there
    said = {name: value for name, value in whole.items() if name in body.model_fields_set}
    for name, value in said.items():
        setattr(plan, name, value)
    plan.changed_by_id = actor.person_id
    await _check(session, plan, said)
    await session.flush()
    return plan


async def call_up(session: AsyncSession, actor: Actor, plan_id: UUID, body: PlanCallIn) -> CallUp:
    """A draft with all its shifts, as the plan has them now; it keeps a copy of the plan.

    A plan of a level above is called from by the organization that `body` names.

    Raises:
        NotFound: no such plan for the actor, or none of that organization.
        Forbidden, Invalid, NotEmergency: as for a draft by hand. Retired: see there.
    """
    plan = await session.scalar(
        select(CallUpPlan)
        .where(CallUpPlan.id == plan_id, may(P.CALL_UP_PLAN_READ))
        .with_for_update(read=True),
        actor.binds(),
    )
    if plan is None:
        raise NotFound
    if not plan.is_current:
        raise Retired
    caller = body.organization_id or plan.organization_id
    if body.meeting_point > len(plan.meeting_points):
        raise Invalid.field("/meeting_point", "unknown_point", "预案中没有这个集结点")
    if caller != plan.organization_id:
        await _check_below(session, plan, caller)
    gather_at = body.gather_at or clock.now() + timedelta(minutes=plan.gather_within)
    drafted = await drafts.draft(
        session,
        actor,
        caller,
        CallUpIn.model_construct(
            kind=plan.kind,
            level=body.level or plan.level,
            title=plan.title,
            text=plan.text,
            place=plan.meeting_points[body.meeting_point - 1]["place"],
            gather_at=gather_at,
            targets=body.targets,
            contact_phone=plan.contact_phone,
        ),
    )
    drafted.plan_id = plan.id
    drafted.made_from = {name: getattr(plan, name) for name in COPIED} | {"plan_id": str(plan.id)}
    await shifts.make(
        session, drafted, [each for post in plan.posts for each in _shifts(post, gather_at)]
    )
    return drafted


def _shifts(post: Mapping[str, Any], gather_at: Any) -> list[ShiftIn]:
    """The shifts of one post, one after the other; what they say was checked with the plan."""
    begin, long = timedelta(minutes=post["begins_after"]), timedelta(minutes=post["minutes"])
    kept = {name: post[name] for name in ("duty", "place", "seats", "meals", "insurance")}
    return [
        ShiftIn.model_construct(
            starts_at=gather_at + begin + number * long,
            ends_at=gather_at + begin + (number + 1) * long,
            **kept,
        )
        for number in range(post["shifts"])
    ]


async def _check(session: AsyncSession, plan: CallUpPlan, said: Mapping[str, Any]) -> None:
    """What was said makes sense; what it is made of is looked up only then."""
    if "level" in said:
        kind = await content.require(session, "emergency.kinds", plan.kind, pointer="/kind")
        level = await content.require(session, "emergency.levels", plan.level, pointer="/level")
        if not kind["is_emergency"] and level["approvals"] < APPROVALS:
            raise NotEmergency
    if "posts" in said:
        await _check_posts(session, plan.posts)


async def _check_posts(session: AsyncSession, posts: Sequence[Mapping[str, Any]]) -> None:
    duties, limits = (await content.sections(session, "emergency.duties", "emergency")).values()
    longest = limits["shift_hours_max"]["value"] * 60
    for place, post in enumerate(posts):
        if post["duty"] not in duties:
            raise Invalid.field(f"/posts/{place}/duty", "unknown_code", "不在可选范围内")
        if post["minutes"] > longest:
            raise Invalid.field(f"/posts/{place}/minutes", "too_long", "一个班次时间过长，请分班")
    if sum(post["shifts"] for post in posts) > MOST_SHIFTS:
        raise Invalid.field("/posts", "too_many_shifts", "班次过多，请分成几个预案")


async def _check_below(session: AsyncSession, plan: CallUpPlan, organization_id: UUID) -> None:
    found = await session.scalar(
        select(Organization.id).where(
            Organization.id == organization_id,
            any_(Organization.lineage) == plan.organization_id,
        )
    )
    if found is None:
        raise NotFound
