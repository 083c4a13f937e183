"""The resident's answer: asked for when something is done, given by himself or on his behalf, or not.

Answer and need move together. Source: practice.md R10, R19.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, ids
from app.core.errors import Conflict, Forbidden, Invalid
from app.deadlines import Deadline
from app.models.need import (
    Acceptance,
    AcceptanceStatus,
    AcceptanceStep,
    Need,
    NeedStatus,
    NeedStep,
)
from app.needs.events import AcceptanceMoved
from app.needs.lifecycle import (
    ACCEPTANCE,
    ASKED,
    HANDLING,
    REMINDED,
    SETTLES,
    AcceptanceAction,
    NeedAction,
)
from app.needs.schemas import AnswerForIn, NeedAnswerIn
from app.needs.service import get, moved, step
from app.permissions import Actor, Permission
from app.policies import content
from app.policies import service as policies

P, A = Permission, NeedAction
CALL_BACK = "call_back_then_unanswered"
ANSWERS = ("orders.acceptance_days", "orders.acceptance_silence")


class NotAsked(Conflict):
    """There is nothing to answer: not done yet, or answered before."""

    code, title = "not_asked", "现在没有需要确认的结果"


class OwnWork(Forbidden):
    """Who took or organised a service does not answer for the resident. Source: practice.md R19."""

    code, title = "own_work", "办理人不能代居民确认"


async def finish(
    session: AsyncSession,
    actor: Actor,
    found: Sequence[Need],
    order_id: UUID | None,
    excluded: Collection[UUID],
) -> None:
    """What these locked needs of one community asked for is done, and each resident is asked
    whether it helped.

    `excluded` may not answer on a resident's behalf. Of a need whose resident has left meanwhile
    nobody is asked: the round is silent at once.

    Raises:
        BadTransition: a need is not in hand.
    """
    for need in found:
        if need.status is NeedStatus.WITHDRAWN:
            _nobody_asked(session, need, order_id)
        else:
            step(session, actor, need, A.FINISH, None)
    done = [need for need in found if need.status is not NeedStatus.WITHDRAWN]
    await ask(session, actor, done, order_id, excluded)
    await session.flush()


async def ask(
    session: AsyncSession,
    actor: Actor,
    found: Sequence[Need],
    order_id: UUID | None,
    excluded: Collection[UUID],
) -> None:
    """The residents of these needs of one community are asked; the answers are due after the
    policy's days.

    Neither `excluded` nor the actor nor who else handled a need answers on its resident's behalf.
    Source: practice.md R19.
    """
    if not found:
        return
    with session.no_autoflush:  # the needs are written once
        handled = await _handled(session, found)
        days = await policies.value(session, found[0].community_id, ANSWERS[0])
    for need in found:
        theirs = {*excluded, actor.person_id, *handled.get(need.id, ())}
        row = Acceptance(
            id=ids.new_id(),
            need_id=need.id,
            order_id=order_id,
            round=need.rounds,
            status=AcceptanceStatus.ASKED,
            excluded_ids=sorted(person for person in theirs if person is not None),
            due_at=clock.now() + timedelta(days=days),
        )
        session.add(row)
        _told(session, actor, row, ASKED, None)
    await session.flush()


async def _handled(session: AsyncSession, found: Sequence[Need]) -> dict[UUID, list[UUID | None]]:
    """Who handled each of these needs."""
    rows = await session.execute(
        select(NeedStep.need_id, NeedStep.actor_id)
        .where(NeedStep.need_id.in_([need.id for need in found]), NeedStep.action.in_(HANDLING))
        .distinct()
    )
    handled: dict[UUID, list[UUID | None]] = {}
    for need_id, person_id in rows:
        handled.setdefault(need_id, []).append(person_id)
    return handled


def _nobody_asked(session: AsyncSession, need: Need, order_id: UUID | None) -> None:
    row = Acceptance(
        id=ids.new_id(),
        need_id=need.id,
        order_id=order_id,
        round=need.rounds,
        status=AcceptanceStatus.SILENT,
    )
    session.add(row)
    _told(session, Actor.system(), row, AcceptanceAction.SILENCE, None)


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


async def silence(session: AsyncSession, row: Acceptance) -> None:
    """No answer came: the resident is called back once, then the need ends unanswered.

    Silence counts on neither side of any rate. Source: practice.md "Over-cautious, to loosen".
    """
    need = await session.get_one(Need, row.need_id)
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


DEADLINES = (Deadline(Acceptance, silence, under=(Need, Acceptance.need_id)),)
