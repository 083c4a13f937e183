"""The tree is changed by one hand at a time where whole branches move; leaves may grow together."""

from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.organization import Organization

TREE = 0x7EE0
TABLE = Organization.metadata.tables[Organization.__tablename__]


async def hold(session: AsyncSession) -> None:
    """Until the transaction ends no branch of the tree moves: a new leaf keeps its lineage."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(TREE)))


async def hold_alone(session: AsyncSession) -> None:
    """Until the transaction ends nobody else changes the tree."""
    await session.execute(select(func.pg_advisory_xact_lock(TREE)))


async def grow(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """New organizations, parents before children; each row with its id and lineage."""
    now, today = clock.now(), clock.today()
    same = {"opened_on": today, "created_at": now, "updated_at": now, "version": 1}
    if rows:
        await session.execute(insert(Organization), [row | same for row in rows])


async def rewrite(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Organizations have the columns of these rows, which name them all alike, by `id`.

    The caller holds the tree and gives each its next version.
    """
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    statement = (
        update(TABLE)
        .where(TABLE.c.id == bindparam("row_id"))
        .values({name: bindparam(f"new_{name}") for name in names} | {"updated_at": clock.now()})
    )
    connection = await session.connection()
    await connection.execute(
        statement,
        [{"row_id": row["id"]} | {f"new_{name}": row[name] for name in names} for row in rows],
    )
