"""The platform's check of a resident's words: asked by the worker, never inside a transaction.

A need is leased (its `check_after` moved ahead) and committed before WeChat is asked. Trouble with
the platform leaves the need unchecked and the check waiting: nothing unchecked is ever shown to
anybody but the community. Source: facts.md §6.1; domain.md §5.7.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock, logs
from app.models.need import Need, Verdict
from app.models.person import WechatAccount
from app.wechat.client import WeChat
from app.wechat.content import Scene
from app.wechat.errors import Kind, WeChatError

log = logs.get(__name__)

LEASE = timedelta(minutes=2)
Sessions = async_sessionmaker[AsyncSession]


async def check_next(sessions: Sessions, wechat: WeChat) -> bool:
    """One unchecked need has its verdict, or waits longer; False when none was due."""
    async with sessions.begin() as session:
        leased = await _lease(session, wechat.appid)
    if leased is None:
        return False
    need_id, words, openid = leased
    if openid is None:
        await _write(sessions, need_id, Verdict.REVIEW)
        return True
    try:
        found = await wechat.check_text(words, openid, Scene.COMMENT)
    except WeChatError as error:
        log.warning("need.check_failed", need_id=str(need_id), errcode=error.errcode)
        if error.kind is Kind.FINAL:
            await _write(sessions, need_id, Verdict.REVIEW)
    else:
        await _write(sessions, need_id, Verdict(found.suggest.value))
    return True


async def _lease(session: AsyncSession, appid: str) -> tuple[UUID, str, str | None] | None:
    need = await session.scalar(
        select(Need)
        .where(
            Need.verdict == Verdict.PENDING,
            or_(Need.check_after.is_(None), Need.check_after <= clock.now()),
        )
        .order_by(func.coalesce(Need.check_after, Need.created_at), Need.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if need is None:
        return None
    await session.execute(
        update(Need).where(Need.id == need.id).values(check_after=clock.now() + LEASE)
    )
    openid = await session.scalar(
        select(WechatAccount.openid).where(
            WechatAccount.person_id == need.requester_id, WechatAccount.appid == appid
        )
    )
    return need.id, "\n".join(filter(None, (need.words, need.place))), openid


async def _write(sessions: Sessions, need_id: UUID, verdict: Verdict) -> None:
    async with sessions.begin() as session:
        await session.execute(
            update(Need).where(Need.id == need_id).values(verdict=verdict, check_after=None)
        )
