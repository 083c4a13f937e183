"""Needs: getting one for change, its steps with history and fact; the resident's answer to it.

Whoever takes a need over (an order) calls `start`, `back_to_triage` and `finish`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, workdays
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.deadlines import Deadline
from app.lifecycle import BadTransition
from app.models.need import (
    Acceptance,
    AcceptanceStatus,
    AcceptanceStep,
    Need,
    NeedStatus,
    NeedStep,
    Route,
)
from app.needs.events import AcceptanceMoved, NeedMoved
from app.needs.lifecycle import (
    ACCEPTANCE,
    ASKED,
    HANDLING,
    NEED,
    REMINDED,
    SETTLES,
    WAITING,
    AcceptanceAction,
    NeedAction,
)
from app.needs.schemas import AnswerForIn, NeedAnswerIn
from app.permissions import Actor, Permission, grants, may, require
from app.policies import content
from app.policies import service as policies

P, A = Permission, NeedAction
CALL_BACK, FIRST_ANSWER = "call_back_then_unanswered", "needs.first_answer_workdays"
FOLLOW_UP = "needs.referral_follow_up"
ANSWERS = ("orders.acceptance_days", "orders.acceptance_silence")


class NotAsked(Conflict):
    """There is nothing to answer: not done yet, or answered before."""

    code, title = "not_asked", "现在没有需要确认的结果"


class OwnWork(Forbidden):
    """Who took or organised a service does not answer for the resident. Source: practice.md R19."""

    code, title = "own_work", "办理人不能代居民确认"


async def get(
    session: AsyncSession, actor: Actor, need_id: UUID, *permissions: Permission, lock: bool = True
) -> tuple[Need, list[str]]:
    """The need, locked unless said otherwise, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    statement = select(
        Need,
        grants(
            P.NEED_OWN,
            P.NEED_SPEAK,
            P.NEED_TRIAGE,
            P.NEED_CONTACT,
            P.NEED_ANSWER_FOR,
            P.NEED_DECIDE,
        ),
    ).where(Need.id == need_id, may(P.NEED_READ) | may(P.NEED_ANSWER_FOR))
    if lock:
        statement = statement.with_for_update(of=Need)
    row = (await session.execute(statement, actor.binds())).first()
    if row is None:
        raise NotFound
    for permission in permissions:
        require(row.grants, permission)
    return row.Need, row.grants


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
    if granted is None:
        left = NEED.advance(need, action, reason=reason)
    else:
        left = NEED.move(need, action, granted, reason=reason)
    need.due_at = need.remind_at = None
    if need.status in WAITING or is_followed(need):
        need.remind_at = await next_look(session, need)
    tell(session, actor, need, action, left, reason=reason)
    await session.flush()


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
        left = NEED.advance(need, A.START)
        need.due_at = need.remind_at = None
        tell(session, actor, need, A.START, left)


async def back_to_triage(session: AsyncSession, actor: Actor, need_id: UUID, reason: str) -> None:
    """The order came to nothing; the community decides anew. A need that went on is left alone."""
    need = await session.get_one(Need, need_id, with_for_update=True)
    if need.status is NeedStatus.IN_HAND:
        await moved(session, actor, need, A.BACK_TO_TRIAGE, None, reason=reason)


async def finish(
    session: AsyncSession,
    actor: Actor,
    need_id: UUID,
    order_id: UUID | None,
    excluded: Sequence[UUID],
) -> None:
    """What was asked for is done, and the resident is asked whether it helped.

    `excluded` may not answer on the resident's behalf. Of a need whose resident has left
    meanwhile nobody is asked: the round is silent at once.

    Raises:
        BadTransition: the need is not in hand.
    """
    need = await session.get_one(Need, need_id, with_for_update=True)
    if need.status is NeedStatus.WITHDRAWN:
        await _nobody_asked(session, need, order_id)
        return
    await moved(session, actor, need, A.FINISH, None)
    await ask(session, actor, need, order_id, excluded)


async def ask(
    session: AsyncSession,
    actor: Actor,
    need: Need,
    order_id: UUID | None,
    excluded: Sequence[UUID],
) -> None:
    """The resident is asked; the answer is due after the policy's days.

    Neither `excluded` nor who handled the need answers on his behalf. Source: practice.md R19.
    """
    handled = await session.scalars(
        select(NeedStep.actor_id).where(
            NeedStep.need_id == need.id,
            NeedStep.action.in_(HANDLING),
            NeedStep.actor_id.is_not(None),
        )
    )
    days = await policies.value(session, need.community_id, ANSWERS[0])
    row = Acceptance(
        need_id=need.id,
        order_id=order_id,
        round=need.rounds,
        excluded_ids=sorted({*excluded, *(one for one in handled if one is not None)}),
        due_at=clock.now() + timedelta(days=days),
    )
    session.add(row)
    await session.flush()
    _told(session, actor, row, ASKED, None)
    await session.flush()


