"""What an order keeps of a resident who no longer agrees, or is gone: nothing, and nobody comes.

Door and contact of an order are those of the first need behind it.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.identity.events import AccountClosed, ConsentWithdrawn, PhoneRevoked
from app.members.applications import CORE as MEMBERS
from app.models.need import Need
from app.models.order import Order, OrderNeed, OrderStatus
from app.models.poll import PollAnswer
from app.needs.events import NeedMoved
from app.needs.lifecycle import ENDED, NeedAction
from app.needs.submissions import ADDRESS, CONTACT, CORE
from app.orders import photos, service
from app.orders.schemas import CancelIn
from app.permissions import Actor

REASON = "requester_withdrew"
ALL = ("door", "contact_name", "contact_phone")
# purpose → what of the resident's is no longer kept
CLEARS: Mapping[str, Collection[str]] = {
    CORE: ALL,
    ADDRESS: ("door",),
    CONTACT: ("contact_phone",),
}
BEFORE = (OrderStatus.DRAFT, OrderStatus.OPEN)
Earlier = aliased(OrderNeed)


async def on_consent_withdrawn(
    session: AsyncSession, fact_number: int, event: ConsentWithdrawn
) -> None:
    """Only what the purpose was for is gone: with the members', every answer to a poll and photo
    of a service; with the residents', the photos of what was done for him."""
    if event.purpose == MEMBERS:
        await _forget_answers(session, event.person_id)
        await photos.erase_taken_by(session, event.person_id)
    elif event.purpose in CLEARS:
        await _clear(session, event.person_id, CLEARS[event.purpose])
    if event.purpose == CORE:
        await photos.erase_of(session, event.person_id)


async def on_phone_revoked(session: AsyncSession, fact_number: int, event: PhoneRevoked) -> None:
    """The phone may no longer be kept."""
    await _clear(session, event.person_id, ("contact_phone",))


async def on_account_closed(session: AsyncSession, fact_number: int, event: AccountClosed) -> None:
    """Nothing of the resident is kept, and of the member no answer to a poll and no photo."""
    await _clear(session, event.person_id, ALL)
    await _forget_answers(session, event.person_id)
    await photos.erase_of(session, event.person_id)
    await photos.erase_taken_by(session, event.person_id)


async def on_need_moved(session: AsyncSession, fact_number: int, event: NeedMoved) -> None:
    """An order that has not begun is cancelled when its last need was revoked."""
    if event.action != NeedAction.REVOKE:
        return
    orders = await session.scalars(
        select(Order.id)
        .join(OrderNeed, OrderNeed.order_id == Order.id)
        .where(OrderNeed.need_id == event.need_id, Order.status.in_(BEFORE))
        .order_by(Order.id)
    )
    for order_id in orders.all():
        going_on = await session.scalar(
            select(Need.id)
            .join(OrderNeed, OrderNeed.need_id == Need.id)
            .where(OrderNeed.order_id == order_id, Need.status.not_in(ENDED))
            .limit(1)
        )
        if going_on is None:
            await service.cancel(session, Actor.system(), order_id, CancelIn(reason_code=REASON))


async def _forget_answers(session: AsyncSession, person_id: UUID) -> None:
    await session.execute(delete(PollAnswer).where(PollAnswer.person_id == person_id))


async def _clear(session: AsyncSession, person_id: UUID, columns: Collection[str]) -> None:
    is_first = (
        ~select(Earlier.need_id)
        .where(Earlier.order_id == OrderNeed.order_id, Earlier.need_id < OrderNeed.need_id)
        .exists()
    )
    theirs = (
        select(OrderNeed.order_id)
        .join(Need, Need.id == OrderNeed.need_id)
        .where(Need.requester_id == person_id, is_first)
    )
    await session.execute(update(Order).where(Order.id.in_(theirs)).values(dict.fromkeys(columns)))
