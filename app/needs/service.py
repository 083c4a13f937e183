"""Needs: getting one for change, its steps with history and fact.

Whoever takes a need over (an order) calls `start`, `back_to_triage` and `acceptance.finish`.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, workdays
from app.deadlines import Deadline
from app.lifecycle import BadTransition
from app.models.need import (
    Need,
    NeedStatus,
    NeedStep,
    Route,
)
from app.needs.events import NeedMoved
from app.needs.lifecycle import (
    NEED,
    REMINDED,
    WAITING,
    NeedAction,
)
from app.permissions import Actor, Permission
from app.policies import service as policies
from app.rows import get_row

P, A = Permission, NeedAction
FIRST_ANSWER = "needs.first_answer_workdays"
FOLLOW_UP = "needs.referral_follow_up"


async def get(
    session: AsyncSession,
    actor: Actor,
    need_id: UUID,
    *permissions: Permission,
    is_locked: bool = True,
) -> tuple[Need, list[str]]:
    """The need, locked unless said otherwise, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    return await get_row(
        session,
        actor,
        Need,
        need_id,
        seen=(P.NEED_READ, P.NEED_ANSWER_FOR),
        asked=(
            P.NEED_OWN,
            P.NEED_SPEAK,
            P.NEED_TRIAGE,
            P.NEED_CONTACT,
            P.NEED_ANSWER_FOR,
            P.NEED_DECIDE,
        ),
        needed=permissions,
        is_locked=is_locked,
    )


async def find_many(session: AsyncSession, need_ids: Sequence[UUID]) -> list[Need]:
    """The needs that there are of these, locked in the order of their ids."""
    return list(
        await session.scalars(
            select(Need).where(Need.id.in_(need_ids)).order_by(Need.id).with_for_update()
        )
    )


async def moved(
    session: AsyncSession,
    actor: Actor,
    need: Need,
    action: NeedAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
) -> None:
    """The need took a step: status, history, fact. `granted` None: the house itself takes it.

    Its clocks stop, but where it is the community's turn it is reminded in time; who enters a
    status with another clock sets it afterwards.
    """
    step(session, actor, need, action, granted, reason=reason)
    if need.status in WAITING or is_followed(need):
        with session.no_autoflush:  # the need is written once
            need.remind_at = await next_look(session, need)
    await session.flush()


def step(
    session: AsyncSession,
    actor: Actor,
    need: Need,
    action: NeedAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
) -> None:
    """As `moved`, but nobody is reminded, and the caller flushes."""
    if granted is None:
        left = NEED.advance(need, action, reason=reason)
    else:
        left = NEED.move(need, action, granted, reason=reason)
    need.due_at = need.remind_at = None
    tell(session, actor, need, action, left, reason=reason)


def is_followed(need: Need) -> bool:
    """The community itself, or whom it was passed on to, is at work on it; an order has its own
    clock. Source: practice.md R1."""
    return need.status is NeedStatus.IN_HAND and need.route is not Route.ORDER


async def next_look(session: AsyncSession, need: Need) -> datetime | None:
    """When the community is told that the need still waits: on the day on which the other side's
    answer is expected, if that is to come, else after the days of a first answer. None: what was
    passed on is not looked after, where the policy says so."""
    rules = await policies.values(session, need.community_id, FIRST_ANSWER, FOLLOW_UP)
    day = need.answer_expected_on
    if need.route is Route.REFERRED and need.status is NeedStatus.IN_HAND and not rules[FOLLOW_UP]:
        return None
    if need.route is Route.REFERRED and day is not None and clock.day_starts(day) > clock.now():
        return clock.day_starts(day)
    return workdays.after(clock.now(), rules[FIRST_ANSWER])


async def first_answer(session: AsyncSession, community_id: UUID) -> datetime:
    """Until when what waits for the community is to be answered."""
    return workdays.after(clock.now(), await policies.value(session, community_id, FIRST_ANSWER))


def tell(
    session: AsyncSession,
    actor: Actor,
    need: Need,
    action: str,
    left: NeedStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step."""
    session.add(
        NeedStep(
            need_id=need.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=need.status,
            reason=reason,
        )
    )
    events.record(
        session,
        NeedMoved(
            need_id=need.id, requester_id=need.requester_id, action=action, status=need.status
        ),
    )


def start(session: AsyncSession, actor: Actor, found: Sequence[Need]) -> None:
    """An order takes care of these locked needs from now on, and its clock is theirs; the caller
    flushes.

    Raises:
        BadTransition: a need was not accepted, or for another route.
    """
    for need in found:
        if need.route is not Route.ORDER:
            raise BadTransition
        step(session, actor, need, A.START, None)


async def back_to_triage(
    session: AsyncSession, actor: Actor, found: Sequence[Need], reason: str
) -> None:
    """The order of these locked needs, all of one community, came to nothing; the community decides
    anew. A need that went on is left alone."""
    left = [need for need in found if need.status is NeedStatus.IN_HAND]
    if not left:
        return
    look_at = await first_answer(session, left[0].community_id)
    for need in left:
        step(session, actor, need, A.BACK_TO_TRIAGE, None, reason=reason)
        need.remind_at = look_at
    await session.flush()


async def lapse(session: AsyncSession, need: Need) -> None:
    """A question that the resident never answered: the need waits, and reopens on an answer."""
    if need.status is NeedStatus.ASKED_BACK:
        await moved(session, Actor.system(), need, A.LAPSE, None)


async def remind(session: AsyncSession, need: Need) -> None:
    """The community is told that a need still waits for it; again after as many workdays."""
    if need.status in WAITING or is_followed(need):
        tell(session, Actor.system(), need, REMINDED, need.status)
        need.remind_at = await next_look(session, need)


DEADLINES = (Deadline(Need, lapse), Deadline(Need, remind, "remind_at"))
