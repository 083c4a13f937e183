"""What WeChat pushes to us: checked, decrypted, and brought into one shape from JSON or XML.

Source: facts.md §4.3, §6.2, §7.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from app.core import clock
from app.wechat import content, reply
from app.wechat.content import Suggest
from app.wechat.crypto import PushCipher, Undecipherable, is_signed

MOST_BYTES = 256 * 1024
MOST_DEPTH = 8

MEDIA_CHECKED = "wxa_media_check"
CHANGED = "user_info_modified"
REVOKED = "user_authorization_revoke"
CANCELLED = "user_authorization_cancellation"

# The user of these is OpenID; FromUserName is the platform. Source: facts.md §7.1.
_PERSONAL = (CHANGED, REVOKED, CANCELLED)
# The list of a subscribe event lies at the top in JSON, inside one of these in XML.
_WRAPPERS = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")


class PushError(Exception):
    """A push that is not taken; holds nothing of what was sent."""


class Forged(PushError):
    """Not signed with our token, or not encrypted for us."""


class Unreadable(PushError):
    """Signed, but neither JSON nor XML of a push."""


@dataclass(frozen=True, slots=True)
class Item:
    """One template of a subscribe event; what the event does not say is empty."""

    template_id: str
    status: str
    message_id: str
    error_code: int | None
    error_status: str


@dataclass(frozen=True, slots=True)
class MediaVerdict:
    """The result of a media check; `suggest` is None when it could not be checked (`errcode`)."""

    trace_id: str
    errcode: int
    suggest: Suggest | None
    labels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Push:
    """One push. `key` is equal for every delivery of it, 64 hexadecimal digits; `openid` is the
    user it concerns, empty when it concerns none; `fields` is all of it as JSON."""

    kind: str
    event: str
    openid: str = field(repr=False)
    created: datetime
    key: str
    items: tuple[Item, ...]
    revoked: tuple[int, ...]
    verdict: MediaVerdict | None
    fields: Mapping[str, Any] = field(repr=False)


class PushDoor:
    """Opens what comes to the push address; `takes_plain` only where the console is not set to
    secure mode."""

    def __init__(
        self, token: str, encoding_aes_key: str, appid: str, *, takes_plain: bool = False
    ) -> None:
        self._token, self._takes_plain = token, takes_plain
        self._cipher = PushCipher(encoding_aes_key, appid)

    def check(self, query: Mapping[str, str]) -> str:
        """The answer to the console's check of the address, as plain text. Raises Forged."""
        self._require_signed(query.get("signature", ""), query)
        return query.get("echostr", "")

    def open(self, query: Mapping[str, str], body: bytes) -> Push:
        """The push of a POST, plain or secure, JSON or XML, whatever its Content-Type.

        Raises:
            Forged: signature or ciphertext is not ours, or it is plain and may not be.
            Unreadable: no push, or longer than 256 KiB.
        """
        fields = read_fields(body)
        encrypted = fields.get("Encrypt")
        if isinstance(encrypted, str) and "msg_signature" in query:
            self._require_signed(query["msg_signature"], query, encrypted)
            return read_push(read_fields(self._decrypted(encrypted)))
        if not self._takes_plain:
            raise Forged
        self._require_signed(query.get("signature", ""), query)
        return read_push(fields)

    def _require_signed(self, signature: str, query: Mapping[str, str], *more: str) -> None:
        parts = (query.get("timestamp", ""), query.get("nonce", ""), *more)
        if not is_signed(signature, self._token, *parts):
            raise Forged

    def _decrypted(self, encrypted: str) -> bytes:
        try:
            return self._cipher.decrypt(encrypted)
        except Undecipherable:
            pass
        raise Forged


def read_fields(body: bytes) -> dict[str, Any]:
    """The fields of a body, fit for a jsonb column: JSON as it is; XML with texts, nested fields
    and repeated ones as lists. Raises Unreadable."""
    if len(body) > MOST_BYTES:
        raise Unreadable
    fields = _from_xml(body) if body.lstrip().startswith(b"<") else reply.read_object(body)
    if not fields:
        raise Unreadable
    return {_storable(name): _kept(value, MOST_DEPTH) for name, value in fields.items()}


