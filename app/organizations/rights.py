"""What somebody may do in an organization, asked before something is made there."""

from functools import cache
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.models.organization import Organization
from app.permissions import Actor, Permission, grants, require


async def require_in(
    session: AsyncSession,
    actor: Actor,
    organization_id: UUID,
    needed: Permission,
    kinds: tuple[str, ...] = (),
) -> None:
    """Nothing, or why the actor may not do this there; one statement.

    Raises:
        NotFound: no such organization, or one of another kind than `kinds`.
        Forbidden: not his to do.
    """
    binds = actor.binds() | {"organization_id": organization_id}
    granted = await session.scalar(_statement(needed, kinds), binds)
    if granted is None:
        raise NotFound
    require(granted, needed)


@cache
def _statement(needed: Permission, kinds: tuple[str, ...]) -> Select[list[str]]:
    statement = select(grants(needed)).where(
        Organization.id == bindparam("organization_id", type_=Uuid())
    )
    return statement.where(Organization.kind.in_(kinds)) if kinds else statement
