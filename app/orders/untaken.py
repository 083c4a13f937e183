"""Why nobody served, and what to do next: judged by the house, changed by the community.

Source: practice.md R16.
"""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.commitments import service as commitments
from app.core import clock, ids
from app.models.member import Registration, RegistrationStatus
from app.models.order import Order, Seat, SeatOrigin, UnmetWeek
from app.policies import content
from app.policies import service as policies

REASONS, PROPOSALS = "no_taker_reasons", "no_taker_proposals"
FOR_ONE = "person"
REPORT_AT, DAYS = "orders.unmet_report_at", "orders.no_taker_days"

_here = and_(
    Registration.community_id == Order.community_id,
    Registration.status == RegistrationStatus.ACTIVE,
    Registration.person_id.is_not(None),
)
_skilled = and_(
    _here, or_(func.cardinality(Order.skills) == 0, Registration.skills.overlap(Order.skills))
)
FACTS = select(
    select(Registration.id).where(_skilled).exists().label("has_skill"),
    # nobody has said when he is free: then the time is not what it failed for
    and_(
        select(Registration.id)
        .where(_skilled, func.cardinality(Registration.availability) > 0)
        .exists(),
        ~select(Registration.id)
        .where(_skilled, Registration.availability.overlap(Order.bands))
        .exists(),
    ).label("is_wrong_time"),
    select(Seat.id)
    .where(Seat.order_id == Order.id, Seat.origin.in_((SeatOrigin.DISPATCH, SeatOrigin.BRANCH)))
    .exists()
    .label("were_asked"),
).where(Order.id == bindparam("order_id", type_=Uuid()))


def look_at(order: Order, days: int) -> datetime:
    """When it is looked whether somebody comes: after so many days, or, where it begins before or
    `days` is 0, at its end."""
    early = clock.now() + timedelta(days=days)
    return early if days and early < order.starts_at else order.ends_at


async def note(session: AsyncSession, order: Order, *, is_taken: bool) -> str:
    """The order carries why nobody served and what might be done, and stands in the list of this
    week; the reason in words. `is_taken`: somebody was to come, and did not."""
    reason = "nobody_came" if is_taken else await _judge(session, order)
    found = await content.find(session, REASONS, reason) or {}
    order.no_taker_reason, order.no_taker_proposal = reason, found["proposal"]
    order.unserved_at = clock.now()
    await _list(session, order.community_id, commitments.week_of(order.unserved_at))
    words: str = found["name"]
    return words


async def _judge(session: AsyncSession, order: Order) -> str:
    """Nobody has the skill, or the time; all who were asked declined; it is too much for one; or
    nobody answered."""
    facts = (await session.execute(FACTS, {"order_id": order.id})).one()
    if not facts.has_skill:
        return "no_skill"
    if facts.is_wrong_time:
        return "time_mismatch"
    if facts.were_asked:
        return "all_declined"
    return "no_answer" if order.target == FOR_ONE else "too_big"


async def _list(session: AsyncSession, community_id: UUID, week: date) -> None:
    """The week is told of when it is over, on Monday at the policy's hour, local time."""
    at = time.fromisoformat(await policies.value(session, community_id, REPORT_AT))
    due_at = datetime.combine(week + timedelta(days=7), at, clock.ZONE)
    await session.execute(
        insert(UnmetWeek)
        .values(id=ids.new_id(), community_id=community_id, week=week, due_at=due_at)
        .on_conflict_do_nothing()
    )
