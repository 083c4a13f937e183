"""Facts as the statistics hear them: whose month is counted again."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.members.events import RegistrationMoved
from app.models.member import Registration
from app.models.need import Need
from app.models.order import Order
from app.models.record import ServiceRecord
from app.needs.events import AcceptanceMoved, NeedMoved
from app.orders.events import OrderMoved, SeatMoved
from app.records.events import RecordMoved
from app.statistics.sources import Subject
from app.statistics.summing import recount, recount_of


async def on_registration_moved(session: AsyncSession, fact: int, event: RegistrationMoved) -> None:
    """Whoever came or went counts so in his community and for his employer."""
    row = await session.get_one(Registration, event.registration_id)
    if row.registered_on is None:
        return
    days = (row.registered_on, row.ended_on or row.registered_on)
    for month in sorted({day.replace(day=1) for day in days}):
        await recount(session, Subject.MEMBER, (row.community_id, row.employer_id), month)


async def on_record_moved(session: AsyncSession, fact: int, event: RecordMoved) -> None:
    """What was approved, corrected, disputed or voided counts as it stands now."""
    row = await session.get_one(ServiceRecord, event.record_id)
    await recount_of(session, row)


async def on_need_moved(session: AsyncSession, fact: int, event: NeedMoved) -> None:
    """The month in which it was raised is counted again."""
    await _of_need(session, event.need_id)


async def on_acceptance_moved(session: AsyncSession, fact: int, event: AcceptanceMoved) -> None:
    """So it is with what its resident has said."""
    await _of_need(session, event.need_id)


async def on_order_moved(session: AsyncSession, fact: int, event: OrderMoved) -> None:
    """The month in which it was published is counted again; a draft counts nowhere."""
    await _of_order(session, event.order_id)


async def on_seat_moved(session: AsyncSession, fact: int, event: SeatMoved) -> None:
    """So it is with who takes it."""
    await _of_order(session, event.order_id)


async def _of_need(session: AsyncSession, need_id: UUID) -> None:
    row = await session.get_one(Need, need_id)
    await recount(session, Subject.NEED, (row.community_id,), clock.local_day(row.created_at))


async def _of_order(session: AsyncSession, order_id: UUID) -> None:
    row = await session.get_one(Order, order_id)
    if row.published_at is not None:
        day = clock.local_day(row.published_at)
        await recount(session, Subject.ORDER, (row.community_id,), day)
