"""One call over HTTP: sends it, and answers with what came back or with one of our errors.

The query holds the secrets of a call, so nothing of httpx leaves this module: its exceptions are
left behind before ours is raised, and its loggers are silenced.
"""

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from app.core import logs, trust
from app.wechat import reply
from app.wechat.apis import Api
from app.wechat.errors import Kind, Lost, WeChatError, failure

log = logs.get(__name__)

# Source: facts.md §0: httpx logs every full URL at INFO.
TALKATIVE = ("httpx", "httpcore")
BUSY_STATUSES = (408, 429)
# What httpx says when no byte of the request has left this machine.
NEVER_OUT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class Wire:
    """The connections to one platform; `timeout` bounds one try, in seconds."""

    def __init__(
        self, base_url: str, timeout: float, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._timeout = timeout
        # who does not even pick up is given up first, so that it is known that nothing was said
        patience = httpx.Timeout(timeout, connect=timeout / 2, pool=timeout / 2)
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=patience,
            transport=transport,
            trust_env=False,
            verify=trust.authorities(),
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def get(self, api: Api, query: Mapping[str, str]) -> dict[str, Any]:
        """The fields of a successful answer. Raises WeChatError."""
        request = self._http.build_request("GET", api.path, params=query)
        return _fields(api, await self._send(api, request), _words(query))

    async def post(
        self, api: Api, query: Mapping[str, str], body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The fields of a successful answer. Raises WeChatError."""
        return _fields(api, await self._post(api, query, body), _words([query, body]))

    async def post_for_picture(
        self, api: Api, query: Mapping[str, str], body: Mapping[str, Any]
    ) -> bytes:
        """The picture of a successful answer. Raises WeChatError."""
        content = await self._post(api, query, body)
        if content.startswith(PICTURES):
            return content
        _fields(api, content, _words([query, body]))
        raise _unreadable(api)

    async def _post(self, api: Api, query: Mapping[str, str], body: Mapping[str, Any]) -> bytes:
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json"}
        request = self._http.build_request(
            "POST", api.path, params=query, content=content, headers=headers
        )
        return await self._send(api, request)

    async def _send(self, api: Api, request: httpx.Request) -> bytes:
        """The body of a 200. Our errors are raised after httpx's are forgotten, not inside."""
        cause, is_out = "", True
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._http.send(request)
        except (httpx.HTTPError, TimeoutError) as lost:
            cause, is_out = type(lost).__name__, not isinstance(lost, NEVER_OUT)
        if cause:
            log.warning("wechat.unreachable", api=api.path, cause=cause)
            raise _unreadable(api) if is_out else failure(Kind.TRANSIENT, api.path, None)
        if response.status_code == httpx.codes.OK:
            return response.content
        log.warning("wechat.bad_status", api=api.path, status=response.status_code)
        if response.is_server_error or response.status_code in BUSY_STATUSES:
            raise _unreadable(api)
        raise failure(Kind.CONFIGURATION, api.path, None)


def _fields(api: Api, content: bytes, sent: list[str]) -> dict[str, Any]:
    fields = reply.read_object(content)
    if fields is None or (errcode := reply.errcode(fields)) is None:
        log.warning("wechat.unreadable", api=api.path, size=len(content))
        raise _unreadable(api)
    if errcode:
        raise _failed(api, errcode, fields, sent)
    return fields


def _failed(api: Api, errcode: int, fields: Mapping[str, Any], sent: list[str]) -> WeChatError:
    """The error of `errcode`, logged with the platform's words, less every word that we sent."""
    said = reply.text(fields.get("errmsg"))
    for word in sent:
        said = said.replace(word, "…")
    kind, rid = api.kind(errcode), reply.rid(fields)
    log.warning(
        "wechat.failed", api=api.path, errcode=errcode, kind=kind.value, rid=rid, errmsg=said[:200]
    )
    return failure(kind, api.path, errcode, rid)


def _unreadable(api: Api) -> WeChatError:
    """It may have been done, unless a repeat is harmless anyway."""
    unanswered = failure(Kind.TRANSIENT, api.path, None)
    return Lost(api.path, retry_after=unanswered.retry_after) if api.acts else unanswered


def _words(sent: Any) -> list[str]:
    """Every text in what was sent, the longest first; short ones tell nothing."""
    return sorted((word for word in _texts(sent) if len(word) > 5), key=len, reverse=True)


def _texts(sent: Any) -> Iterator[str]:
    match sent:
        case str():
            yield sent
        case Mapping():
            yield from _texts(list(sent.values()))
        case list():
            for each in sent:
                yield from _texts(each)
