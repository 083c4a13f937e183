"""Who is told of a series of orders."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models.order import UNNAMED
from app.models.order_series import OrderSeries
from app.models.person import Role
from app.notifications import service
from app.orders.events import SeriesMoved
from app.orders.lifecycle import SeriesAction

STAFF = (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)


async def on_series_moved(session: AsyncSession, fact: int, event: SeriesMoved) -> None:
    """The community learns that a series is over, so that it can go on with it."""
    if event.action != SeriesAction.RUN_OUT:
        return
    row = await session.get_one(OrderSeries, event.series_id)
    staff = await service.holders(session, row.community_id, *STAFF)
    title = UNNAMED if row.is_confidential else row.title
    await service.tell(session, fact, "series_over", staff, ("order_series", row.id), order=title)
