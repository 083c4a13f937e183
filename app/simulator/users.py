"""Users of the simulated WeChat, their one-time codes and their sessions.

Source: facts.md §1, §3, §12.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.simulator.answers import Refusal, ok
from app.simulator.clock import SimulatorClock

CODE_LIFE = timedelta(minutes=5)
ACTIVE = timedelta(hours=2)
# A login this soon after the last one keeps the session_key.
KEPT = timedelta(minutes=1)
# The platform does not document this one. Source: facts.md §3.1, §13.
MISMATCH = 40003


class CodeKind(StrEnum):
    """What a code is for; each call takes its own kind only."""

    LOGIN = "login"
    PHONE = "phone"


@dataclass(slots=True)
class User:
    """One owner of a phone; the openid follows from appid and phone, so it survives a restart."""

    openid: str
    phone: str
    country: str
    unionid: str | None
    is_blocked: bool = False
    numeric_country: bool = False
    session_key: str = field(default="", repr=False)
    logged_in_at: datetime | None = None


@dataclass(slots=True)
class Code:
    """A one-time code."""

    kind: CodeKind
    openid: str
    made_at: datetime
    is_used: bool = False


class Users:
    """Everybody who has this mini-program."""

    def __init__(self, appid: str, clock: SimulatorClock) -> None:
        self._appid, self._clock = appid, clock
        self._by_openid: dict[str, User] = {}
        self._codes: dict[str, Code] = {}

    def enter(self, phone: str, *, country: str = "86", has_unionid: bool = False) -> User:
        """The user with this phone, made if there is none."""
        openid = "o" + _digest(f"{self._appid}|{country}|{phone}")
        unionid = "u" + _digest(f"{country}|{phone}") if has_unionid else None
        return self._by_openid.setdefault(openid, User(openid, phone, country, unionid))

    def find(self, openid: object) -> User | None:
        """None: no user of this mini-program."""
        return self._by_openid.get(openid) if isinstance(openid, str) else None

    def make_code(self, kind: CodeKind, user: User) -> str:
        """What the client library gives the mini-program; lives five minutes, works once."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = Code(kind, user.openid, self._clock.now())
        return code

    def login(self, code: str) -> dict[str, Any]:
        """The answer of jscode2session: no errcode, a unionid for some."""
        user = self._spend(CodeKind.LOGIN, code, used=Refusal(40163, "code been used"))
        if user.is_blocked:
            raise Refusal(40226, "code blocked")
        now = self._clock.now()
        if user.logged_in_at is None or now - user.logged_in_at > KEPT:
            user.session_key = base64.b64encode(secrets.token_bytes(16)).decode()
        user.logged_in_at = now
        answer = {"openid": user.openid, "session_key": user.session_key}
        return answer | ({"unionid": user.unionid} if user.unionid else {})

    def phone(self, code: str, openid: object) -> dict[str, Any]:
        """The answer of getuserphonenumber; a code shown for another user stays unspent."""
        found = self._codes.get(code)
        if found and openid is not None and found.openid != openid:
            raise Refusal(MISMATCH, "invalid openid")
        user = self._spend(CodeKind.PHONE, code, used=Refusal(40029, "invalid code"))
        abroad = "" if user.country == "86" else f"+{user.country}"
        return ok(
            phone_info={
                "phoneNumber": abroad + user.phone,
                "purePhoneNumber": user.phone,
                "countryCode": int(user.country) if user.numeric_country else user.country,
                "watermark": {"timestamp": self._clock.seconds(), "appid": self._appid},
            }
        )

    def require_active(self, openid: object) -> User:
        """Raises Refusal: no user of ours, or no login in the last two hours."""
        user = self.find(openid)
        if user is None:
            raise Refusal(40003, "invalid openid")
        if user.logged_in_at is None or self._clock.now() - user.logged_in_at > ACTIVE:
            raise Refusal(61010, "code is expired")
        return user

    def _spend(self, kind: CodeKind, code: str, *, used: Refusal) -> User:
        found = self._codes.get(code)
        if found is None or found.kind is not kind:
            raise Refusal(40029, "invalid code")
        if found.is_used:
            raise used
        if self._clock.now() - found.made_at > CODE_LIFE:
            raise Refusal(40029, "invalid code")
        found.is_used = True
        return self._by_openid[found.openid]


def _digest(text: str) -> str:
    """27 characters that look as those of the platform."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:27]
