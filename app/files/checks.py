"""The platform's check of photos: asked by the worker, answered by push, in whatever order.

A photo is leased (its `ask_after` moved ahead) and committed before WeChat is asked. Question and
verdict meet in `content_checks` under the platform's number: whoever comes second applies the
verdict, so it may arrive before the answer to the question, late, or twice. A verdict that never
comes, or for which the answer was lost, leaves the photo held back. Source: facts.md §6.2.
"""

from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock, logs
from app.core.retries import pause
from app.core.terms import Term
from app.files import links, service
from app.files.lifecycle import FileAction
from app.models.file import ContentCheck, File, FileStatus
from app.models.person import WechatAccount
from app.permissions import Actor
from app.pushes import service as pushes
from app.pushes.events import PushArrived
from app.wechat.client import WeChat
from app.wechat.content import Scene, Suggest
from app.wechat.errors import Kind, WeChatError
from app.wechat.push import MEDIA_CHECKED

log = logs.get(__name__)

A = FileAction
LEASE = timedelta(minutes=2)
# The platform loads the photo within half an hour. Source: facts.md §6.2.
LINK_LIVES = timedelta(minutes=40)
# Verdicts whose question nobody knows.
TERMS = (Term(ContentCheck.created_at, timedelta(days=30), only=ContentCheck.file_id.is_(None)),)
VERDICTS = {Suggest.PASS: A.PASS, Suggest.REVIEW: A.HOLD, Suggest.RISKY: A.CONDEMN}

Sessions = async_sessionmaker[AsyncSession]


class Leased(NamedTuple):
    """A photo to ask about now."""

    file_id: UUID
    openid: str | None
    asks: int


async def check_next(sessions: Sessions, wechat: WeChat) -> bool:
    """One unchecked photo is under check, or waits longer; False when none was due.

    A photo whose check can never succeed (its uploader is unknown to the platform, or was not
    active for two hours) is left to people.
    """
    async with sessions.begin() as session:
        leased = await _lease(session, wechat.appid)
    if leased is None:
        return False
    if leased.openid is None:
        await _hold(sessions, leased.file_id)
        return True
    address = links.address(leased.file_id, LINK_LIVES)
    try:
        trace_id = await wechat.check_media(address, leased.openid, Scene.COMMENT)
    except WeChatError as error:
        log.warning("file.check_failed", file_id=str(leased.file_id), errcode=error.errcode)
        if error.kind is Kind.FINAL:
            await _hold(sessions, leased.file_id)
        else:
            await _put_off(sessions, leased, error.retry_after)
    else:
        async with sessions.begin() as session:
            await _asked(session, leased.file_id, trace_id)
    return True


async def on_push_arrived(session: AsyncSession, fact_number: int, event: PushArrived) -> None:
    """A verdict is kept under its number, once, and applied if the question is known."""
    push = await pushes.read(session, event.push_id) if event.event == MEDIA_CHECKED else None
    if push is None or push.verdict is None:
        return
    verdict = push.verdict
    if verdict.suggest is None:
        log.warning("file.not_checked", errcode=verdict.errcode)
    answered = {"suggest": verdict.suggest, "answered_at": clock.now()}
    file_id = await session.scalar(
        insert(ContentCheck)
        .values(trace_id=verdict.trace_id, created_at=clock.now(), **answered)
        .on_conflict_do_update(
            index_elements=["trace_id"],
            set_=answered,
            where=ContentCheck.answered_at.is_(None),
        )
        .returning(ContentCheck.file_id)
    )
    if file_id is not None:
        file = await session.get_one(File, file_id, with_for_update=True)
        await _apply(session, file, verdict.suggest)


async def _lease(session: AsyncSession, appid: str) -> Leased | None:
    """The photo that waited longest is ours for two minutes."""
    file = await session.scalar(
        select(File)
        .where(
            File.status == FileStatus.STORED,
            or_(File.ask_after.is_(None), File.ask_after <= clock.now()),
        )
        .order_by(func.coalesce(File.ask_after, File.created_at), File.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if file is None:
        return None
    file.ask_after = clock.now() + LEASE
    file.asks += 1
    openid = await session.scalar(
        select(WechatAccount.openid).where(
            WechatAccount.person_id == file.owner_id, WechatAccount.appid == appid
        )
    )
    return Leased(file.id, openid, file.asks)


async def _asked(session: AsyncSession, file_id: UUID, trace_id: str) -> None:
    """The platform has taken the question; its verdict may be here already."""
    known = {"file_id": file_id, "asked_at": clock.now()}
    found = await session.execute(
        insert(ContentCheck)
        .values(trace_id=trace_id, created_at=clock.now(), **known)
        .on_conflict_do_update(index_elements=["trace_id"], set_=known)
        .returning(ContentCheck.answered_at, ContentCheck.suggest)
    )
    answered_at, suggest = found.one()
    file = await session.get_one(File, file_id, with_for_update=True)
    if file.status is not FileStatus.STORED:
        return
    await service.moved(session, Actor.system(), file, A.ASK)
    if answered_at is not None:
        await _apply(session, file, None if suggest is None else Suggest(suggest))


async def _apply(session: AsyncSession, file: File, suggest: Suggest | None) -> None:
    """What the verdict makes of a photo under check; of any other, nothing. None: the platform
    could not load or read it and is asked again later."""
    if file.status is not FileStatus.CHECKING:
        return
    action = A.ASK_AGAIN if suggest is None else VERDICTS[suggest]
    if action is A.ASK_AGAIN:
        file.ask_after = clock.now() + pause(file.asks)
    await service.moved(session, Actor.system(), file, action)


async def _hold(sessions: Sessions, file_id: UUID) -> None:
    async with sessions.begin() as session:
        file = await session.get_one(File, file_id, with_for_update=True)
        if file.status is FileStatus.STORED:
            await service.moved(session, Actor.system(), file, A.HOLD)


async def _put_off(sessions: Sessions, leased: Leased, retry_after: float | None) -> None:
    """Longer each time: 10 s, 20 s, 40 s … an hour; at least what the platform asks for."""
    wait = max(timedelta(seconds=retry_after or 0), pause(leased.asks))
    async with sessions.begin() as session:
        file = await session.get_one(File, leased.file_id, with_for_update=True)
        file.ask_after = clock.now() + wait
