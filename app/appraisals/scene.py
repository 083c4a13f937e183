"""A community in a year's cycle: where panels, counts and openings are decided about."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict, NotFound
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, require

OPEN = (CycleStatus.PLANNED, CycleStatus.COLLECTING)


class AppraisalClosed(Conflict):
    """The appraisal's days have not come, or are over."""

    code, title = "appraisal_closed", "不在测评期内"


class Scene(NamedTuple):
    """One community in the cycle that it belongs to."""

    community: Organization
    cycle: EvaluationCycle


async def get(
    session: AsyncSession,
    actor: Actor,
    cycle_id: UUID,
    community_id: UUID,
    permission: Permission,
) -> Scene:
    """The community, locked, in the cycle, whose status stays while this is done.

    What is done for one community is done one after the other.

    Raises:
        NotFound: no such community or cycle, or not one of the other. Forbidden: the actor may not.
    """
    row = (
        await session.execute(
            select(Organization, grants(permission))
            .join(EvaluationCycle, EvaluationCycle.organization_id == any_(Organization.lineage))
            .where(
                Organization.id == community_id,
                Organization.kind == "community",
                EvaluationCycle.id == cycle_id,
            )
            .with_for_update(of=Organization, key_share=True),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise NotFound
    require(row.grants, permission)
    return Scene(row.Organization, await held(session, cycle_id))


async def held(session: AsyncSession, cycle_id: UUID) -> EvaluationCycle:
    """The cycle; the clock moves it on only when this transaction is over."""
    return await session.get_one(
        EvaluationCycle,
        cycle_id,
        with_for_update={"read": True},
        populate_existing=True,
    )


def require_collecting(cycle: EvaluationCycle) -> None:
    """Nothing, while the appraisal's window is open.

    Raises:
        AppraisalClosed: before it, and from its last midnight on, whether the clock was there or not.
    """
    is_open = cycle.status is CycleStatus.COLLECTING
    if not is_open or cycle.due_at is None or cycle.due_at <= clock.now():
        raise AppraisalClosed
