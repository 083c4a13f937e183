"""The client of WeChat: one method a call, typed answers, our errors.

Each method is bounded in time as a whole. A call that needs the access token renews it once when
WeChat refuses it, repeats itself once, and then gives up.

Source: facts.md §0 to §6.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from app.wechat import content, reply, values
from app.wechat.apis import (
    CHECK_MEDIA,
    CHECK_TEXT,
    CODE2SESSION,
    FORCED_TOKEN,
    PHONE_NUMBER,
    SEND_MESSAGE,
    STABLE_TOKEN,
    UNLIMITED_CODE,
    Api,
)
from app.wechat.content import Media, Scene, Suggest, Verdict
from app.wechat.errors import Kind, Lost, TokenRefused, failure
from app.wechat.repeat import Sleep, repeated
from app.wechat.tokens import Grant, Tokens
from app.wechat.wire import Wire

Result = TypeVar("Result")

# Below the ten seconds of the lease on the token (`app.wechat.token`).
TOKEN_SECONDS = 8.0

_CODE = re.compile(r"[\x21-\x7e]{1,512}")
# Source: facts.md §5.1
_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
_PAGE = re.compile(r"[^/?\s][^?\s]*")
_ENVIRONMENTS = ("release", "trial", "develop")
_WIDTHS = range(280, 1281)


@dataclass(frozen=True, slots=True)
class Account:
    """Which mini-program, where its platform answers, and how long to wait: `timeout` seconds for
    one try, `budget` seconds for a method with all its repeats."""

    base_url: str
    appid: str
    secret: str = field(repr=False)
    timeout: float = 4.0
    budget: float = 10.0


@dataclass(frozen=True, slots=True)
class Login:
    """Who logged in; `session_key` never goes to a client, `unionid` is empty without one."""

    openid: str
    session_key: str = field(repr=False)
    unionid: str


@dataclass(frozen=True, slots=True)
class Phone:
    """A verified phone: `number` without country code, `country` as digits."""

    number: str = field(repr=False)
    country: str


class WeChat:
    """One mini-program's connection to the platform; safe to share between tasks."""

    def __init__(
        self,
        account: Account,
        tokens: Tokens,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.appid = account.appid
        self._secret, self._budget = account.secret, account.budget
        self._tokens, self._sleep = tokens, sleep
        self._wire = Wire(account.base_url, account.timeout, transport)

    async def close(self) -> None:
        """Give the connections back."""
        await self._wire.close()

    async def code2session(self, js_code: str) -> Login:
        """Who the code of `wx.login` belongs to; the code is spent.

        Raises:
            Refused: 40029 or 40163, wx.login must be called again; 40226, login blocked.
            WeChatError: as its class says; of a lost answer too, since the code may be spent.
        """
        _require(bool(_CODE.fullmatch(js_code)), CODE2SESSION, 40029)
        query = {
            "appid": self.appid,
            "secret": self._secret,
            "js_code": js_code,
            "grant_type": "authorization_code",
        }
        found = await self._within(
            CODE2SESSION,
            self._budget,
            repeated(CODE2SESSION, lambda: self._wire.get(CODE2SESSION, query), self._sleep),
        )
        return Login(
            _said(CODE2SESSION, found, "openid"),
            _said(CODE2SESSION, found, "session_key"),
            reply.text(found.get("unionid")),
        )

    async def stable_token(self, *, force_refresh: bool = False) -> Grant:
        """The account's access token; forced: a new one, and the old one dies.

        Raises:
            Misconfigured: appid, secret or allow-list.
            WeChatError: as its class says.
        """
        api = FORCED_TOKEN if force_refresh else STABLE_TOKEN
        body = {
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self._secret,
            "force_refresh": force_refresh,
        }
        found = await self._within(
            api,
            min(self._budget, TOKEN_SECONDS),
            repeated(api, lambda: self._wire.post(api, {}, body), self._sleep),
        )
        token, expires_in = _said(api, found, "access_token"), reply.whole(found.get("expires_in"))
        if expires_in is None or not _CODE.fullmatch(token):
            raise failure(Kind.TRANSIENT, api.path, None)
        return Grant(token, expires_in)

    async def get_phone_number(self, code: str, openid: str) -> Phone:
        """The phone behind the code of the phone button; `openid` must be who tapped it.

        Raises:
            Refused: code spent, expired, of another user or another mini-program.
            WeChatError: as its class says; of a lost answer too, since the code may be spent.
        """
        _require(bool(_CODE.fullmatch(code)), PHONE_NUMBER, 40029)
        found = await self._post(PHONE_NUMBER, {"code": code, "openid": openid})
        info = reply.table(found.get("phone_info"))
        mark = reply.table(info.get("watermark"))
        _require(reply.text(mark.get("appid")) == self.appid, PHONE_NUMBER, None)
        return Phone(
            _said(PHONE_NUMBER, info, "purePhoneNumber"), _said(PHONE_NUMBER, info, "countryCode")
        )

    async def get_unlimited_code(
        self,
        scene: str,
        *,
        page: str | None = None,
        check_path: bool = True,
        env_version: str = "release",
        width: int = 430,
        is_hyaline: bool = False,
    ) -> bytes:
        """A mini-program code as JPEG or PNG; it opens `page` (the home page) with `scene`.

        Raises:
            Refused: scene, environment or width are not what the platform takes.
            Misconfigured: the page is not in the published version.
            WeChatError: as its class says.
        """
        _require(bool(_SCENE.fullmatch(scene)), UNLIMITED_CODE, 40129)
        _require(page is None or bool(_PAGE.fullmatch(page)), UNLIMITED_CODE, 41030)
        _require(env_version in _ENVIRONMENTS and width in _WIDTHS, UNLIMITED_CODE, 40097)
        body = {
            "scene": scene,
            "check_path": check_path,
            "env_version": env_version,
            "width": width,
            "is_hyaline": is_hyaline,
        }
        body |= {} if page is None else {"page": page}
        return await self._authorised(
            UNLIMITED_CODE, lambda query: self._wire.post_for_picture(UNLIMITED_CODE, query, body)
        )

    async def send_message(
        self,
        openid: str,
        template_id: str,
        data: Mapping[str, str],
        *,
        page: str | None = None,
        state: str = "formal",
        language: str = "zh_CN",
    ) -> str:
        """Send one subscribe message; its number as text, empty when WeChat gave none.

        Values are put on one line and shortened to what their key takes. Never repeated when the
        answer is lost: it may have been sent.

        Raises:
            Lost: it may have been sent; with any other error it was not.
            Refused: 43101, no credit left; 47003, a value does not fit its kind.
            Misconfigured: the template or the page is unknown, or banned.
            WeChatError: as its class says.
        """
        body: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "data": {key: {"value": values.fit(key, value)} for key, value in data.items()},
            "miniprogram_state": state,
            "lang": language,
        }
        body |= {} if page is None else {"page": page}
        return reply.text((await self._post(SEND_MESSAGE, body)).get("msgid"))

    async def check_text(
        self, text: str, openid: str, scene: Scene, *, title: str = "", nickname: str = ""
    ) -> Verdict:
        """The worst verdict over the pieces of a text; an empty text passes unasked.

        Stops at the first risky piece. `openid` must have used the mini-program in the last two
        hours.

        Raises:
            Refused: 61010, not active; 40003 or 43104, not a user of this mini-program.
            WeChatError: as its class says; the text is then unchecked.
        """
        body = {"version": 2, "scene": scene.value, "openid": openid}
        body |= {key: word for key, word in (("title", title), ("nickname", nickname)) if word}
        found: list[Verdict] = []
        for piece in content.pieces(text):
            verdict = content.read_verdict(await self._post(CHECK_TEXT, body | {"content": piece}))
            if verdict is None:
                raise failure(Kind.TRANSIENT, CHECK_TEXT.path, None)
            found.append(verdict)
            if verdict.suggest is Suggest.RISKY:
                break
        return content.worst(found)

    async def check_media(
        self, media_url: str, openid: str, scene: Scene, *, media: Media = Media.IMAGE
    ) -> str:
        """Have a file checked; the trace id under which its verdict will be pushed.

        `media_url` must stay readable without login for half an hour.

        Raises:
            Refused: 61010, not active in the last two hours; 40003 or 43104.
            WeChatError: as its class says; the file is then unchecked.
        """
        body = {
            "media_url": media_url,
            "media_type": media.value,
            "version": 2,
            "scene": scene.value,
            "openid": openid,
        }
        return _said(CHECK_MEDIA, await self._post(CHECK_MEDIA, body), "trace_id")

    async def _post(self, api: Api, body: Mapping[str, Any]) -> dict[str, Any]:
        return await self._authorised(api, lambda query: self._wire.post(api, query, body))

    async def _authorised(
        self, api: Api, call: Callable[[Mapping[str, str]], Awaitable[Result]]
    ) -> Result:
        """What `call` answers with the account's token in its query.

        Raises:
            Lost: time was up while a call that acts was under way. Else as `call`, and the token.
        """
        is_out = False

        async def with_token(token: str) -> Result:
            nonlocal is_out
            is_out = api.acts
            try:
                return await repeated(api, lambda: call({"access_token": token}), self._sleep)
            except TokenRefused:
                is_out = False
                raise

        return await self._within(
            api, self._budget, self._one_renewal(with_token), is_out=lambda: is_out
        )

    async def _one_renewal(self, call: Callable[[str], Awaitable[Result]]) -> Result:
        """Source: facts.md §0.1: one T cycle only."""
        token = await self._tokens.current(self.stable_token)
        try:
            return await call(token)
        except TokenRefused:
            pass
        return await call(await self._tokens.replace(token, self.stable_token))

    async def _within(
        self,
        api: Api,
        seconds: float,
        work: Awaitable[Result],
        *,
        is_out: Callable[[], bool] = lambda: False,
    ) -> Result:
        """Ended by us at the latest after `seconds`, whatever hangs; `is_out`: whether by then a
        call that acts is under way."""
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError:
            pass
        late = failure(Kind.TRANSIENT, api.path, None)
        raise Lost(api.path, retry_after=late.retry_after) if is_out() else late


def _require(is_right: bool, api: Api, errcode: int | None) -> None:
    """Refuse what WeChat would refuse, with its errcode, without asking it."""
    if not is_right:
        kind = Kind.FINAL if errcode is None else api.kind(errcode)
        raise failure(kind, api.path, errcode)


def _said(api: Api, fields: Mapping[str, Any], name: str) -> str:
    """A field that a success must hold; an answer without it is unreadable."""
    found = reply.text(fields.get(name))
    if not found:
        raise failure(Kind.TRANSIENT, api.path, None)
    return found
