"""Who issues an employer's summary: the district's office or the city's, as the policy says for the
employer. It numbers, chains and answers for it. Source: policy `report.summary_issuer`; practice.md
R11.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict
from app.models.organization import Organization
from app.organizations.kinds import LEVELS
from app.permissions import Actor, Permission, grants
from app.policies import service as policies

ISSUER = "report.summary_issuer"


class NotSummaryIssuer(Conflict):
    """The office of a level above issues the summaries (`report.summary_issuer`)."""

    code, title = "not_summary_issuer", "汇总单由上级统一出具，本级不能汇编"


async def lock(session: AsyncSession, actor: Actor, employer: Organization, level: str) -> UUID:
    """The organization of this level above the employer, where there is none the one right above;
    locked, so that its reports are frozen one after the other.

    Raises:
        NotSummaryIssuer: the actor's office is below it.
    """
    row = (
        await session.execute(
            select(Organization.id, grants(Permission.SUMMARY_COMPILE))
            .where(Organization.id.in_(employer.lineage))
            .order_by(
                (Organization.kind == level).desc(),
                (Organization.id == employer.parent_id).desc(),
            )
            .limit(1)
            .with_for_update(of=Organization, key_share=True),
            actor.binds(),
        )
    ).one()
    if Permission.SUMMARY_COMPILE not in row.grants:
        raise NotSummaryIssuer
    found: UUID = row.id
    return found


async def refuse_below(session: AsyncSession, actor: Actor, area: Organization) -> None:
    """Nothing, where the summaries of this district or city are its own or those of one below; a run
    that the house begins goes on whatever the policy has become.

    Raises:
        NotSummaryIssuer: see there.
    """
    if actor.is_system:
        return
    level = await policies.value(session, area.id, ISSUER)
    if LEVELS.index(area.kind) > LEVELS.index(level):
        raise NotSummaryIssuer
