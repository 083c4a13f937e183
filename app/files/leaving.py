"""What becomes of photos when who took them no longer agrees, or is gone: nothing is kept."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.files import service
from app.files.lifecycle import FileAction
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.file import File, FileStatus
from app.permissions import Actor

CORE = "resident_core"


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Without the residents' purpose no photo is kept."""
    if event.purpose == CORE:
        await _erase(session, event.person_id)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """No photo of a closed account is kept."""
    await _erase(session, event.person_id)


async def _erase(session: AsyncSession, person_id: UUID) -> None:
    files = await session.scalars(
        select(File)
        .where(File.owner_id == person_id, File.status != FileStatus.REMOVED)
        .order_by(File.id)
        .with_for_update()
    )
    for file in files.all():
        await service.moved(session, Actor.system(), file, FileAction.ERASE)
