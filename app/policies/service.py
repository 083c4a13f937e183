"""Every threshold of the field as data: the nearest organization's value, from its effective day on."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.organization import ContentItem, Organization, Policy


class Explained(NamedTuple):
    """A value and where it comes from; `organization_id` is None for the shipped default."""

    value: Any
    organization_id: UUID | None
    basis: str | None


async def value(session: AsyncSession, organization_id: UUID, key: str) -> Any:
    """What `key` is for this organization today; one statement."""
    return (await explain(session, organization_id, key)).value


async def explain(session: AsyncSession, organization_id: UUID, key: str) -> Explained:
    """As `value`, with the organization that set it: the nearest ancestor wins.

    Raises:
        LookupError: no such policy; keys are code, so this is a bug.
    """
    place = Organization.lineage
    setting = (
        select(
            Policy.value["value"].label("value"),
            Policy.organization_id.label("organization_id"),
            Policy.basis.label("basis"),
            func.array_position(place, Policy.organization_id).label("depth"),
            Policy.effective_on.label("since"),
        )
        .join(Organization, Policy.organization_id == func.any(place))
        .where(
            Organization.id == organization_id,
            Policy.key == key,
            Policy.effective_on <= clock.today(),
        )
    )
    shipped = select(
        ContentItem.data["value"],
        literal(None),
        literal(None),
        literal(0),
        literal(clock.today()),
    ).where(ContentItem.section == "policies", ContentItem.code == key)
    found = setting.union_all(shipped).subquery()
    row = (
        await session.execute(
            select(found.c.value, found.c.organization_id, found.c.basis)
            .order_by(found.c.depth.desc(), found.c.since.desc())
            .limit(1)
        )
    ).first()
    if row is None:
        raise LookupError(key)
    return Explained(*row)
