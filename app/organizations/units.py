"""Branches, groups and employers that take an order, or claim a wish, in their own name."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Uuid, any_, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.core.errors import Forbidden, Invalid
from app.models.organization import (
    NamedOrganization,
    Organization,
    OrganizationRegistration,
    PairingStatus,
)
from app.permissions import Actor, Permission, grants, require
from app.rules.words import TAKING

P = Permission
Place = aliased(NamedOrganization)


class NotOfCommunity(Forbidden):
    """Neither of the community nor registered with it."""

    code, title = "not_of_community", "不是本社区的支部，也未与本社区结对"


def communities_of(unit_id: Any) -> CompoundSelect[Any]:
    """The ids of the communities in which a unit takes: its own, and those that its employer is
    registered with; others among them are no communities and match none."""
    own = select(func.unnest(Place.lineage)).where(Place.id == unit_id)
    paired = (
        select(OrganizationRegistration.community_id)
        .join(Place, OrganizationRegistration.employer_id == any_(Place.lineage))
        .where(Place.id == unit_id, OrganizationRegistration.status == PairingStatus.ACTIVE)
    )
    return union_all(own, paired)


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
    community = literal(community_id, Uuid())
    takes_there = community.in_(communities_of(organization_id)).label("takes_there")
    row = (
        await session.execute(
            select(Organization, takes_there, grants(P.BRANCH_TAKE)).where(
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
    if not row.takes_there:
        raise NotOfCommunity
    return unit
