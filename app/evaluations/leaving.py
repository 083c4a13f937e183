"""What becomes of a member's own words when he no longer agrees to the processing, or is gone."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.events import AccountClosed, ConsentWithdrawn
from app.members.applications import CORE
from app.models.negative_item import NegativeItem
from app.models.objection import Objection


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """With the members' purpose, what the member said himself; what was decided stays."""
    if event.purpose == CORE:
        await _forget_words(session, event.person_id)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """Nothing that the member said is kept."""
    await _forget_words(session, event.person_id)


async def _forget_words(session: AsyncSession, person_id: UUID) -> None:
    await session.execute(
        update(NegativeItem).where(NegativeItem.person_id == person_id).values(answer=None)
    )
    await session.execute(
        update(Objection).where(Objection.person_id == person_id).values(words=None)
    )
