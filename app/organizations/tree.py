"""The tree is changed by one hand at a time where whole branches move; leaves may grow together."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

TREE = 0x7EE0


async def hold(session: AsyncSession) -> None:
    """Until the transaction ends no branch of the tree moves: a new leaf keeps its lineage."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(TREE)))


async def hold_alone(session: AsyncSession) -> None:
    """Until the transaction ends nobody else changes the tree."""
    await session.execute(select(func.pg_advisory_xact_lock(TREE)))
