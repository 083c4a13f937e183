"""What was not solved is taken up again, by the community and then by the level above it."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Conflict
from app.lifecycle import BadTransition
from app.models.need import Need, NeedStep
from app.needs import service
from app.needs.lifecycle import NEED, NeedAction
from app.needs.schemas import NeedDecideIn
from app.permissions import Actor, Permission, require
from app.policies import service as policies

P, A = Permission, NeedAction
REOPENS = ("orders.reopen_max", "orders.reopen_within_days")


class TooLate(Conflict):
    """The time in which a need may be reopened is over; a new one may be asked for."""

    code, title = "reopen_too_late", "已超过重新办理的期限，请重新提出"


class Decided(Conflict):
    """The level above has ended it; a new need may be asked for."""

    code, title = "need_decided", "上级已作出最终答复，如有新情况请重新提出"


async def reopen(session: AsyncSession, actor: Actor, need_id: UUID, reason: str) -> Need:
    """What was not solved goes back to the community; when that was tried often enough, up.

    Raises:
        NotFound: not the actor's to see.
        Forbidden: neither the resident nor of the community.
        BadTransition: it was not answered with partly or no.
        TooLate, Decided: see there.
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
    if need.rounds > most and await _was_closed(session, need):
        raise Decided
    action = A.REOPEN if need.rounds < most else A.HAND_UP
    need.rounds += 1
    need.answer_expected_on = None
    await service.moved(session, actor, need, action, None, reason=reason)
    return need


async def decide(session: AsyncSession, actor: Actor, need_id: UUID, body: NeedDecideIn) -> Need:
    """A level above says how a need that was handed up goes on: the community takes it up again, or
    it ends as not solved, and its resident reads why.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
    """
    need, granted = await service.get(session, actor, need_id)
    need.answer_expected_on = None
    action = A.CLOSE if body.closes else A.DECIDE
    await service.moved(session, actor, need, action, granted, reason=body.reason)
    if body.closes:
        need.reply = body.reason
        await session.flush()
    return need


async def _was_closed(session: AsyncSession, need: Need) -> bool:
    """Whether the level above has ended it."""
    closed = await session.scalar(
        select(NeedStep.id).where(NeedStep.need_id == need.id, NeedStep.action == A.CLOSE).limit(1)
    )
    return closed is not None
