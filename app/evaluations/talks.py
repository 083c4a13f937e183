"""Reminder talks (约谈提醒): opened for the employer's secretary alone, held, deleted in time.

It is a conversation of daily education and no sanction: no text is written, and neither community,
clerk nor branch learns of it. Nothing is opened for the employer of who does not agree to be
reported. Source: practice.md R8, G8; content `talk`; policy `talk.due_workdays`.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, any_, cast, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from app import events
from app.core import clock, ids, workdays
from app.core.errors import Conflict, Invalid
from app.deadlines import Deadline
from app.evaluations.events import NegativeItemMoved, TalkMoved
from app.evaluations.lifecycle import OPENED, REMINDED, TALK, TalkAction
from app.models.member import Registration
from app.models.negative_item import NegativeItem, NegativeItemStatus
from app.models.person import Consent
from app.models.talk import Talk, TalkStatus, TalkStep
from app.permissions import Actor, Permission
from app.policies import content
from app.policies import service as policies
from app.rows import get_row

A, P = TalkAction, Permission
REPORTED = "report_to_employer"
CARE = "care"
KEPT_MONTHS = 24
LIVING = (TalkStatus.OPENED, TalkStatus.SCHEDULED)


class OwnTalk(Conflict):
    """The employer's secretary does not hold a talk with himself."""

    code, title = "own_talk", "不能与本人约谈，请由上级党组织书记进行"


async def get(session: AsyncSession, actor: Actor, talk_id: UUID) -> tuple[Talk, list[str]]:
    """The talk, locked, and which of its permissions the actor has.

    Raises:
        NotFound: none, or not the actor's to see.
        OwnTalk: see there.
    """
    talk, granted = await get_row(
        session, actor, Talk, talk_id, seen=P.TALK_READ, asked=P.TALK_HOLD
    )
    if P.TALK_HOLD in granted and talk.person_id == actor.person_id:
        raise OwnTalk
    return talk, granted


async def schedule(
    session: AsyncSession, actor: Actor, talk_id: UUID, meets_at: datetime, kind: str
) -> Talk:
    """The member knows when they meet, and that it is no sanction.

    Raises:
        NotFound, Forbidden, BadTransition, OwnTalk: as every step.
        Invalid: no such kind; a time that is past; a first talk that is not one of care.
    """
    talk, granted = await get(session, actor, talk_id)
    await content.require(session, "talk.kinds", kind, pointer="/kind")
    if meets_at <= clock.now():
        raise Invalid.field("/meets_at", "in_the_past", "时间已过")
    if kind != CARE and not await _had_care(session, talk):
        raise Invalid.field("/kind", "care_first", "第一次应为谈心关怀，先了解困难和原因")
    left = TALK.move(talk, A.SCHEDULE, granted)
    talk.kind, talk.meets_at = kind, meets_at
    await _told(session, actor, talk, A.SCHEDULE, left)
    return talk


async def hold(session: AsyncSession, actor: Actor, talk_id: UUID, outcome: str) -> Talk:
    """The talk was held, with one of the four outcomes; nothing else is written down.

    Raises:
        NotFound, Forbidden, BadTransition, OwnTalk: as every step.
        Invalid: no such outcome.
    """
    talk, granted = await get(session, actor, talk_id)
    await content.require(session, "talk.outcomes", outcome, pointer="/outcome")
    left = TALK.move(talk, A.HOLD, granted)
    talk.outcome, talk.held_at, talk.due_at = outcome, clock.now(), None
    await _told(session, actor, talk, A.HOLD, left)
    return talk


async def open_for_suggestions(
    session: AsyncSession, suggestions: Mapping[UUID, UUID], since: date
) -> None:
    """By registration, the suggestion that advises a talk: they are open, set by set.

    Not where an item of the days `since` then stands, which has opened its own.
    """
    has_item = (
        select(NegativeItem.id)
        .where(
            NegativeItem.registration_id == Registration.id,
            NegativeItem.upheld_at.is_not(None),
            NegativeItem.happened_on >= since,
        )
        .exists()
    )
    found = await _ready(session, suggestions, ~has_item)
    for talk in found:
        talk.trigger, talk.suggestion_id = "satisfaction_below", suggestions[talk.registration_id]
    await _open(session, found)