async def _nobody_asked(session: AsyncSession, need: Need, order_id: UUID | None) -> None:
    row = Acceptance(
        need_id=need.id,
        order_id=order_id,
        round=need.rounds,
        status=AcceptanceStatus.SILENT,
    )
    session.add(row)
    await session.flush()
    _told(session, Actor.system(), row, AcceptanceAction.SILENCE, None)
    await session.flush()


async def answer(session: AsyncSession, actor: Actor, need_id: UUID, body: NeedAnswerIn) -> Need:
    """The resident has said whether it helped; the need is settled accordingly.

    Raises:
        NotFound: not a need of this resident.
        NotAsked: see there.
        Invalid: a reason is missing or unknown.
    """
    need, _ = await get(session, actor, need_id, P.NEED_OWN)
    await _answered(session, actor, need, body)
    return need


async def answer_for(session: AsyncSession, actor: Actor, need_id: UUID, body: AnswerForIn) -> Need:
    """As `answer`, entered for somebody without a phone, and marked so. Source: practice.md R19.

    Raises:
        OwnWork: the actor took or organised the service.
    """
    need, _ = await get(session, actor, need_id, P.NEED_ANSWER_FOR)
    await content.require(session, "on_behalf.ways", body.way, pointer="/way")
    row = await _answered(session, actor, need, body)
    row.on_behalf_way = body.way
    await session.flush()
    return need


async def _answered(
    session: AsyncSession, actor: Actor, need: Need, body: NeedAnswerIn
) -> Acceptance:
    row = await session.scalar(
        select(Acceptance)
        .where(Acceptance.need_id == need.id, Acceptance.status == AcceptanceStatus.ASKED)
        .with_for_update()
    )
    if row is None:
        raise NotAsked
    if actor.person_id in row.excluded_ids:
        raise OwnWork
    action = AcceptanceAction(body.answer)
    if ACCEPTANCE.steps[action].reason:
        if body.reason_code is None:
            raise Invalid.field("/reason_code", "reason_required", "请说明原因")
        await content.require(
            session, "acceptance.reasons_if_not_solved", body.reason_code, pointer="/reason_code"
        )
        row.reason_code = body.reason_code
    row.answered_by_id, row.answered_at = actor.person_id, clock.now()
    await _settled(session, actor, need, row, action)
    return row


async def _settled(
    session: AsyncSession, actor: Actor, need: Need, row: Acceptance, action: AcceptanceAction
) -> None:
    """Answer and need move together."""
    left = ACCEPTANCE.advance(row, action, reason=row.reason_code)
    row.due_at = None
    _told(session, actor, row, action, left)
    await moved(session, actor, need, SETTLES[action], None)


def _told(
    session: AsyncSession,
    actor: Actor,
    row: Acceptance,
    action: str,
    left: AcceptanceStatus | None,
) -> None:
    session.add(
        AcceptanceStep(
            acceptance_id=row.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
            reason=row.reason_code,
        )
    )
    events.record(
        session,
        AcceptanceMoved(
            acceptance_id=row.id,
            need_id=row.need_id,
            order_id=row.order_id,
            action=action,
            status=row.status,
        ),
    )


async def lapse(session: AsyncSession, need: Need) -> None:
    """A question that the resident never answered: the need waits, and reopens on an answer."""
    if need.status is NeedStatus.ASKED_BACK:
        await moved(session, Actor.system(), need, A.LAPSE, None)


async def remind(session: AsyncSession, need: Need) -> None:
    """The community is told that a need still waits for it; again after as many workdays."""
    if need.status in WAITING or is_followed(need):
        tell(session, Actor.system(), need, REMINDED, need.status)
        need.remind_at = await next_look(session, need)


async def silence(session: AsyncSession, row: Acceptance) -> None:
    """No answer came: the resident is called back once, then the need ends unanswered.

    Silence counts on neither side of any rate. Source: practice.md "Over-cautious, to loosen".
    """
    need = await session.get_one(Need, row.need_id, with_for_update=True)
    found: dict[str, Any] = await policies.values(session, need.community_id, *ANSWERS)
    days, rule = (found[key] for key in ANSWERS)
    reminded = await session.scalar(
        select(AcceptanceStep.id).where(
            AcceptanceStep.acceptance_id == row.id, AcceptanceStep.action == REMINDED
        )
    )
    if rule == CALL_BACK and reminded is None:
        row.due_at = clock.now() + timedelta(days=days)
        _told(session, Actor.system(), row, REMINDED, row.status)
        return
    await silenced(session, need, row)


async def silenced(session: AsyncSession, need: Need, row: Acceptance) -> None:
    """No answer will come: the need ends unanswered."""
    await _settled(session, Actor.system(), need, row, AcceptanceAction.SILENCE)


DEADLINES = (
    Deadline(Need, lapse),
    Deadline(Need, remind, "remind_at"),
    Deadline(Acceptance, silence),
)
