"""Branches, groups and employers that take an order, or claim a wish, in their own name."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import any_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden, Invalid
from app.models.organization import Organization, OrganizationRegistration, PairingStatus
from app.permissions import Actor, Permission, grants, require
from app.rules.words import TAKING

P = Permission


class NotOfCommunity(Forbidden):
    """Neither of the community nor registered with it."""

    code, title = "not_of_community", "不是本社区的支部，也未与本社区结对"


async def get(
    session: AsyncSession,
    actor: Actor,
    community_id: UUID,
    organization_id: UUID,
    granted: Collection[str] = (),
) -> Organization:
    """In whose name the actor takes: a unit of the community, or of an employer registered there.

    `granted` is what he may do with an order, whose organiser too may speak to a unit.

    Raises:
        Invalid: no unit that takes.
        Forbidden: the actor does not speak for it.
        NotOfCommunity: see there.
    """
    paired = (
        select(OrganizationRegistration.id)
        .where(
            OrganizationRegistration.employer_id == any_(Organization.lineage),
            OrganizationRegistration.community_id == community_id,
            OrganizationRegistration.status == PairingStatus.ACTIVE,
        )
        .exists()
    )
    row = (
        await session.execute(
            select(Organization, paired.label("is_paired"), grants(P.BRANCH_TAKE)).where(
                Organization.id == organization_id,
                Organization.kind.in_(TAKING),
                Organization.closed_on.is_(None),
            ),
            actor.binds(),
        )
    ).first()
    if row is None:
        raise Invalid.field("/organization_id", "unknown", "没有这个支部或小组")
    if P.ORDER_RUN not in granted:
        require(row.grants, P.BRANCH_TAKE)
    unit: Organization = row.Organization
    if community_id not in unit.lineage and not row.is_paired:
        raise NotOfCommunity
    return unit
