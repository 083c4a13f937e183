"""Sessions: signed in with a code of WeChat, kept alive by opaque tokens that are good for one use.

All tokens that grew out of one login are a family. A used token that comes back was copied: the
whole family ends. Only in the first seconds after its use it is taken for a parallel call of the
same client, which is refused and changes nothing. Source: design.md §4 "sessions"; facts.md §1.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased
from sqlalchemy.types import DateTime

from app.core import clock, ids, logs
from app.core.errors import AppError, Forbidden, NotFound, Unauthorized
from app.core.prepared import Prepared, Reader
from app.core.terms import Term
from app.http.actors import Tokens
from app.identity import console_sessions, people, platform
from app.models.person import Person, RefreshToken, WechatAccount
from app.permissions import Actor
from app.wechat.client import WeChat
from app.wechat.errors import Refused, WeChatError

log = logs.get(__name__)

Sessions = async_sessionmaker[AsyncSession]

TOKEN_BYTES = 32
GRACE = timedelta(seconds=10)
MOST_LISTED = 50
BLOCKED = 40226
TERMS = (Term(RefreshToken.expires_at),)  # refused with or without a row


class LoginCodeRefused(Unauthorized):
    """The code is unknown, used or too old: the client gets a new one from wx.login."""

    code, title = "login_code_refused", "登录凭证已失效，请重新登录"


class LoginBlocked(Forbidden):
    """WeChat calls this user a risk; more is not said."""

    code, title = "login_blocked", "暂时无法登录"


class RefreshRefused(Unauthorized):
    """The token is unknown, too old, or its session has ended."""

    code, title = "refresh_refused", "登录已过期，请重新登录"


class RefreshReused(Unauthorized):
    """The token was used before: whoever copied it is signed out, and so is its owner."""

    code, title = "refresh_reused", "登录状态异常，请重新登录"


class RefreshInFlight(Unauthorized):
    """Used a moment ago by a parallel call: use the token that this call got."""

    code, title = "refresh_in_flight", "正在刷新登录，请勿重复提交"


@dataclass(frozen=True, slots=True)
class Signed:
    """What a client holds: `expires_in` seconds for the access token, the refresh token for one use."""

    person_id: UUID
    session_id: UUID
    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class Issuer:
    """Makes both tokens; a refresh token lives `days`."""

    tokens: Tokens
    days: int


async def login(
    sessions: Sessions, wechat: WeChat, issuer: Issuer, code: str, *, device: str
) -> Signed:
    """The owner of the code is signed in; of somebody new nothing is kept but the openid.

    WeChat is asked before a transaction opens.

    Raises:
        LoginCodeRefused, LoginBlocked: WeChat's final word.
        Unavailable: WeChat is away; nothing was stored.
    """
    openid = await _openid(wechat, code)
    async with sessions.begin() as session:
        person_id = await _enter(session, wechat.appid, openid)
        return await _issue(session, issuer, person_id, ids.new_id(), device)


async def refresh(sessions: Sessions, issuer: Issuer, token: str) -> Signed:
    """The token is used up and a new pair takes its place.

    Opens its own transaction, for a refusal may have to be remembered.

    Raises:
        RefreshRefused: unknown, expired, revoked, or of a closed account.
        RefreshInFlight: used within the last ten seconds; the session lives on.
        RefreshReused: used before that; its whole family is revoked.
    """
    async with sessions.begin() as session:
        row = await _find(session, token)
        refusal = _refusal(row)
        if row is not None and refusal is None:
            row.used_at = clock.now()
            return await _issue(session, issuer, row.person_id, row.family_id, row.device)
        if row is not None and isinstance(refusal, RefreshReused):
            log.warning("session.token_reused", session_id=str(row.family_id))
            await _revoke(session, RefreshToken.family_id == row.family_id)
    raise refusal or RefreshRefused


async def page(reader: Reader, actor: Actor) -> list[dict[str, Any]]:
    """The devices on which the person is signed in, the last used first; at most 50."""
    return await LIST.rows(reader, {"person_id": people.id_of(actor), "now": clock.now()})


async def end_current(session: AsyncSession, token: str) -> None:
    """The session of this refresh token has ended; any token of its family will do.

    Raises:
        RefreshRefused: no such token.
    """
    row = await _find(session, token)
    if row is None:
        raise RefreshRefused
    await _revoke(session, RefreshToken.family_id == row.family_id)


async def end(session: AsyncSession, actor: Actor, session_id: UUID) -> None:
    """The person is signed out on one device.

    Raises:
        NotFound: no living session of his.
    """
    person = await people.lock(session, people.id_of(actor))
    ended = await _revoke(
        session, RefreshToken.family_id == session_id, RefreshToken.person_id == person.id
    )
    if not ended:
        raise NotFound


async def end_all(session: AsyncSession, actor: Actor) -> None:
    """The person is signed out everywhere; access tokens run out by themselves."""
    person = await people.lock(session, people.id_of(actor))
    await revoke_all(session, person.id)


async def revoke_all(session: AsyncSession, person_id: UUID) -> None:
    """No refresh token of the person is good any more, and no session of the console; the person's
    row is locked by the caller."""
    await _revoke(session, RefreshToken.person_id == person_id)
    await console_sessions.end_all(session, person_id)


async def _openid(wechat: WeChat, code: str) -> str:
    try:
        return (await wechat.code2session(code)).openid
    except Refused as error:
        raise (LoginBlocked if error.errcode == BLOCKED else LoginCodeRefused) from None
    except WeChatError as error:
        raise platform.unavailable(error) from None


async def _enter(session: AsyncSession, appid: str, openid: str) -> UUID:
    """Whose the openid is; a new one gets a blank person, and of two at once both get the same."""
    account = (WechatAccount.appid == appid, WechatAccount.openid == openid)
    known: UUID | None = await session.scalar(
        update(WechatAccount)
        .where(*account)
        .values(last_login_at=clock.now())
        .returning(WechatAccount.person_id)
    )
    return known or await _insert(session, appid, openid)


async def _insert(session: AsyncSession, appid: str, openid: str) -> UUID:
    """A blank person with this openid, unless another login was faster: then that one's person."""
    now = clock.now()
    blank = Person()
    session.add(blank)
    await session.flush()
    owner: UUID = (
        await session.scalars(
            insert(WechatAccount)
            .values(
                appid=appid,
                openid=openid,
                person_id=blank.id,
                last_login_at=now,
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_update(index_elements=["appid", "openid"], set_={"last_login_at": now})
            .returning(WechatAccount.person_id)
        )
    ).one()
    if owner != blank.id:
        await session.delete(blank)
        await session.flush()
    return owner


async def _issue(
    session: AsyncSession, issuer: Issuer, person_id: UUID, family_id: UUID, device: str
) -> Signed:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = RefreshToken(
        person_id=person_id,
        family_id=family_id,
        token_hash=ids.digest(token),
        device=device,
        expires_at=clock.now() + timedelta(days=issuer.days),
    )
    session.add(row)
    await session.flush()
    return Signed(
        person_id=person_id,
        session_id=family_id,
        access_token=issuer.tokens.sign(person_id),
        expires_in=issuer.tokens.lifetime_seconds,
        refresh_token=token,
        refresh_expires_at=row.expires_at,
    )


async def _find(session: AsyncSession, token: str) -> RefreshToken | None:
    """The token's row of a living person; first the person is locked, then the row, so that all who
    change a family do it one after the other."""
    is_wanted = RefreshToken.token_hash == ids.digest(token)
    owner = (
        select(Person.id)
        .where(
            Person.id == select(RefreshToken.person_id).where(is_wanted).scalar_subquery(),
            Person.closed_at.is_(None),
        )
        .with_for_update(key_share=True)
        .cte("owner")
    )
    return await session.scalar(
        select(RefreshToken)
        .join(owner, owner.c.id == RefreshToken.person_id)
        .where(is_wanted)
        .with_for_update(of=RefreshToken, key_share=True)
    )


def _refusal(row: RefreshToken | None) -> AppError | None:
    now = clock.now()
    if row is None or row.revoked_at is not None:
        return RefreshRefused()
    if row.used_at is not None:
        return RefreshInFlight() if now < row.used_at + GRACE else RefreshReused()
    return RefreshRefused() if row.expires_at <= now else None


async def _revoke(session: AsyncSession, *which: Any) -> bool:
    """Whether there was something to revoke."""
    revoked = await session.scalars(
        update(RefreshToken)
        .where(*which, RefreshToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(RefreshToken.used_at)
    )
    return any(used_at is None for used_at in revoked)


First = aliased(RefreshToken)
LIST = Prepared(
    select(
        RefreshToken.family_id.label("session_id"),
        RefreshToken.device,
        select(func.min(First.issued_at))
        .where(First.family_id == RefreshToken.family_id)
        .scalar_subquery()
        .label("began_at"),
        RefreshToken.issued_at.label("last_used_at"),
        RefreshToken.expires_at,
    )
    .where(
        RefreshToken.person_id == bindparam("person_id", type_=Uuid()),
        RefreshToken.used_at.is_(None),
        RefreshToken.revoked_at.is_(None),
        RefreshToken.expires_at > bindparam("now", type_=DateTime(timezone=True)),
    )
    .order_by(RefreshToken.issued_at.desc(), RefreshToken.id.desc())
    .limit(MOST_LISTED)
)
