"""Access tokens of the two isolated families.

Source: facts.md §2, §12.
"""

import itertools
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.core.clock import local_day
from app.simulator.answers import Refusal
from app.simulator.clock import SimulatorClock

LIFE = timedelta(seconds=7200)
OVERLAP = timedelta(minutes=5)
FORCED_APART = timedelta(seconds=30)
MOST_FORCED_A_DAY = 20
PREFIX = "simulated-token-"


@dataclass(slots=True)
class Token:
    """One token; `retired_at`: from then on it is not the latest (40001)."""

    text: str
    ends_at: datetime
    retired_at: datetime | None = None


class TokenOffice:
    """Gives tokens out and tells whether one is good."""

    def __init__(self, clock: SimulatorClock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._given: dict[str, Token] = {}
        self._stable: Token | None = None
        self._plain: Token | None = None
        self._forced_at: datetime | None = None
        self._forced: list[date] = []

    def plain(self) -> tuple[str, int]:
        """A new token; the one before works five minutes more."""
        now = self._clock.now()
        if self._plain:
            self._plain.retired_at = now + OVERLAP
        self._plain = self._make(now)
        return self._answer(self._plain, now)

    def stable(self, *, force_refresh: bool) -> tuple[str, int]:
        """The same token while it lives, a new one in its last five minutes.

        Forced: a new one, and the old one dies at once; within 30 s of the last it brings none.
        """
        now = self._clock.now()
        if force_refresh:
            self._force(now)
        if self._stable is None or self._stable.ends_at - now <= OVERLAP:
            self._stable = self._make(now)
        return self._answer(self._stable, now)

    def check(self, text: str) -> None:
        """Raises Refusal: missing, garbage, retired or expired."""
        if not text:
            raise Refusal(41001, "access_token missing")
        if text not in self._given:
            raise Refusal(40014, "invalid access_token")
        token, now = self._given[text], self._clock.now()
        if token.retired_at and token.retired_at <= now:
            raise Refusal(40001, "invalid credential, access_token is invalid or not latest")
        if token.ends_at <= now:
            raise Refusal(42001, "access_token expired")

    def forced_today(self) -> int:
        """Forced renewals of the present local day."""
        return self._forced.count(local_day(self._clock.now()))

    def retire(self) -> None:
        """The stable token dies as if somebody else had forced a new one."""
        if self._stable:
            self._stable.retired_at = self._clock.now()
            self._stable = None

    def _force(self, now: datetime) -> None:
        if self._forced_at and now - self._forced_at < FORCED_APART:
            return
        if self.forced_today() >= MOST_FORCED_A_DAY:
            raise Refusal(45009, "reach max api daily quota limit")
        self._forced_at = now
        self._forced.append(local_day(now))
        self.retire()

    def _make(self, now: datetime) -> Token:
        text = f"{PREFIX}{next(self._numbers)}-{secrets.token_urlsafe(48)}"
        self._given[text] = Token(text, now + LIFE)
        return self._given[text]

    def _answer(self, token: Token, now: datetime) -> tuple[str, int]:
        return token.text, int((token.ends_at - now).total_seconds())
