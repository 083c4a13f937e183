"""What was not solved is taken up again, by the community and then by the level above it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict
from app.lifecycle import BadTransition
from app.models.need import Need
from app.needs import service
from app.needs.lifecycle import NEED, NeedAction
from app.permissions import Actor, Permission, require
from app.policies import service as policies

P, A = Permission, NeedAction
REOPENS = ("orders.reopen_max", "orders.reopen_within_days")


class TooLate(Conflict):
    """The time in which a need may be reopened is over; a new one may be asked for."""

    code, title = "reopen_too_late", "已超过重新办理的期限，请重新提出"


async def reopen(session: AsyncSession, actor: Actor, need_id: UUID, reason: str) -> Need:
    """What was not solved goes back to the community; when that was tried often enough, up.

    Raises:
        NotFound: not the actor's to see.
        Forbidden: neither the resident nor of the community.
        BadTransition: it was not answered with partly or no.
        TooLate: see there.
    """
    need, granted = await service.get(session, actor, need_id)
    if P.NEED_OWN not in granted:
        require(granted, P.NEED_ANSWER_FOR)
    if need.status not in NEED.steps[A.REOPEN].sources:
        raise BadTransition
    found = await policies.values(session, need.community_id, *REOPENS)
    most, days = (found[key] for key in REOPENS)
    if need.updated_at + timedelta(days=days) < clock.now():
        raise TooLate
    action = A.REOPEN if need.rounds < most else A.HAND_UP
    need.rounds += 1
    need.answer_expected_on = None
    await service.moved(session, actor, need, action, None, reason=reason)
    return need


async def decide(session: AsyncSession, actor: Actor, need_id: UUID, reason: str) -> Need:
    """A level above the community says how a need that was handed up goes on."""
    need, granted = await service.get(session, actor, need_id)
    need.answer_expected_on = None
    await service.moved(session, actor, need, A.DECIDE, granted, reason=reason)
    return need
