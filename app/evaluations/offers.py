"""How often a member was offered a service: what he could have had, whatever became of it.

Source: practice.md R9; policy `evaluation.min_offers_for_low_participation`.
"""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import any_, cast, func, select, union
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app.core import clock
from app.models.member import Registration
from app.models.order import Order, OrderStatus, Seat, SeatStatus
from app.models.poll import Poll, PollAnswer

# He has only waited, or the house took the place back.
NOT_OFFERED = (SeatStatus.WAITING, SeatStatus.CANCELLED, SeatStatus.REPLACED)


async def offers_made(
    session: AsyncSession, registration_ids: Collection[UUID], period: tuple[date, date]
) -> Mapping[UUID, int]:
    """How many services of these days each was offered, asked for or took; one statement.

    Counted once each: a place that was taken, kept for him or given to him by name, and a poll that
    asked him. Services that were called off are none. Who was offered nothing is not in it.
    """
    first, last = period
    wanted = Registration.id == any_(cast(list(registration_ids), ARRAY(Uuid())))
    seated = (
        select(Seat.registration_id, Seat.order_id)
        .join(Registration, Registration.person_id == Seat.person_id)
        .where(wanted, Seat.registration_id == Registration.id, Seat.status.not_in(NOT_OFFERED))
    )
    asked = (
        select(PollAnswer.registration_id, Poll.order_id)
        .join(Registration, Registration.person_id == PollAnswer.person_id)
        .join(Poll, Poll.id == PollAnswer.poll_id)
        .where(wanted, PollAnswer.registration_id == Registration.id)
    )
    offered = union(seated, asked).subquery()
    rows = await session.execute(
        select(offered.c.registration_id, func.count())
        .join(Order, Order.id == offered.c.order_id)
        .where(
            Order.status != OrderStatus.CANCELLED,
            Order.starts_at >= clock.day_starts(first),
            Order.starts_at < clock.day_after(last),
        )
        .group_by(offered.c.registration_id)
    )
    return {registration_id: offers for registration_id, offers in rows}
