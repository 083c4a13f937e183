"""What becomes of needs when their resident no longer agrees, or is gone.

A refused purpose closes only its function: the door, the phone for who comes; without the
residents' purpose nothing goes on, and nothing of the resident's own is kept.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.events import AccountClosed, ConsentWithdrawn, PhoneRevoked
from app.models.need import Acceptance, AcceptanceStatus, Need, NeedStep, NeedSupporter
from app.needs import acceptance, merging, photos, service
from app.needs.lifecycle import ENDED, SPOKEN, NeedAction
from app.needs.submissions import ADDRESS, CONTACT, CORE
from app.permissions import Actor

ERASED = "（本人已撤回，内容已删除）"
# purpose → what is no longer kept of the person's needs
CLEARS: Mapping[str, Mapping[str, Any]] = {
    ADDRESS: {"door": None},
    CONTACT: {"shares_phone": False},
}


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Only what the purpose was for ends; with the residents' purpose, every need."""
    if event.purpose == CORE:
        await _leave(session, event.person_id)
    elif event.purpose in CLEARS:
        await _clear(session, event.person_id, **CLEARS[event.purpose])


async def on_phone_revoked(session: AsyncSession, fact_number: int, event: PhoneRevoked) -> None:
    """The phone may no longer be kept; the need goes on without it."""
    await _clear(session, event.person_id, contact_phone=None, shares_phone=False)


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """Nobody waits for the needs of a closed account."""
    await _leave(session, event.person_id)


async def _leave(session: AsyncSession, person_id: UUID) -> None:
    """Open needs are withdrawn, an open question is silent; of all of them, what happened stays."""
    needs = await session.scalars(
        select(Need)
        .where(Need.requester_id == person_id, Need.status.not_in(ENDED))
        .order_by(Need.id)
        .with_for_update()
    )
    for need in needs.all():
        await _revoke(session, need)
    await _clear(
        session,
        person_id,
        words=ERASED,
        place=None,
        wished_time=None,
        contact_name=None,
        contact_phone=None,
        door=None,
        shares_phone=False,
    )
    await photos.erase_of(session, person_id)
    await session.execute(delete(NeedSupporter).where(NeedSupporter.person_id == person_id))
    await session.execute(
        update(NeedStep)
        .where(
            NeedStep.need_id.in_(select(Need.id).where(Need.requester_id == person_id)),
            NeedStep.action.in_(SPOKEN),
        )
        .values(reason=None)
    )


async def _revoke(session: AsyncSession, need: Need) -> None:
    asked = await session.scalar(
        select(Acceptance)
        .where(Acceptance.need_id == need.id, Acceptance.status == AcceptanceStatus.ASKED)
        .with_for_update()
    )
    if asked is not None:
        await acceptance.silenced(session, need, asked)
    else:
        await service.moved(session, Actor.system(), need, NeedAction.REVOKE, None)
        await merging.parted(session, need)


async def _clear(session: AsyncSession, person_id: UUID, **values: Any) -> None:
    await session.execute(update(Need).where(Need.requester_id == person_id).values(**values))
