"""Objections (异议): the community answers, the subdistrict decides, the district once more.

While it is undecided, that part of the member's year is told to nobody. Silence of the community
passes it on; silence of an authority is reminded of and decides nothing. Source: practice.md G7;
policies `evaluation.objection_workdays`, `evaluation.objection_review_workdays`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock, workdays
from app.core.errors import AppError, Conflict, NotFound
from app.deadlines import Deadline
from app.evaluations import negative_items
from app.evaluations.events import ObjectionMoved
from app.evaluations.lifecycle import (
    OBJECTION,
    OBJECTION_ENDS,
    OBJECTION_OTHERS,
    RAISED,
    REMINDED,
    NegativeAction,
    ObjectionAction,
)
from app.evaluations.negative_items import SamePerson
from app.evaluations.year import year_of
from app.models.member import Registration
from app.models.negative_item import NegativeItem
from app.models.objection import Objection, ObjectionKind, ObjectionStatus, ObjectionStep
from app.models.order import Seat, SeatStatus
from app.models.record import ServiceRecord
from app.permissions import Actor, Permission, require
from app.policies import service as policies
from app.rows import get_row

A, K, P, S = ObjectionAction, ObjectionKind, Permission, ObjectionStatus
WAITS, DECIDES = "evaluation.objection_workdays", "evaluation.objection_review_workdays"


class ObjectedAlready(Conflict):
    """It is not decided yet; one at a time."""

    code, title = "objected_already", "该项异议正在办理"


CONSTRAINTS: Mapping[str, type[AppError]] = {"uq_objections_living": ObjectedAlready}


async def get(
    session: AsyncSession, actor: Actor, objection_id: UUID, *permissions: Permission
) -> tuple[Objection, list[str]]:
    """The objection, locked, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        Forbidden: one of `permissions` is missing.
    """
    return await get_row(
        session,
        actor,
        Objection,
        objection_id,
        seen=P.OBJECTION_READ,
        asked=(P.OBJECTION_OWN, P.OBJECTION_ANSWER, P.OBJECTION_DECIDE, P.OBJECTION_SETTLE),
        needed=permissions,
    )


async def raise_to_item(
    session: AsyncSession, actor: Actor, item_id: UUID, words: str
) -> Objection:
    """The member objects to an item that was reviewed; until it is decided it is told to nobody.

    Raises:
        NotFound, Forbidden: no such item of his.
        BadTransition: not reviewed yet, or his time is over.
    """
    item, _ = await negative_items.get(session, actor, item_id, P.NEGATIVE_OWN)
    await negative_items.moved(session, actor, item, NegativeAction.OBJECT, None)
    year = await year_of(session, item.community_id, item.happened_on)
    return await raise_to(session, actor, item.registration_id, year, K.ITEM, item.id, words)


async def raise_to(
    session: AsyncSession,
    actor: Actor,
    registration_id: UUID,
    period: tuple[date, date],
    kind: ObjectionKind,
    subject_id: UUID | None,
    words: str,
) -> Objection:
    """The member's objection waits for the community's answer. Who calls it knows whose it is.

    `subject_id` None: of votes, which have no subject but the registration.

    Raises:
        NotFound: no such record or absence of this registration.
        ObjectedAlready: see there.
    """
    registration = await session.get_one(Registration, registration_id)
    subject = subject_id or registration_id
    if kind in SUBJECTS and await session.scalar(_subject(kind, registration_id, subject)) is None:
        raise NotFound
    days = await policies.value(session, registration.community_id, WAITS)
    objection = Objection(
        registration_id=registration_id,
        person_id=actor.person_id,
        community_id=registration.community_id,
        period_from=period[0],
        period_to=period[1],
        kind=kind,
        subject_id=subject,
        words=words,
        due_at=workdays.after(clock.now(), days),
    )
    session.add(objection)
    await session.flush()
    _tell(session, actor, objection, RAISED, None)
    await session.flush()
    return objection


async def answer(session: AsyncSession, actor: Actor, objection_id: UUID, words: str) -> Objection:
    """The community has said what it has to say; the subdistrict decides. Errors as every step."""
    row, granted = await get(session, actor, objection_id, P.OBJECTION_ANSWER)
    _check_other(actor, row, A.ANSWER)
    await moved(session, actor, row, A.ANSWER, granted)
    row.answer, row.answered_by_id, row.answered_at = words, actor.person_id, clock.now()
    await session.flush()
    return row


async def decide(
    session: AsyncSession, actor: Actor, objection_id: UUID, *, is_granted: bool, reason: str
) -> Objection:
    """The subdistrict, or after it the district, has decided, and the member is told why.

    Raises:
        NotFound, Forbidden, BadTransition: as every step.
        SamePerson: the member himself, who answered for the community, or decided it below.
    """
    row, granted = await get(session, actor, objection_id)
    is_above = row.status is S.APPEALED
    require(granted, P.OBJECTION_SETTLE if is_above else P.OBJECTION_DECIDE)
    action = DECISIONS[is_above, is_granted]
    _check_other(actor, row, action)
    await moved(session, actor, row, action, granted, reason=reason)
    row.outcome = reason
    if is_above:
        row.settled_by_id = actor.person_id
    else:
        row.decided_by_id, row.decided_at = actor.person_id, clock.now()
    await session.flush()
    return row


async def appeal(session: AsyncSession, actor: Actor, objection_id: UUID) -> Objection:
    """The member asks the district, once. Errors as every step."""
    row, granted = await get(session, actor, objection_id, P.OBJECTION_OWN)
    await moved(session, actor, row, A.APPEAL, granted)
    return row


async def withdraw(session: AsyncSession, actor: Actor, objection_id: UUID) -> Objection:
    """The member objects no longer, and what he objected to holds. Errors as every step."""
    row, granted = await get(session, actor, objection_id, P.OBJECTION_OWN)
    await moved(session, actor, row, A.WITHDRAW, granted)
    return row


async def moved(
    session: AsyncSession,
    actor: Actor,
    row: Objection,
    action: ObjectionAction,
    granted: list[str] | None,
    *,
    reason: str | None = None,
) -> None:
    """The objection took a step: status, clocks, history, fact; with it the item it is about.

    `granted` None: the house itself takes it.
    """
    clocks = await _clocks(session, row, OBJECTION.steps[action].target)
    if granted is None:
        left = OBJECTION.advance(row, action, reason=reason)
    else:
        left = OBJECTION.move(row, action, granted, reason=reason)
    row.due_at, row.remind_at = clocks
    _tell(session, actor, row, action, left, reason=reason)
    if row.kind is K.ITEM and row.status in OBJECTION_ENDS:
        is_granted = row.status is S.GRANTED
        follows = NegativeAction.CLEAR if is_granted else NegativeAction.UPHOLD
        item = await session.get_one(NegativeItem, row.subject_id, with_for_update=True)
        await negative_items.moved(session, actor, item, follows, None, reason=reason)
    await session.flush()


async def lapse(session: AsyncSession, row: Objection) -> None:
    """The community was silent, and the subdistrict decides without it; or the member lets it rest."""
    action = A.PASS_ON if row.status is S.RAISED else A.LET_REST
    await moved(session, Actor.system(), row, action, None)


async def remind(session: AsyncSession, row: Objection) -> None:
    """Who has to decide is told that the time is over, again after as many workdays."""
    row.remind_at = (await _clocks(session, row, row.status)).remind_at
    _tell(session, Actor.system(), row, REMINDED, row.status)


DEADLINES = (Deadline(Objection, lapse), Deadline(Objection, remind, "remind_at"))

DECISIONS = {
    (False, True): A.GRANT,
    (False, False): A.KEEP,
    (True, True): A.GRANT_ABOVE,
    (True, False): A.KEEP_ABOVE,
}


class Clocks(NamedTuple):
    """The instants at which something is due of an objection, as its columns say."""

    due_at: datetime | None = None
    remind_at: datetime | None = None


async def _clocks(session: AsyncSession, row: Objection, status: ObjectionStatus) -> Clocks:
    """The clocks of a status that it enters now."""
    if status in (S.ANSWERED, S.APPEALED):
        days = await policies.value(session, row.community_id, DECIDES)
        return Clocks(remind_at=workdays.after(clock.now(), days))
    if status is S.KEPT:
        days = await policies.value(session, row.community_id, WAITS)
        return Clocks(due_at=workdays.after(clock.now(), days))
    return Clocks()


SUBJECTS = (K.RECORD, K.ABSENCE)


def _subject(kind: ObjectionKind, registration_id: UUID, subject_id: UUID) -> Any:
    """The record, or the absence, if it is this registration's."""
    if kind is K.RECORD:
        return select(ServiceRecord.id).where(
            ServiceRecord.id == subject_id, ServiceRecord.registration_id == registration_id
        )
    return select(Seat.id).where(
        Seat.id == subject_id,
        Seat.registration_id == registration_id,
        Seat.status == SeatStatus.NO_SHOW,
    )


def _check_other(actor: Actor, row: Objection, action: ObjectionAction) -> None:
    if actor.person_id in [getattr(row, name) for name in OBJECTION_OTHERS[action]]:
        raise SamePerson


def _tell(
    session: AsyncSession,
    actor: Actor,
    row: Objection,
    action: str,
    left: ObjectionStatus | None,
    *,
    reason: str | None = None,
) -> None:
    """History and fact of a step; the caller flushes."""
    session.add(
        ObjectionStep(
            objection_id=row.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=row.status,
            reason=reason,
        )
    )
    events.record(
        session,
        ObjectionMoved(
            objection_id=row.id,
            registration_id=row.registration_id,
            action=action,
            status=row.status,
        ),
    )
