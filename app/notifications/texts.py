"""Text messages to who was called in an emergency and has not answered: the last way to reach him.

They are rows from the call on, due some minutes later, and sent like messages to WeChat: leased and
committed first, put off while nobody is there, and of a try whose answer was lost made once more at
most. Who has answered meanwhile gets none. Phones are read from their sealed columns at that moment
only. Off unless the policy says otherwise. Source: practice.md R4.
"""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.types import DateTime

from app.core import clock, logs
from app.core.db import made_id
from app.core.retries import pause
from app.models.emergency import CallUp, CallUpStatus, Reply
from app.models.member import Member, Registration, RegistrationStatus
from app.models.person import Person
from app.models.report import OutgoingStatus, TextMessage
from app.notifications import service
from app.notifications.lifecycle import LIFECYCLE, OutgoingAction
from app.notifications.outgoing import LEASE, MOST_UNANSWERED
from app.policies import content
from app.policies import service as policies
from app.sms.client import Busy, Refused, SmsError, SmsGateway

log = logs.get(__name__)

ADAPTER, AFTER = "notify.sms_adapter", "notify.sms_after_minutes"
OFF = "off"
MESSAGE = "emergency_call_up"
A = OutgoingAction

Sessions = async_sessionmaker[AsyncSession]


class Ready(NamedTuple):
    """A message to send now."""

    message: TextMessage
    phone: str
    text: str


async def queue(session: AsyncSession, call_up: CallUp) -> None:
    """A message for each who is called, to go out if he has not answered by then; in one statement.

    Nothing where it is no emergency, or the policy is off.
    """
    if not call_up.is_emergency:
        return
    found = await policies.values(session, call_up.organization_id, ADAPTER, AFTER)
    if found[ADAPTER] == OFF:
        return
    now = clock.now()
    rows = select(
        made_id(now),
        Reply.id,
        literal(OutgoingStatus.WAITING, TextMessage.status.type),
        literal(now + timedelta(minutes=found[AFTER]), DateTime(timezone=True)),
        literal(0),
        literal(0),
    ).where(Reply.call_up_id == call_up.id)
    columns = ["id", "reply_id", "status", "not_before", "attempts", "unanswered"]
    await session.execute(
        insert(TextMessage)
        .from_select(columns, rows, include_defaults=False)
        .on_conflict_do_nothing()
    )


async def send_next(sessions: Sessions, gateway: SmsGateway) -> bool:
    """One due message is sent, put off or ended; False when none was due."""
    async with sessions.begin() as session:
        message = await session.scalar(
            select(TextMessage)
            .where(
                TextMessage.status == OutgoingStatus.WAITING,
                TextMessage.not_before <= clock.now(),
            )
            .order_by(TextMessage.not_before, TextMessage.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if message is None:
            return False
        ready = await _lease(session, message)
    if ready is None:
        return True
    try:
        answer = await gateway.send(message.id, ready.phone, ready.text)
    except SmsError as error:
        await _failed(sessions, message, error)
    else:
        async with sessions.begin() as session:
            row = await session.get_one(TextMessage, message.id, with_for_update=True)
            row.answer = answer
            _finish(row, A.SEND, None)
    return True


async def _lease(session: AsyncSession, message: TextMessage) -> Ready | None:
    """The message is ours for a minute; None where it has come to its end instead."""
    if message.unanswered >= MOST_UNANSWERED:
        _finish(message, A.DOUBT, message.error or "no_answer")
        return None
    row = (
        await session.execute(
            select(Reply.reply, CallUp, Registration.status)
            .join(CallUp, CallUp.id == Reply.call_up_id)
            .join(Registration, Registration.id == Reply.registration_id)
            .where(Reply.id == message.reply_id)
        )
    ).one()
    needless = _needless(row.reply, row.CallUp, row.status)
    if needless is not None:
        _let_go(message, needless)
        return None
    phones = (
        await session.execute(
            select(Person.phone, Member.phone)
            .select_from(Reply)
            .join(Registration, Registration.id == Reply.registration_id)
            .join(Member, Member.id == Registration.member_id)
            .outerjoin(Person, Person.id == Reply.person_id)
            .where(Reply.id == message.reply_id)
        )
    ).one()
    phone = phones[0] or phones[1]
    if phone is None:
        _let_go(message, "no_phone")
        return None
    message.not_before = clock.now() + LEASE
    message.attempts += 1
    message.unanswered += 1
    return Ready(message, phone, await _text(session, row.CallUp))


def _needless(reply: str | None, call_up: CallUp, status: RegistrationStatus) -> str | None:
    """Why no message need go out any more, in one word."""
    if reply is not None:
        return "reached"
    if call_up.status is not CallUpStatus.ACTIVE:
        return "over"
    return None if status is RegistrationStatus.ACTIVE else "left"


def _let_go(message: TextMessage, why: str) -> None:
    """It ends; one whose answer was lost before may have arrived all the same."""
    _finish(message, A.DOUBT if message.unanswered else A.DROP, why)


async def _text(session: AsyncSession, call_up: CallUp) -> str:
    form = await content.find(session, "messages", MESSAGE) or {}
    when = service.say(call_up.gather_at)
    said: str = form["text"].format_map(
        {"task": call_up.title, "time": when, "place": call_up.place}
    )
    return f"{said}{call_up.contact_phone or ''}"


async def _failed(sessions: Sessions, message: TextMessage, error: SmsError) -> None:
    """What is refused ends; what was not taken waits; what may have been sent is tried once more."""
    log.warning("text.failed", message_id=str(message.id), word=error.word)
    is_lost = not isinstance(error, Busy | Refused)
    if isinstance(error, Refused) or (is_lost and message.unanswered >= MOST_UNANSWERED):
        async with sessions.begin() as session:
            row = await session.get_one(TextMessage, message.id, with_for_update=True)
            _finish(row, A.DOUBT if is_lost else A.DROP, error.word)
        return
    async with sessions.begin() as session:
        await session.execute(
            update(TextMessage)
            .where(TextMessage.id == message.id)
            .values(
                not_before=clock.now() + pause(message.attempts),
                error=error.word,
                unanswered=message.unanswered - (0 if is_lost else 1),
            )
        )


def _finish(message: TextMessage, action: OutgoingAction, error: str | None) -> None:
    LIFECYCLE.advance(message, action)
    message.error = error
    message.sent_at = None if error else clock.now()