def read_push(fields: Mapping[str, Any]) -> Push:
    """One shape of what the formats and events write differently. Raises Unreadable: no kind."""
    kind, event = reply.text(fields.get("MsgType")), reply.text(fields.get("Event"))
    if not kind:
        raise Unreadable
    items = tuple(_item(each) for each in _listed(fields))
    return Push(
        kind=kind,
        event=event,
        openid=_openid(event, fields),
        created=_instant(fields.get("CreateTime")),
        key=_key(event or kind, items, fields),
        items=items,
        revoked=tuple(int(n) for n in re.findall(r"[0-9]{1,9}", _said(fields, "RevokeInfo"))),
        verdict=_verdict(fields) if event == MEDIA_CHECKED else None,
        fields=fields,
    )


def _openid(event: str, fields: Mapping[str, Any]) -> str:
    if event == MEDIA_CHECKED:
        return ""
    return _said(fields, "OpenID" if event in _PERSONAL else "FromUserName")


def _key(event: str, items: tuple[Item, ...], fields: Mapping[str, Any]) -> str:
    """Equal for the deliveries of one push, and for them only.

    Beyond the platform's rule it holds what tells apart pushes of one second: the user of an event
    on personal data and what is revoked, the numbers of sent messages.

    Source: facts.md §7: MsgId, else FromUserName + CreateTime + Event; trace_id of media checks.
    """
    if message_id := _said(fields, "MsgId"):
        parts = ["message", message_id]
    elif event == MEDIA_CHECKED:
        parts = ["media", _said(fields, "trace_id")]
    else:
        names = ("FromUserName", "CreateTime", "OpenID", "RevokeInfo")
        parts = [event, *(_said(fields, name) for name in names)]
        parts += [item.message_id for item in items]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _listed(fields: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The items of a subscribe event: an object for one, a list for more, or a list of one."""
    for holder in (fields, *(reply.table(fields.get(name)) for name in _WRAPPERS)):
        found = holder.get("List")
        for each in found if isinstance(found, list) else [found]:
            if isinstance(each, dict):
                yield each


def _item(found: Mapping[str, Any]) -> Item:
    return Item(
        template_id=_said(found, "TemplateId"),
        status=_said(found, "SubscribeStatusString"),
        message_id=_said(found, "MsgID"),
        error_code=reply.whole(found.get("ErrorCode")),
        error_status=_said(found, "ErrorStatus"),
    )


def _verdict(fields: Mapping[str, Any]) -> MediaVerdict:
    """Without an errcode it counts as checked; without a suggestion, or with an errcode that is no
    number, as not."""
    errcode = reply.errcode(fields)
    found = content.read_verdict(fields) if errcode == 0 else None
    return MediaVerdict(
        trace_id=_said(fields, "trace_id"),
        errcode=-1 if errcode is None else errcode,
        suggest=found.suggest if found else None,
        labels=found.labels if found else (),
    )


def _said(fields: Mapping[str, Any], name: str) -> str:
    return reply.text(fields.get(name))


def _instant(seconds: Any) -> datetime:
    """When it was made; now, when that cannot be read."""
    try:
        return datetime.fromtimestamp(reply.whole(seconds) or clock.now().timestamp(), UTC)
    except (ValueError, OverflowError, OSError):
        return clock.now()


def _kept(value: Any, depth: int) -> Any:
    """What PostgreSQL takes as jsonb; what lies deeper than `depth` is left out."""
    match value:
        case str():
            return _storable(value)
        case list() if depth:
            return [_kept(each, depth - 1) for each in value]
        case dict() if depth:
            return {_storable(name): _kept(each, depth - 1) for name, each in value.items()}
        case bool() | int():
            return value
        case float() if isfinite(value):
            return value
    return None


def _storable(word: str) -> str:
    return word.replace("\x00", "").encode("utf-8", "replace").decode()


def _from_xml(body: bytes) -> dict[str, Any] | None:
    """None when it is no XML, nested too deep, or brings entities or a DTD of its own."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, ValueError, LookupError):
        return None
    fields = _fields(root, MOST_DEPTH)
    return fields if isinstance(fields, dict) else None


def _fields(element: Element, depth: int) -> Any:
    """A text, or the children by name; what is deeper than `depth` is left out."""
    if not len(element) or not depth:
        return (element.text or "").strip()
    found: dict[str, Any] = {}
    for child in element:
        value = _fields(child, depth - 1)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found
