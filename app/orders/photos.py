"""Photos of a service, by who organises it or served: never required, and not of children.

They show that something was done. Nobody is measured by them, and nothing counts them.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Invalid
from app.files import service as files
from app.files.lifecycle import LIVING
from app.lifecycle import BadTransition
from app.models.file import File
from app.models.need import Need
from app.models.order import Order, OrderNeed, OrderStatus
from app.orders import service
from app.permissions import Actor, Permission
from app.policies import service as policies

SUBJECT = "order"  # what photos call it
MINOR = "minor"
MOST, SILENCE = "files.max_per_order", "files.check_silence_minutes"
# Under way or over; of what did not take place there is nothing to show.
SERVED = frozenset({OrderStatus.IN_PROGRESS, OrderStatus.PENDING_ACCEPTANCE, OrderStatus.CLOSED})


async def add(
    session: AsyncSession, actor: Actor, order_id: UUID, photo_ids: Sequence[UUID]
) -> Order:
    """The actor's uploads belong to the order; others see each when its check has passed.

    Raises:
        NotFound: as every step. Forbidden: he neither organises it nor served.
        BadTransition: it has not begun, or did not take place.
        Invalid: a service with children, too many, or one that is not the actor's to use.
    """
    order, _ = await service.get(session, actor, order_id, Permission.ORDER_PHOTOGRAPH)
    if order.status not in SERVED:
        raise BadTransition
    if MINOR in order.flags:
        raise Invalid.field("/photo_ids", "no_photos_of_minors", "涉及未成年人的服务不收照片")
    rules = await policies.values(session, order.community_id, MOST, SILENCE)
    known = await session.scalar(
        select(func.count()).where(
            File.subject_kind == SUBJECT, File.subject_id == order.id, File.status.in_(LIVING)
        )
    )
    if (known or 0) + len(set(photo_ids)) > rules[MOST]:
        raise Invalid.field("/photo_ids", "too_many_photos", f"最多{rules[MOST]}张照片")
    await files.attach(
        session,
        actor,
        photo_ids,
        subject=(SUBJECT, order.id),
        community_id=order.community_id,
        silence_minutes=rules[SILENCE],
    )
    await session.flush()
    return order


async def erase_taken_by(session: AsyncSession, person_id: UUID) -> None:
    """No photo that this member took of a service is kept."""
    await _erase(session, File.owner_id == person_id)


async def erase_of(session: AsyncSession, person_id: UUID) -> None:
    """No photo of what was done for this resident is kept, whoever took it."""
    theirs = (
        select(OrderNeed.order_id)
        .join(Need, Need.id == OrderNeed.need_id)
        .where(Need.requester_id == person_id)
    )
    await _erase(session, File.subject_id.in_(theirs))


async def _erase(session: AsyncSession, whose: ColumnElement[bool]) -> None:
    await files.erase(session, File.subject_kind == SUBJECT, whose)
