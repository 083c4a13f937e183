"""The sender of pushes: plain, secure or compatible, JSON or XML, late, twice, repeated on failure.

Source: facts.md §4.3, §7, §12.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import httpx
from pydantic import BaseModel, ConfigDict, Field

from app.simulator.clock import SimulatorClock
from app.wechat.crypto import PushCipher, push_signature

WRAPPERS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    "subscribe_msg_sent_event": "SubscribeMsgSentEvent",
}


class Mode(StrEnum):
    """As in the console; compatible sends clear fields and ciphertext together."""

    PLAIN = "plain"
    SECURE = "secure"
    COMPATIBLE = "compatible"


class Format(StrEnum):
    """As in the console."""

    JSON = "json"
    XML = "xml"


class When(StrEnum):
    """When the verdict of a media check is pushed, seen from the answer to the call."""

    BEFORE = "before"
    AFTER = "after"
    ON_DEMAND = "on_demand"


class Callback(BaseModel):
    """Where and how pushes go: what the console would be told, and the ways they go wrong."""

    model_config = ConfigDict(extra="forbid")

    url: str
    token: str
    aes_key: str = "A" * 43
    mode: Mode = Mode.SECURE
    format: Format = Format.JSON
    verdicts: When = When.AFTER
    one_as_list: bool = Field(False, description="A `List` of one item is sent as an array.")
    labels_as_text: bool = False
    copies: int = Field(1, ge=1, le=5, description="How often each push is sent, whatever comes.")
    delay: float = Field(0, ge=0, le=3600, description="Real seconds before a push leaves.")
    timeout: float = Field(5, gt=0, le=60, description="Seconds the receiver has to answer.")
    tries: int = Field(3, ge=1, le=10, description="In all, while the receiver fails.")


class Delivery(BaseModel):
    """One push that was sent; `status` of the last try, None when nobody answered."""

    fields: dict[str, Any]
    tries: int
    status: int | None
    is_taken: bool


class PushSender:
    """Sends pushes to the callback, if one is set."""

    def __init__(self, appid: str, clock: SimulatorClock) -> None:
        self._appid, self._clock = appid, clock
        self._http = httpx.AsyncClient(trust_env=False)
        self._waiting: set[asyncio.Task[None]] = set()
        self.callback: Callback | None = None
        self.deliveries: list[Delivery] = []

    async def close(self) -> None:
        """What has not left yet never does."""
        self.forget()
        await self._http.aclose()

    def forget(self) -> None:
        """No callback, no deliveries, nothing under way."""
        for task in self._waiting:
            task.cancel()
        self.callback = None
        self.deliveries = []

    async def settle(self) -> None:
        """Wait until everything under way has arrived or failed."""
        await asyncio.gather(*self._waiting, return_exceptions=True)

    def later(self, fields: Mapping[str, Any]) -> None:
        """Send a push beside whatever else goes on; nothing happens without a callback."""
        if self.callback:
            task = asyncio.create_task(self.send(fields, self.callback))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def send(self, fields: Mapping[str, Any], callback: Callback) -> None:
        """Send a push now, or after the callback's delay, in all its copies."""
        await asyncio.sleep(callback.delay)
        for _ in range(callback.copies):
            self.deliveries.append(await self._deliver(dict(fields), callback))

    async def check(self, callback: Callback) -> bool:
        """Whether the address answers the console's check with echostr alone."""
        echo = secrets.token_hex(8)
        query = self._signed(callback.token) | {"echostr": echo}
        try:
            answer = await self._http.get(callback.url, params=query, timeout=callback.timeout)
        except httpx.HTTPError:
            return False
        return answer.is_success and answer.text == echo

    async def _deliver(self, fields: dict[str, Any], callback: Callback) -> Delivery:
        query, body = self._packed(_shaped(fields, callback), callback)
        delivery = Delivery(fields=fields, tries=0, status=None, is_taken=False)
        while delivery.tries < callback.tries and not delivery.is_taken:
            delivery.tries += 1
            try:
                answer = await self._http.post(
                    callback.url, params=query, content=body, timeout=callback.timeout
                )
            except httpx.HTTPError:
                delivery.status = None
            else:
                delivery.status = answer.status_code
                delivery.is_taken = not answer.is_server_error
        return delivery

    def _packed(self, fields: dict[str, Any], callback: Callback) -> tuple[dict[str, str], bytes]:
        """Query and body, signed and, as the mode says, encrypted."""
        query = self._signed(callback.token)
        clear = _written(fields, callback.format)
        if callback.mode is Mode.PLAIN:
            return query, clear
        encrypted = PushCipher(callback.aes_key, self._appid).encrypt(clear.decode())
        query |= {
            "openid": str(fields.get("FromUserName", "")),
            "encrypt_type": "aes",
            "msg_signature": push_signature(
                callback.token, query["timestamp"], query["nonce"], encrypted
            ),
        }
        shown = fields if callback.mode is Mode.COMPATIBLE else {}
        outer = {"ToUserName": fields.get("ToUserName", ""), **shown, "Encrypt": encrypted}
        return query, _written(outer, callback.format)

    def _signed(self, token: str) -> dict[str, str]:
        timestamp, nonce = str(self._clock.seconds()), str(secrets.randbelow(10**10))
        signature = push_signature(token, timestamp, nonce)
        return {"signature": signature, "timestamp": timestamp, "nonce": nonce}


def _shaped(fields: dict[str, Any], callback: Callback) -> dict[str, Any]:
    """The fields as this callback's format and habits write them."""
    shaped = dict(fields)
    if "List" in shaped:
        listed = shaped.pop("List")
        is_single = len(listed) == 1 and not callback.one_as_list
        value = listed[0] if is_single and callback.format is Format.JSON else listed
        wrapper = WRAPPERS.get(str(shaped.get("Event"))) if callback.format is Format.XML else None
        shaped |= {wrapper: {"List": value}} if wrapper else {"List": value}
    if callback.labels_as_text and isinstance(result := shaped.get("result"), dict):
        shaped["result"] = result | {"label": str(result.get("label"))}
    return shaped


def _written(fields: Mapping[str, Any], form: Format) -> bytes:
    if form is Format.JSON:
        return json.dumps(fields, ensure_ascii=False).encode()
    root = Element("xml")
    _fill(root, fields)
    return tostring(root, encoding="unicode").encode()


def _fill(parent: Element, fields: Mapping[str, Any]) -> None:
    """Each field a child; a list as many children of one name."""
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            child = SubElement(parent, name)
            if isinstance(each, dict):
                _fill(child, each)
            else:
                child.text = str(each)
