"""Subscribe messages on their way to WeChat: best effort, never twice on purpose, never blocking.

A row is leased (its `not_before` moved ahead) and committed before WeChat is asked, so a process
that dies in between delays one message and loses none.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock, logs
from app.models.person import WechatAccount
from app.models.report import MessageCredit, OutgoingMessage, OutgoingStatus
from app.notifications.lifecycle import LIFECYCLE, OutgoingAction
from app.policies import content
from app.wechat.client import WeChat
from app.wechat.errors import Kind, WeChatError

log = logs.get(__name__)

LEASE = timedelta(minutes=1)
MOST_ATTEMPTS = 8
# What ends a message at once; everything else is tried again later.
FINAL = {Kind.FINAL, Kind.CONFIGURATION}

Sessions = async_sessionmaker[AsyncSession]


async def send_next(sessions: Sessions, wechat: WeChat) -> bool:
    """One due message is sent, put off or dropped; False when none was due."""
    async with sessions.begin() as session:
        leased = await _lease(session, wechat.appid)
    if leased is None:
        return False
    message, openid, template_id = leased
    if openid is None:
        await _end(sessions, message.id, OutgoingAction.DROP, "no_account")
        return True
    try:
        await wechat.send_message(openid, template_id, message.data)
    except WeChatError as error:
        await _failed(sessions, message, error)
    else:
        await _end(sessions, message.id, OutgoingAction.SEND, None)
    return True


async def _lease(
    session: AsyncSession, appid: str
) -> tuple[OutgoingMessage, str | None, str] | None:
    """The longest due message, its receiver's openid, and the account's id of its template.

    The id stands in the tenant's content (`templates`, key `id`); unset, it is our own code.
    """
    message = await session.scalar(
        select(OutgoingMessage)
        .where(
            OutgoingMessage.status == OutgoingStatus.WAITING,
            OutgoingMessage.not_before <= clock.now(),
        )
        .order_by(OutgoingMessage.not_before, OutgoingMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if message is None:
        return None
    message.not_before = clock.now() + LEASE
    message.attempts += 1
    openid = await session.scalar(
        select(WechatAccount.openid).where(
            WechatAccount.person_id == message.person_id, WechatAccount.appid == appid
        )
    )
    template = await content.find(session, "templates", message.template) or {}
    return message, openid, template.get("id", message.template)


async def _failed(sessions: Sessions, message: OutgoingMessage, error: WeChatError) -> None:
    """Final errors drop the message; a lost credit is written down; others wait, longer each time."""
    log.warning("message.failed", template=message.template, errcode=error.errcode, kind=error.kind)
    if error.kind in FINAL or message.attempts >= MOST_ATTEMPTS:
        await _end(sessions, message.id, OutgoingAction.DROP, f"{error.kind}:{error.errcode}")
        if error.errcode == 43101:
            async with sessions.begin() as session:
                await session.execute(
                    update(MessageCredit)
                    .where(
                        MessageCredit.person_id == message.person_id,
                        MessageCredit.template == message.template,
                    )
                    .values(left=0)
                )
        return
    wait = timedelta(seconds=error.retry_after or 2**message.attempts * 5)
    async with sessions.begin() as session:
        await session.execute(
            update(OutgoingMessage)
            .where(OutgoingMessage.id == message.id)
            .values(not_before=clock.now() + wait, error=f"{error.kind}:{error.errcode}")
        )


async def _end(
    sessions: Sessions, message_id: UUID, action: OutgoingAction, error: str | None
) -> None:
    async with sessions.begin() as session:
        message = await session.get_one(OutgoingMessage, message_id, with_for_update=True)
        LIFECYCLE.advance(message, action)
        message.error = error
        message.sent_at = None if error else clock.now()