async def on_negative_item_moved(
    session: AsyncSession, fact_number: int, event: NegativeItemMoved
) -> None:
    """A reviewed item stands, and the employer's secretary may know: the talk about it is open."""
    if event.status != NegativeItemStatus.UPHELD:
        return
    item = await session.get_one(NegativeItem, event.negative_item_id)
    had_one = select(Talk.id).where(Talk.negative_item_id == item.id).exists()
    found = await _ready(session, [item.registration_id], ~had_one)
    for talk in found:
        talk.trigger, talk.negative_item_id = "negative_item", item.id
    await _open(session, found)


async def close_for_suggestions(session: AsyncSession, suggestion_ids: Collection[UUID]) -> None:
    """What was advised is advised no longer: talks that were not held are closed."""
    if not suggestion_ids:
        return
    rows = await session.scalars(
        select(Talk)
        .where(
            Talk.suggestion_id == any_(cast(list(suggestion_ids), ARRAY(Uuid()))),
            Talk.status.in_(LIVING),
        )
        .order_by(Talk.id)
        .with_for_update()
    )
    for talk in rows.all():
        left = TALK.advance(talk, A.CLOSE)
        talk.due_at = None
        _tell(session, Actor.system(), talk, A.CLOSE, left)
    await session.flush()


async def remind(session: AsyncSession, talk: Talk) -> None:
    """The secretary is told once more that it was not held, and nobody else ever is."""
    _tell(session, Actor.system(), talk, REMINDED, talk.status)


async def erase(session: AsyncSession, talk: Talk) -> None:
    """Nothing of it is kept any longer. Source: content `retention`."""
    await session.execute(delete(TalkStep).where(TalkStep.talk_id == talk.id))
    await session.delete(talk)


DEADLINES = (Deadline(Talk, remind), Deadline(Talk, erase, "erase_at"))


async def _had_care(session: AsyncSession, talk: Talk) -> bool:
    found = await session.scalar(
        select(Talk.id)
        .where(Talk.person_id == talk.person_id, Talk.status == TalkStatus.HELD)
        .limit(1)
    )
    return found is not None


async def _ready(
    session: AsyncSession, registration_ids: Collection[UUID], *where: ColumnElement[bool]
) -> list[Talk]:
    """A talk to be opened for each that agrees to be reported, with its clocks."""
    if not registration_ids:
        return []
    now = clock.now()
    agrees = (
        select(Consent.id)
        .where(
            Consent.person_id == Registration.person_id,
            Consent.purpose == REPORTED,
            Consent.withdrawn_at.is_(None),
        )
        .exists()
    )
    rows = await session.execute(
        select(
            Registration.id,
            Registration.person_id,
            Registration.employer_id,
            policies.value_at(Registration.employer_id, "talk.due_workdays"),
        ).where(
            Registration.id == any_(cast(list(registration_ids), ARRAY(Uuid()))), agrees, *where
        ),
        {"today": clock.today()},
    )
    erase_at = clock.day_starts(clock.months_after(clock.today(), KEPT_MONTHS))
    return [
        Talk(
            id=ids.new_id(),
            registration_id=registration_id,
            person_id=person_id,
            employer_id=employer_id,
            due_at=workdays.after(now, days),
            erase_at=erase_at,
        )
        for registration_id, person_id, employer_id, days in rows
    ]


async def _open(session: AsyncSession, found: Collection[Talk]) -> None:
    """Who has a talk before him gets no second one: the database holds it."""
    if not found:
        return
    names = (
        "id",
        "registration_id",
        "person_id",
        "employer_id",
        "trigger",
        "suggestion_id",
        "negative_item_id",
        "due_at",
        "erase_at",
    )
    made = await session.scalars(
        insert(Talk)
        .values(
            [
                {name: getattr(talk, name) for name in names}
                | {
                    "status": TalkStatus.OPENED,
                    "kind": CARE,
                    "created_at": clock.now(),
                    "updated_at": clock.now(),
                }
                for talk in found
            ]
        )
        .on_conflict_do_nothing()
        .returning(Talk)
    )
    for talk in made.all():
        _tell(session, Actor.system(), talk, OPENED, None)
    await session.flush()


async def _told(
    session: AsyncSession, actor: Actor, talk: Talk, action: str, left: TalkStatus
) -> None:
    _tell(session, actor, talk, action, left)
    await session.flush()


def _tell(
    session: AsyncSession, actor: Actor, talk: Talk, action: str, left: TalkStatus | None
) -> None:
    """History and fact; the caller flushes."""
    session.add(
        TalkStep(
            talk_id=talk.id,
            actor_id=actor.person_id,
            action=action,
            left=left,
            entered=talk.status,
        )
    )
    events.record(session, TalkMoved(talk_id=talk.id, action=action, status=talk.status))
