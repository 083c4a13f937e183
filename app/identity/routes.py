"""Sessions, consents, one's own page and phone."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path

from app.core.errors import NotFound, Stale, Unauthorized, Unavailable
from app.http import limits
from app.http.deps import ActorDep, AddressDep, ReadDep, SessionDep
from app.http.problems import answers
from app.http.repeat import KeyedRoute
from app.http.room import Room
from app.identity import consents, people, phones, service
from app.identity import help as help_topics
from app.identity import sessions as logins
from app.identity.deps import ActorsDep, DeviceDep, IssuerDep, SessionsDep, WeChatDep
from app.identity.phones import PhoneTaken
from app.identity.schemas import (
    ConsentIn,
    ConsentOut,
    ConsentsOut,
    ConsentTextsOut,
    HelpOut,
    LoginIn,
    MeOut,
    PersonChange,
    PersonChanged,
    PhoneIn,
    RefreshIn,
    SessionOut,
    TokensOut,
)
from app.identity.service import ConsentMissing
from app.identity.sessions import (
    LoginBlocked,
    LoginCodeRefused,
    RefreshInFlight,
    RefreshRefused,
    RefreshReused,
    Signed,
)
from app.models.person import Consent, Person

# One address may stand for a whole office, or for a carrier's customers.
MOST_LOGINS, MOST_REFRESHES = 120, 240
MINUTE = timedelta(minutes=1)
MOST_PHONE_CODES, HOUR = 10, timedelta(hours=1)

Purpose = Annotated[str, Path(max_length=40, pattern="^[a-z_]+$")]

# No idempotency keys here: they belong to somebody who is signed in, and codes work once.
sessions = Room(prefix="/api/v1/sessions", tags=["identity"])
router = Room(prefix="/api/v1", tags=["identity"], route_class=KeyedRoute)


@sessions.post(
    "",
    status_code=201,
    summary="微信登录",
    response_model=TokensOut,
    responses=answers(LoginCodeRefused, LoginBlocked, Unavailable),
)
async def log_in(
    database: SessionsDep,
    wechat: WeChatDep,
    issuer: IssuerDep,
    address: AddressDep,
    device: DeviceDep,
    body: LoginIn,
) -> Signed:
    """Signed in with the code of wx.login; of somebody new nothing is kept but the openid."""
    await limits.count(database, f"login:{address}", most=MOST_LOGINS, window=MINUTE)
    return await logins.login(database, wechat, issuer, body.code, device=device)


@sessions.post(
    "/refresh",
    summary="刷新登录",
    response_model=TokensOut,
    responses=answers(RefreshRefused, RefreshInFlight, RefreshReused),
)
async def refresh_session(
    database: SessionsDep, issuer: IssuerDep, address: AddressDep, body: RefreshIn
) -> Signed:
    """A new pair of tokens; the old refresh token is used up. Used again, it ends the session."""
    await limits.count(database, f"refresh:{address}", most=MOST_REFRESHES, window=MINUTE)
    return await logins.refresh(database, issuer, body.refresh_token)


@sessions.get("", summary="我的登录设备", response_model=list[SessionOut])
async def list_sessions(reader: ReadDep, actor: ActorDep) -> list[dict[str, Any]]:
    """The devices on which I am signed in, the last used first; at most 50."""
    return await logins.page(reader, actor)


@sessions.delete("/current", status_code=204, summary="退出登录", responses=answers(RefreshRefused))
async def end_current_session(session: SessionDep, body: RefreshIn) -> None:
    """The session of this refresh token has ended, even where the access token is too old."""
    await logins.end_current(session, body.refresh_token)


@sessions.delete(
    "/{session_id}",
    status_code=204,
    summary="退出一台设备",
    responses=answers(Unauthorized, NotFound),
)
async def end_session(session: SessionDep, actor: ActorDep, session_id: UUID) -> None:
    """I am signed out on one device; its access token runs out by itself."""
    await logins.end(session, actor, session_id)


@sessions.delete("", status_code=204, summary="退出全部设备", responses=answers(Unauthorized))
async def end_all_sessions(session: SessionDep, actor: ActorDep) -> None:
    """I am signed out everywhere; access tokens run out by themselves."""
    await logins.end_all(session, actor)


@router.get("/help", summary="帮助", response_model=HelpOut)
async def get_help(reader: ReadDep) -> dict[str, Any]:
    """Whom to ask, how to register online, at the counter or on paper; public."""
    return await help_topics.show(reader)


@router.get("/consents/texts", summary="个人信息处理说明全文", response_model=ConsentTextsOut)
async def list_consent_texts(reader: ReadDep) -> dict[str, Any]:
    """Every purpose in its present words, to be read before a login; public."""
    return await consents.texts(reader)


@router.get("/consents", summary="个人信息处理说明与我的同意", response_model=ConsentsOut)
async def list_consents(reader: ReadDep, actor: ActorDep) -> dict[str, Any]:
    """Every purpose in its present words, what a refusal closes, and what I last said to it."""
    return await consents.show(reader, actor)


@router.post("/consents", status_code=201, summary="同意一项说明", response_model=ConsentOut)
async def give_consent(session: SessionDep, actor: ActorDep, body: ConsentIn) -> Consent:
    """I agree to one purpose in the words of this version."""
    return await consents.give(session, actor, body)


@router.delete(
    "/consents/{purpose}", status_code=204, summary="撤回同意", responses=answers(NotFound)
)
async def withdraw_consent(session: SessionDep, actor: ActorDep, purpose: Purpose) -> None:
    """I no longer agree to this purpose; only what it is for ends."""
    await consents.withdraw(session, actor, purpose)


@router.get("/me", summary="我的信息", response_model=MeOut, responses=answers(Unauthorized))
async def get_me(reader: ReadDep, actor: ActorDep) -> dict[str, Any]:
    """Who I am here, and what I may do where."""
    return await service.show(reader, actor)


@router.patch(
    "/me",
    summary="修改我的姓名",
    response_model=PersonChanged,
    responses=answers(ConsentMissing, Stale),
)
async def change_me(session: SessionDep, actor: ActorDep, body: PersonChange) -> Person:
    """My name as I write it; needs one of the two core consents."""
    return await service.change(session, actor, body)


@router.put(
    "/me/phone",
    summary="绑定手机号",
    response_model=PersonChanged,
    responses=answers(Unauthorized, ConsentMissing, PhoneTaken, Unavailable),
)
async def bind_phone(
    database: SessionsDep, wechat: WeChatDep, actors: ActorsDep, actor: ActorDep, body: PhoneIn
) -> Person:
    """The phone that WeChat has verified is mine, with the posts and roles made out to it."""
    await limits.count(database, f"phone:{actor.person_id}", most=MOST_PHONE_CODES, window=HOUR)
    person = await phones.bind(database, wechat, actor, body.code)
    actors.forget(person.id)
    return person


@router.delete("/me", status_code=204, summary="注销账号", responses=answers(Unauthorized))
async def close_account(session: SessionDep, actors: ActorsDep, actor: ActorDep) -> None:
    """My account is closed: name, phone, openid, sessions, roles and consents are gone."""
    await service.close(session, actor)
    actors.forget(people.id_of(actor))
