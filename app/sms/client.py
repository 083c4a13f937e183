"""The webhook that text messages leave by: one signed POST to the organiser's own gateway.

The body is `{"id", "phone", "text"}`. `X-Signature` is the hex HMAC-SHA256, under the shared secret,
of `X-Timestamp`, a dot and the body; the gateway must send an `id` once, however often it comes. It
answers 2xx with `{"status": …}`. Nothing of httpx leaves this module, for its words hold the request.
"""

import asyncio
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from uuid import UUID

import httpx

from app.core import clock, trust

# What httpx says when no byte of the request has left this machine.
NEVER_OUT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
BUSY = (429, 503)
_STATUS = re.compile(r"[A-Za-z0-9_.-]{1,40}")
UNNAMED = "accepted"  # where the gateway says nothing more


class SmsError(Exception):
    """A message was not accepted; `word` says why and holds nothing of the message."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class Refused(SmsError):
    """The gateway does not want it, and would not another time."""


class Busy(SmsError):
    """It was not taken: nobody is there, or too much is under way. Later."""


class Lost(SmsError):
    """It went out and no acceptance came back: it may have been sent."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the gateway is, what signs for it, and how long one try may take, in seconds."""

    url: str
    secret: str = field(repr=False)
    timeout: float = 5.0


class SmsGateway:
    """The connection to one gateway; safe to share between tasks."""

    def __init__(self, account: Account) -> None:
        self._url, self._timeout = account.url, account.timeout
        self._secret = account.secret.encode()
        self._http = httpx.AsyncClient(
            timeout=account.timeout, trust_env=False, verify=trust.authorities()
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def send(self, message_id: UUID, phone: str, text: str) -> str:
        """What the gateway said of a message that it accepted, as one word.

        Raises:
            Refused, Busy, Lost: see there.
        """
        said = {"id": str(message_id), "phone": phone, "text": text}
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        stamp = str(int(clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "X-Timestamp": stamp,
            "X-Signature": sign(self._secret, stamp, body),
        }
        failed: SmsError | None = None
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._http.post(self._url, content=body, headers=headers)
        except (httpx.HTTPError, TimeoutError) as error:
            word = type(error).__name__
            failed = Busy(word) if isinstance(error, NEVER_OUT) else Lost(word)
        if failed is not None:
            raise failed
        if response.is_success:
            return _status(response)
        word = f"http:{response.status_code}"
        if response.status_code in BUSY:
            raise Busy(word)
        raise Lost(word) if response.is_server_error else Refused(word)


def sign(secret: bytes, stamp: str, body: bytes) -> str:
    """The signature of one request, in hex."""
    return hmac.new(secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _status(response: httpx.Response) -> str:
    """The gateway's own word; anything but a short plain word might repeat the message."""
    try:
        said = response.json()["status"]
    except (ValueError, KeyError, TypeError):
        return UNNAMED
    return said if isinstance(said, str) and _STATUS.fullmatch(said) else UNNAMED
