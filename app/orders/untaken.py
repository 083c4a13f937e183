"""Why nobody served, and what to do next: judged by the house, changed by the community.

Source: practice.md R16.
"""

from typing import NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.member import Registration, RegistrationStatus
from app.models.order import Order, Seat, SeatOrigin
from app.policies import content

REASONS, PROPOSALS = "no_taker_reasons", "no_taker_proposals"
FOR_ONE = "person"

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
)


class Judgement(NamedTuple):
    """Codes of reason and proposal, and the reason in words."""

    reason: str
    proposal: str
    words: str


async def judge(session: AsyncSession, order: Order, *, is_taken: bool) -> Judgement:
    """Why nobody served: nobody has the skill, or the time; all who were asked declined; it is too
    much for one; nobody answered. `is_taken`: somebody was to come, and did not."""
    facts = (await session.execute(FACTS.where(Order.id == order.id))).one()
    if is_taken:
        reason = "nobody_came"
    elif not facts.has_skill:
        reason = "no_skill"
    elif facts.is_wrong_time:
        reason = "time_mismatch"
    elif facts.were_asked:
        reason = "all_declined"
    elif order.target != FOR_ONE:
        reason = "too_big"
    else:
        reason = "no_answer"
    found = await content.find(session, REASONS, reason) or {}
    return Judgement(reason, found["proposal"], found["name"])
