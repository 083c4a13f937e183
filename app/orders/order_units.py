"""Which units hold places on an order, and which were asked about it, as its organiser reads it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from app.core import clock
from app.core.errors import NotFound
from app.core.prepared import Prepared, Reader
from app.models.order import BranchTake, Order
from app.models.organization import Organization
from app.models.poll import Poll, PollChoice
from app.orders import reading
from app.orders.branch_reading import OPEN
from app.orders.poll_reading import counted
from app.permissions import Actor, Permission, grants, may, require

P = Permission
MOST = 100
ORDER_ID = bindparam("order_id", type_=Uuid())
ORDER = Prepared(
    select(
        Order.title,
        Order.community_id,
        reading.Community.name.label("community_name"),
        OPEN.label("may_ask"),
        grants(P.ORDER_RUN),
    )
    .join(reading.Community, reading.Community.id == Order.community_id)
    .where(Order.id == ORDER_ID, may(P.ORDER_READ))
)
TAKES = Prepared(
    select(
        BranchTake.id,
        BranchTake.organization_id,
        Organization.name.label("organization_name"),
        BranchTake.places,
        BranchTake.unnamed,
        BranchTake.names_due_at,
    )
    .join(Organization, Organization.id == BranchTake.organization_id)
    .where(BranchTake.order_id == ORDER_ID)
    .order_by(BranchTake.id)
    .limit(MOST)
)
POLLS = Prepared(
    select(
        Poll.id,
        Poll.organization_id,
        Organization.name.label("organization_name"),
        Poll.status,
        Poll.asked,
        Poll.closes_at,
        *(counted(said).label(said.value) for said in PollChoice),
    )
    .join(Organization, Organization.id == Poll.organization_id)
    .where(Poll.order_id == ORDER_ID)
    .order_by(Poll.id.desc())
    .limit(MOST)
)


async def show(reader: Reader, actor: Actor, order_id: UUID) -> dict[str, Any]:
    """The units that have taken places, in the order they came; the polls, the latest first;
    `may_ask`: whether members can still be asked.

    Raises:
        NotFound: no such order for the actor. Forbidden: not its organiser.
    """
    asked = {"order_id": order_id}
    row = await ORDER.one(reader, actor.binds() | asked | {"now": clock.now()})
    if row is None:
        raise NotFound
    require(row["grants"], P.ORDER_RUN)
    return row | {
        "takes": await TAKES.rows(reader, asked),
        "polls": await POLLS.rows(reader, asked),
    }
