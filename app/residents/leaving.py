"""What ends when a resident no longer agrees, or is gone: he lives nowhere here any more."""

from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.member import Resident
from app.residents.service import CONSENT


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Without the residents' purpose no residence is kept."""
    if event.purpose == CONSENT:
        await _leave(session, event.person_id)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """Nobody lives where the account said."""
    await _leave(session, event.person_id)


async def _leave(session: AsyncSession, person_id: UUID) -> None:
    """Living bindings end; of no binding, living or ended, building and words are kept."""
    await session.execute(
        update(Resident)
        .where(Resident.person_id == person_id)
        .values(
            ended_at=func.coalesce(Resident.ended_at, clock.now()),
            building_id=None,
            building_text=None,
        )
    )
