"""When something is due of an item of the negative list. Source: content `negative_list.procedure`."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, workdays
from app.evaluations.year import year_of
from app.models.negative_item import NegativeItem, NegativeItemStatus
from app.policies import content

N = NegativeItemStatus
DROPPED_DAYS = timedelta(days=30)  # content `retention`


class Clocks(NamedTuple):
    """The instants at which something is due of an item, as its columns say."""

    due_at: datetime | None = None
    remind_at: datetime | None = None
    expires_at: datetime | None = None
    erase_at: datetime | None = None


async def clocks_of(
    session: AsyncSession, item: NegativeItem, status: NegativeItemStatus
) -> Clocks:
    """The clocks of a status that the item enters now."""
    now = clock.now()
    if status is N.UPHELD:
        year = await year_of(session, item.community_id, clock.today())
        return Clocks(expires_at=clock.day_after(year.last))
    if status is N.DROPPED:
        return Clocks(erase_at=now + DROPPED_DAYS)
    said: dict[str, Any] = (await content.find(session, "negative_list", "procedure") or {})[
        "value"
    ]
    match status:
        case N.ALLEGED | N.ASKED:
            return Clocks(due_at=workdays.after(now, said["answer_workdays"]))
        case N.ANSWERED | N.CONFIRMED:
            return Clocks(remind_at=workdays.after(now, said["review_workdays"]))
        case N.REVIEWED:
            return Clocks(due_at=workdays.after(now, said["objection_workdays"]))
    return Clocks()
