"""The secretary is told on Mondays of what found nobody in the week before."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.order import Order, UnmetWeek
from app.models.person import Role
from app.notifications import service
from app.orders import unmet_reading
from app.orders.events import UnmetWeekEnded


async def on_unmet_week_ended(session: AsyncSession, fact: int, event: UnmetWeekEnded) -> None:
    """How many they were; the list itself is a page."""
    row = await session.get_one(UnmetWeek, event.unmet_week_id)
    span = unmet_reading.span(row.week)
    count = await session.scalar(
        select(func.count()).where(
            Order.community_id == row.community_id,
            Order.unserved_at >= span["since"],
            Order.unserved_at < span["until"],
        )
    )
    people = await service.holders(session, row.community_id, Role.COMMUNITY_SECRETARY)
    subject = ("unmet_week", row.id)
    await service.tell(session, fact, "unmet_needs", people, subject, count=count)
