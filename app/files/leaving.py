"""What becomes of photos that belong to nothing when their uploader no longer agrees, or is gone.

What belongs to something goes with it: its room erases it (`service.erase`).
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.files import service
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.file import File

CORE = "resident_core"


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Without the residents' purpose none is kept."""
    if event.purpose == CORE:
        await _erase(session, event.person_id)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """None of a closed account is kept."""
    await _erase(session, event.person_id)


async def _erase(session: AsyncSession, person_id: UUID) -> None:
    await service.erase(session, File.owner_id == person_id, File.subject_id.is_(None))
