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


async def values(session: AsyncSession, organization_id: UUID, *keys: str) -> dict[str, Any]:
    """As `value`, for several keys in one statement.

    Raises:
        KeyError: at the reading of a key that is no policy; keys are code, so this is a bug.
    """
    found = _found(organization_id, keys)
    rows = await session.execute(
        select(found.c.key, found.c.value)
        .distinct(found.c.key)
        .order_by(found.c.key, found.c.depth.desc(), found.c.since.desc())
    )
    return {key: value for key, value in rows}


async def explain(session: AsyncSession, organization_id: UUID, key: str) -> Explained:
    """As `value`, with the organization that set it: the nearest ancestor wins.

    Raises:
        LookupError: no such policy; keys are code, so this is a bug.
    """
    found = _found(organization_id, (key,))
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


def _found(organization_id: UUID, keys: tuple[str, ...]) -> Any:
    """Every setting of `keys` that reaches the organization, and the shipped defaults at depth 0."""
    place = Organization.lineage
    setting = (
        select(
            Policy.key.label("key"),
            Policy.value["value"].label("value"),
            Policy.organization_id.label("organization_id"),
            Policy.basis.label("basis"),
            func.array_position(place, Policy.organization_id).label("depth"),
            Policy.effective_on.label("since"),
        )
        .join(Organization, Policy.organization_id == func.any(place))
        .where(
            Organization.id == organization_id,
            Policy.key.in_(keys),
            Policy.effective_on <= clock.today(),
        )
    )
    shipped = select(
        ContentItem.code,
        ContentItem.data["value"],
        literal(None),
        literal(None),
        literal(0),
        literal(clock.today()),
    ).where(ContentItem.section == "policies", ContentItem.code.in_(keys))
    return setting.union_all(shipped).subquery()
