"""People: what other rooms ask of identity, and a person's own page."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Forbidden
from app.models.person import Consent


class ConsentMissing(Forbidden):
    """The purpose is not agreed to: only what it is for is closed."""

    code, title = "consent_missing", "需要先同意相应的个人信息处理说明"


async def has_consent(session: AsyncSession, person_id: UUID, *purposes: str) -> bool:
    """Whether the person agrees to one of `purposes` now."""
    found = await session.scalar(
        select(Consent.id)
        .where(
            Consent.person_id == person_id,
            Consent.purpose.in_(purposes),
            Consent.withdrawn_at.is_(None),
        )
        .limit(1)
    )
    return found is not None


async def require_consent(session: AsyncSession, person_id: UUID, *purposes: str) -> None:
    """Nothing, or ConsentMissing: the person agrees to none of `purposes`."""
    if not await has_consent(session, person_id, *purposes):
        raise ConsentMissing
