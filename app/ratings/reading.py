"""What a community's desk reads of ratings: how often thanks were passed on; never who gave what.

How satisfied residents are together is said by `statistics.reading`, as far as it may be shown.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, func, select

from app.core import clock
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.models.order import Order
from app.models.organization import Organization
from app.models.report import Rating
from app.permissions import Actor, Permission, grants, require

P = Permission
MONTHS = 12
thanks = (
    select(func.count())
    .select_from(Rating)
    .join(Order, Order.id == Rating.order_id)
    .where(
        Order.community_id == Organization.id,
        Rating.relays_thanks,
        Rating.given_at >= bindparam("since", type_=DateTime(timezone=True)),
    )
    .correlate(Organization)
    .scalar_subquery()
    .label("thanks")
)
DESK = Prepared(
    select(thanks, grants(P.COMMUNITY_READ)).where(
        Organization.id == bindparam("community_id", type_=Uuid())
    )
)


async def show(reader: Reader, actor: Actor, community_id: UUID) -> dict[str, Any]:
    """`thanks`: how often residents wished them passed on, since the local day `since`, a year ago;
    one statement.

    Raises:
        NotFound: no such community. Forbidden: not of its desk.
    """
    since = clock.months_after(clock.today(), -MONTHS)
    binds = {"community_id": community_id, "since": clock.day_starts(since)}
    row = await DESK.one(reader, actor.binds() | binds)
    if row is None:
        raise NotFound
    require(row["grants"], P.COMMUNITY_READ)
    return row | {"since": since}
