"""Subscribe messages on their way to WeChat: best effort, never blocking, seldom twice.

A row is leased (its `not_before` moved ahead, one try more counted as unanswered) and committed
before WeChat is asked, so a process that dies in between delays one message and loses none. While
the platform is away messages wait, up to a day. A try whose answer was lost may have arrived: it is
made once more at most, and only after WeChat has answered something harmless.

What is no emergency waits for the end of the quiet hours, and beyond the day's number for the digest.
"""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock, logs
from app.core.retries import pause
from app.core.terms import Term
from app.models.person import WechatAccount
from app.models.report import OutgoingMessage, OutgoingStatus
from app.notifications import credits, hours
from app.notifications.lifecycle import LIFECYCLE, OutgoingAction
from app.policies import content
from app.wechat.client import WeChat
from app.wechat.errors import Kind, Lost, WeChatError

log = logs.get(__name__)

LEASE = timedelta(minutes=1)
STALE = timedelta(hours=24)
MOST_UNANSWERED = 2
# Template or page, not the account: the same message never succeeds. Source: facts.md §4.1.
FORM_REFUSED = {40037, 41030, 43107}
NO_CREDIT = 43101
OVER = (
    OutgoingStatus.FOLDED,
    OutgoingStatus.SENT,
    OutgoingStatus.DROPPED,
    OutgoingStatus.UNSURE,
)
# As long as other logs of what went over the network. Source: 网络安全法 art. 21.
TERMS = (
    Term(
        OutgoingMessage.queued_at,
        timedelta(days=183),
        born=OutgoingMessage.id,
        only=OutgoingMessage.status.in_(OVER),
    ),
)

Sessions = async_sessionmaker[AsyncSession]


class Leased(NamedTuple):
    """A message to send now: to whom, under which id of the account's template."""

    message: OutgoingMessage
    openid: str
    template_id: str


async def send_next(sessions: Sessions, wechat: WeChat) -> bool:
    """One due message is sent, put off or ended; False when none was due."""
    async with sessions.begin() as session:
        message = await _due(session)
        if message is None:
            return False
        leased = await _lease(session, message, wechat.appid)
    if leased is None:
        return True
    try:
        if message.unanswered > 1:
            await wechat.stable_token()  # harmless, and tells whether anybody is there
        await wechat.send_message(leased.openid, leased.template_id, message.data)
    except WeChatError as error:
        await _failed(sessions, message, error)
    except Exception as error:
        log.error("message.broken", message_id=str(message.id), exc_info=error)
        await _unanswered(sessions, message, type(error).__name__, pause(message.attempts))
    else:
        await _end(sessions, message.id, OutgoingAction.SEND, None)
    return True


