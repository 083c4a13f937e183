"""Subscribe messages on their way to WeChat: best effort, never blocking, seldom twice.

A row is leased (its `not_before` moved ahead, one try more counted as unanswered) and committed
before WeChat is asked, so a process that dies in between delays one message and loses none. While
the platform is away messages wait, up to a day. A try whose answer was lost may have arrived: it is
made once more at most, and only after WeChat has answered something harmless.
"""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock, logs
from app.models.person import WechatAccount
from app.models.report import MessageCredit, Notification, OutgoingMessage, OutgoingStatus
from app.notifications.lifecycle import LIFECYCLE, OutgoingAction
from app.policies import content
from app.wechat.client import WeChat
from app.wechat.errors import Kind, Lost, WeChatError

log = logs.get(__name__)

LEASE = timedelta(minutes=1)
STALE = timedelta(hours=24)
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 3600
MOST_UNANSWERED = 2
# Template or page, not the account: the same message never succeeds. Source: facts.md §4.1.
FORM_REFUSED = {40037, 41030, 43107}
NO_CREDIT = 43101

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
        await _unanswered(sessions, message, type(error).__name__, wait(message.attempts))
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
    """The message is ours for a minute; None where it has come to its end instead.

    The template's id stands in the tenant's content (`templates`, key `id`); unset, it is our code.
    """
    if message.unanswered >= MOST_UNANSWERED:
        _finish(message, OutgoingAction.DOUBT, message.error or "no_answer")
        return None
    queued_at = await session.scalar(
        select(Notification.created_at).where(Notification.id == message.notification_id)
    )
    if queued_at is None or queued_at <= clock.now() - STALE:
        is_unsure = message.unanswered > 0
        _finish(message, OutgoingAction.DOUBT if is_unsure else OutgoingAction.DROP, "stale")
        return None
    openid = await session.scalar(
        select(WechatAccount.openid).where(
            WechatAccount.person_id == message.person_id, WechatAccount.appid == appid
        )
    )
    if openid is None:
        _finish(message, OutgoingAction.DROP, "no_account")
        return None
    template = await content.find(session, "templates", message.template) or {}
    message.not_before = clock.now() + LEASE
    message.attempts += 1
    message.unanswered += 1
    return Leased(message, openid, template.get("id", message.template))


async def _failed(sessions: Sessions, message: OutgoingMessage, error: WeChatError) -> None:
    """What can never succeed is dropped, a credit that is gone is written down; the rest waits."""
    words = f"{error.kind}:{error.errcode}"
    log.warning("message.failed", template=message.template, errcode=error.errcode, kind=error.kind)
    if error.kind is Kind.FINAL or error.errcode in FORM_REFUSED:
        await _end(sessions, message.id, OutgoingAction.DROP, words)
        if error.errcode == NO_CREDIT:
            await _note_no_credit(sessions, message)
        return
    pause = max(timedelta(seconds=error.retry_after or 0), wait(message.attempts))
    if isinstance(error, Lost):
        await _unanswered(sessions, message, words, pause)
    else:
        await _put_off(sessions, message, words, pause, unanswered=message.unanswered - 1)


async def _unanswered(
    sessions: Sessions, message: OutgoingMessage, words: str, pause: timedelta
) -> None:
    """It may have arrived: the try stays counted, and the last one permitted ends the message."""
    if message.unanswered >= MOST_UNANSWERED:
        await _end(sessions, message.id, OutgoingAction.DOUBT, words)
    else:
        await _put_off(sessions, message, words, pause, unanswered=message.unanswered)


def wait(attempts: int) -> timedelta:
    """How long after so many tries; longer each time: 10 s, 20 s, 40 s … an hour."""
    doubled: int = FIRST_WAIT_SECONDS << min(attempts, 20)
    return timedelta(seconds=min(doubled, LONGEST_WAIT_SECONDS))


async def _put_off(
    sessions: Sessions, message: OutgoingMessage, words: str, pause: timedelta, *, unanswered: int
) -> None:
    async with sessions.begin() as session:
        await session.execute(
            update(OutgoingMessage)
            .where(OutgoingMessage.id == message.id)
            .values(not_before=clock.now() + pause, error=words, unanswered=unanswered)
        )


async def _note_no_credit(sessions: Sessions, message: OutgoingMessage) -> None:
    async with sessions.begin() as session:
        await session.execute(
            update(MessageCredit)
            .where(
                MessageCredit.person_id == message.person_id,
                MessageCredit.template == message.template,
            )
            .values(left=0)
        )


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
