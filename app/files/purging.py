"""Bytes that nobody needs any more leave the store: of hidden and removed photos, of broken uploads."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.files import storage
from app.models.file import StoredBytes
from app.wechat.client import WeChat

LEASE = timedelta(minutes=5)


async def purge_next(sessions: async_sessionmaker[AsyncSession], wechat: WeChat) -> bool:
    """The bytes of one file are gone; False when none were due. While the store is away they are
    due again after five minutes."""
    async with sessions.begin() as session:
        file_id = await _lease(session)
    if file_id is None:
        return False
    await storage.delete(file_id)
    async with sessions.begin() as session:
        await session.execute(delete(StoredBytes).where(StoredBytes.id == file_id))
    return True


async def _lease(session: AsyncSession) -> UUID | None:
    row = await session.scalar(
        select(StoredBytes)
        .where(StoredBytes.purge_after <= clock.now())
        .order_by(StoredBytes.purge_after)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    row.purge_after = clock.now() + LEASE
    return row.id