async def _due(session: AsyncSession) -> OutgoingMessage | None:
    """The longest due message, locked."""
    return await session.scalar(
        select(OutgoingMessage)
        .where(
            OutgoingMessage.status == OutgoingStatus.WAITING,
            OutgoingMessage.not_before <= clock.now(),
        )
        .order_by(OutgoingMessage.not_before, OutgoingMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


async def _lease(session: AsyncSession, message: OutgoingMessage, appid: str) -> Leased | None:
    """The message is ours for a minute; None where it is not its time, or it has come to its end.

    The template's id stands in the tenant's content (`templates`, key `id`); unset, it is our code.
    """
    now, is_unsure = clock.now(), message.unanswered > 0
    if message.unanswered >= MOST_UNANSWERED:
        _finish(message, OutgoingAction.DOUBT, message.error or "no_answer")
        return None
    if message.queued_at <= now - STALE:
        await _unsent(session, message, "stale")
        return None
    openid = await session.scalar(
        select(WechatAccount.openid).where(
            WechatAccount.person_id == message.person_id, WechatAccount.appid == appid
        )
    )
    if openid is None:
        await _unsent(session, message, "no_account")
        return None
    if not message.is_urgent:
        held = await hours.of_person(session, message.person_id)
        awake = held.awake(now)
        if awake > now:
            message.not_before = awake
            return None
        if (
            not is_unsure
            and not message.is_digest
            and await _sent_today(session, message) >= held.most_a_day
        ):
            LIFECYCLE.advance(message, OutgoingAction.HOLD)
            message.held_until = held.next_digest(now)
            await credits.give_back(session, message.person_id, message.template)
            return None
    template = await content.find(session, "templates", message.template) or {}
    message.not_before = now + LEASE
    message.attempts += 1
    message.unanswered += 1
    return Leased(message, openid, template.get("id", message.template))


async def _sent_today(session: AsyncSession, message: OutgoingMessage) -> int:
    """How many messages its receiver was sent on this local day, emergencies apart.

    Several workers at once may each find the last one of the day free.
    """
    count = select(func.count()).where(
        OutgoingMessage.person_id == message.person_id,
        OutgoingMessage.status == OutgoingStatus.SENT,
        OutgoingMessage.sent_at >= clock.day_starts(clock.today()),
        OutgoingMessage.is_urgent.is_(False),
    )
    return (await session.scalar(count)) or 0


async def _unsent(session: AsyncSession, message: OutgoingMessage, why: str) -> None:
    """It ends: dropped with its credit given back, or open where an earlier try may have arrived."""
    if message.unanswered > 0:
        _finish(message, OutgoingAction.DOUBT, why)
        return
    _finish(message, OutgoingAction.DROP, why)
    await credits.give_back(session, message.person_id, message.template)


async def _failed(sessions: Sessions, message: OutgoingMessage, error: WeChatError) -> None:
    """What can never succeed is dropped, a credit that is gone is written down; the rest waits."""
    words = f"{error.kind}:{error.errcode}"
    log.warning("message.failed", template=message.template, errcode=error.errcode, kind=error.kind)
    if error.kind is Kind.FINAL or error.errcode in FORM_REFUSED:
        await _refused(sessions, message, words, error.errcode)
        return
    waits = max(timedelta(seconds=error.retry_after or 0), pause(message.attempts))
    if isinstance(error, Lost):
        await _unanswered(sessions, message, words, waits)
    else:
        await _put_off(sessions, message, words, waits, unanswered=message.unanswered - 1)


async def _unanswered(
    sessions: Sessions, message: OutgoingMessage, words: str, waits: timedelta
) -> None:
    """It may have arrived: the try stays counted, and the last one permitted ends the message."""
    if message.unanswered >= MOST_UNANSWERED:
        await _end(sessions, message.id, OutgoingAction.DOUBT, words)
    else:
        await _put_off(sessions, message, words, waits, unanswered=message.unanswered)


async def _put_off(
    sessions: Sessions, message: OutgoingMessage, words: str, waits: timedelta, *, unanswered: int
) -> None:
    async with sessions.begin() as session:
        await session.execute(
            update(OutgoingMessage)
            .where(OutgoingMessage.id == message.id)
            .values(not_before=clock.now() + waits, error=words, unanswered=unanswered)
        )


async def _refused(
    sessions: Sessions, message: OutgoingMessage, words: str, errcode: int | None
) -> None:
    """It is dropped. Without a credit at WeChat there is none here; else its own is given back,
    where no earlier try may have used it."""
    async with sessions.begin() as session:
        row = await session.get_one(OutgoingMessage, message.id, with_for_update=True)
        _finish(row, OutgoingAction.DROP, words)
        if errcode == NO_CREDIT:
            await credits.none_left(session, message.person_id, message.template)
        elif message.unanswered == 1:
            await credits.give_back(session, message.person_id, message.template)


async def _end(
    sessions: Sessions, message_id: UUID, action: OutgoingAction, error: str | None
) -> None:
    async with sessions.begin() as session:
        _finish(
            await session.get_one(OutgoingMessage, message_id, with_for_update=True), action, error
        )


def _finish(message: OutgoingMessage, action: OutgoingAction, error: str | None) -> None:
    LIFECYCLE.advance(message, action)
    message.error = error
    message.sent_at = None if error else clock.now()
