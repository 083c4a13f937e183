"""What a community announces only so often: cleanups in a month, its secretary's project in a year.

So that service is not only sweeping, single cleanups (集中清扫) have a limit, which the community may
set; what a resident has asked for has none, and care that comes again neither. One service or series
of a year bears the secretary's mark. What was cancelled, or found nobody, does not count.
Source: `posts.environment_monthly_max` and `order_marks` of the content; practice.md R15.
"""

from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict
from app.models.order import Order, OrderNeed, OrderStatus
from app.models.organization import Organization
from app.policies import service as policies

CLEANUP, PROJECT = "cleanup", "secretary_project"  # a flag, a mark
MONTHLY = "posts.environment_monthly_max"
OFF = (OrderStatus.CANCELLED, OrderStatus.EXPIRED)


class EnoughCleanups(Conflict):
    """One more would make service sweeping; the limit is the community's own to set."""

    code, title = "enough_cleanups", "本月集中清扫次数已满，可改为楼道、绿地等长期认领"


class OneProject(Conflict):
    """A community has one secretary's project a year."""

    code, title = "one_project", "本社区今年已有书记项目"


async def check_cleanups(session: AsyncSession, order: Order) -> None:
    """Nothing, or the order would be one cleanup too many in the local month of its begin.

    Raises:
        EnoughCleanups.
    """
    if CLEANUP not in order.flags or order.series_id is not None:
        return
    most = await policies.value(session, order.community_id, MONTHLY)
    first = clock.local_day(order.starts_at).replace(day=1)
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    is_asked_for = select(OrderNeed.need_id).where(OrderNeed.order_id == Order.id).exists()
    are_single = (Order.flags.contains([CLEANUP]), Order.series_id.is_(None), ~is_asked_for)
    if await _announced(session, order, first, after, *are_single) >= most:
        raise EnoughCleanups


async def check_project(session: AsyncSession, order: Order) -> None:
    """Nothing, or another service or series is the secretary's project of the local year.

    Raises:
        OneProject.
    """
    if PROJECT not in order.marks:
        return
    year = clock.local_day(order.starts_at).year
    is_same_series = Order.series_id.is_not(None) & (Order.series_id == order.series_id)
    are_projects = (Order.marks.contains([PROJECT]), ~is_same_series)
    if await _announced(session, order, date(year, 1, 1), date(year + 1, 1, 1), *are_projects):
        raise OneProject


async def _announced(
    session: AsyncSession, order: Order, first: date, after: date, *which: ColumnElement[bool]
) -> int:
    """How many others there are from `first` to before `after`; two at once are counted one after
    the other, for the community is locked."""
    await session.execute(
        select(Organization.id)
        .where(Organization.id == order.community_id)
        .with_for_update(key_share=True)
    )
    found = await session.scalar(
        select(func.count()).where(
            Order.community_id == order.community_id,
            Order.published_at.is_not(None),
            Order.status.not_in(OFF),
            Order.starts_at >= clock.day_starts(first),
            Order.starts_at < clock.day_starts(after),
            Order.id.is_distinct_from(order.id),
            *which,
        )
    )
    return found or 0
