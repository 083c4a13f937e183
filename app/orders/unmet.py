"""What found nobody, week by week: the community says better why, and is told on Mondays.

Source: practice.md R16, F.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.deadlines import Deadline
from app.lifecycle import BadTransition
from app.models.order import Order, UnmetWeek
from app.orders import service
from app.orders.events import UnmetWeekEnded
from app.orders.lifecycle import JUDGED
from app.orders.unmet_schemas import NoTakerIn
from app.orders.untaken import PROPOSALS, REASONS
from app.permissions import Actor, Permission
from app.policies import content

P = Permission


async def judge(session: AsyncSession, actor: Actor, order_id: UUID, body: NoTakerIn) -> Order:
    """Why nobody served is as the community says; the proposal too, or as goes with the reason.

    Raises:
        NotFound, Forbidden: as every step.
        BadTransition: it has not found nobody.
        Invalid: a reason or proposal that the content does not know.
    """
    order, _ = await service.get(session, actor, order_id, P.ORDER_RUN)
    if order.unserved_at is None:
        raise BadTransition
    reason = await content.require(session, REASONS, body.reason_code, pointer="/reason_code")
    proposal = body.proposal_code
    if proposal is None:
        proposal = reason["proposal"]
    else:
        await content.require(session, PROPOSALS, proposal, pointer="/proposal_code")
    order.no_taker_reason, order.no_taker_proposal = body.reason_code, proposal
    said = f"{body.reason_code},{proposal}"
    service.tell(session, actor, order, JUDGED, order.status, reason=said)
    await session.flush()
    return order


async def end_week(session: AsyncSession, row: UnmetWeek) -> None:
    """The week is over; its list is told of once."""
    events.record(session, UnmetWeekEnded(unmet_week_id=row.id, community_id=row.community_id))


DEADLINES = (Deadline(UnmetWeek, end_week),)
