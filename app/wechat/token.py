"""The access token in the database: one for all processes, renewed by one of them at a time.

Who finds it stale takes a lease (an UPDATE that only one can win), commits, asks WeChat, and writes
the answer; the others wait for the row to change. Nothing is locked while WeChat is asked, and a
holder that dies is replaced when its lease lapses.

Source: facts.md §2; engineering.md B15.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from cryptography.exceptions import InvalidTag
from sqlalchemy import Update, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core import clock
from app.models.wechat_token import WeChatToken
from app.wechat import quota
from app.wechat.apis import STABLE_TOKEN
from app.wechat.errors import TokenRefused, Transient
from app.wechat.repeat import Sleep
from app.wechat.tokens import Fetch, Grant

Seal = Callable[[str], bytes]
Unseal = Callable[[bytes], str]

LEASE = timedelta(seconds=10)
POLL_SECONDS = 0.08
# Longer than a lease, so that who waits for a dead holder takes its place.
MOST_POLLS = 150
# Source: facts.md §2
MOST_FORCED_A_DAY = 20
FORCED_APART = timedelta(seconds=30)
MARGIN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class _Stored:
    """The row as it was read; of a row that does not exist yet, nothing."""

    token: str | None = field(default=None, repr=False)
    fetched_at: datetime | None = None
    expires_at: datetime | None = None
    leased_until: datetime | None = None
    forced_on: date | None = None
    forced_count: int = 0
    forced_at: datetime | None = None

    def usable(self, failed: str | None) -> str | None:
        """The token, if it lives and is not the one that failed."""
        if self.expires_at is None or self.expires_at <= clock.now() or self.token == failed:
            return None
        return self.token

    def forced_today(self) -> int:
        """How many forced renewals this local day has seen."""
        return self.forced_count if self.forced_on == clock.today() else 0

    def seconds_to_force(self) -> int:
        """How long until the platform's limits permit a forced renewal; 0: now."""
        now = clock.now()
        if self.forced_today() >= MOST_FORCED_A_DAY:
            return quota.seconds_to_next_day(now)
        if self.forced_at is None or now >= self.forced_at + FORCED_APART:
            return 0
        return (self.forced_at + FORCED_APART - now).seconds + 1


class SharedToken:
    """The token of one account, kept in `wechat_tokens`; each step is a short transaction of its
    own, so it must not be asked inside a caller's."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        appid: str,
        *,
        seal: Seal,
        unseal: Unseal,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._sessions, self._appid = sessions, appid
        self._seal, self._unseal, self._sleep = seal, unseal, sleep

    async def current(self, fetch: Fetch) -> str:
        """A token to use now; one process renews it when it is stale.

        Raises:
            Transient: whoever renews it did not come to an end.
            WeChatError: WeChat refused the renewal.
        """
        return await self._find(None, fetch)

    async def replace(self, failed: str, fetch: Fetch) -> str:
        """Another token than `failed`: what somebody else fetched meanwhile, else WeChat's present
        one, else a forced one within the platform's limits.

        Raises:
            TokenRefused: there is no other one; `retry_after` says when one may be forced.
            Transient: whoever renews it did not come to an end.
            WeChatError: WeChat refused the renewal.
        """
        return await self._find(failed, fetch)

    async def _find(self, failed: str | None, fetch: Fetch) -> str:
        first = seen = await self._read()
        for _ in range(MOST_POLLS):
            if token := seen.usable(failed):
                return token
            if failed is not None and seen.fetched_at != first.fetched_at:
                # Somebody just asked on our behalf, and it is still the token that failed.
                raise TokenRefused(STABLE_TOKEN.path, retry_after=seen.seconds_to_force())
            if leased := await self._take(seen):
                return await self._renew(leased, failed, fetch)
            await self._sleep(POLL_SECONDS)
            seen = await self._read()
        raise Transient(STABLE_TOKEN.path, retry_after=1)

    async def _renew(self, held: _Stored, failed: str | None, fetch: Fetch) -> str:
        """Under the lease: fetch and write. Without success the lease is given back at once."""
        try:
            asked_at = clock.now()
            grant = await fetch(force_refresh=False)
            if grant.token == failed and not held.seconds_to_force():
                held = await self._count_forced(held)
                asked_at = clock.now()
                grant = await fetch(force_refresh=True)
            await self._write(held, grant, asked_at)
        except BaseException:  # a cancelled caller, too, lets the next one try
            await self._give_back(held)
            raise
        if grant.token == failed:
            raise TokenRefused(STABLE_TOKEN.path, retry_after=held.seconds_to_force())
        return grant.token

    async def _read(self) -> _Stored:
        reading = select(WeChatToken).where(WeChatToken.appid == self._appid)
        async with self._sessions() as session:
            row = await session.scalar(reading)
            return _Stored() if row is None else self._stored(row)

    def _stored(self, row: WeChatToken) -> _Stored:
        return _Stored(
            self._opened(row.sealed),
            row.fetched_at,
            row.expires_at,
            row.leased_until,
            row.forced_on,
            row.forced_count,
            row.forced_at,
        )

    def _opened(self, sealed: bytes | None) -> str | None:
        """The token; None if its key is gone, for a token can be had again."""
        if sealed is None:
            return None
        try:
            return self._unseal(sealed)
        except (KeyError, ValueError, InvalidTag):
            return None

    async def _take(self, seen: _Stored) -> _Stored | None:
        """The row under our lease; None if another holds it, or renewed it since it was read."""
        now = clock.now()
        taking = (
            insert(WeChatToken)
            .values(appid=self._appid, leased_until=now + LEASE)
            .on_conflict_do_update(
                index_elements=[WeChatToken.appid],
                set_={"leased_until": now + LEASE},
                where=(WeChatToken.leased_until < now)
                & WeChatToken.fetched_at.is_not_distinct_from(seen.fetched_at),
            )
            .returning(WeChatToken)
        )
        async with self._sessions.begin() as session:
            row = await session.scalar(taking)
            return None if row is None else self._stored(row)

    async def _count_forced(self, held: _Stored) -> _Stored:
        """One forced renewal more, before it is made: a crash must not forget it. A new lease.

        Raises:
            Transient: the lease went to another process, which renews now.
        """
        now = clock.now()
        counting = (
            self._held(held)
            .values(
                leased_until=now + LEASE,
                forced_on=clock.today(),
                forced_count=held.forced_today() + 1,
                forced_at=now,
            )
            .returning(WeChatToken)
        )
        async with self._sessions.begin() as session:
            row = await session.scalar(counting)
            if row is None:
                raise Transient(STABLE_TOKEN.path, retry_after=1)
            return self._stored(row)

    def _held(self, held: _Stored) -> Update:
        """A change that happens only while the lease is still ours."""
        return update(WeChatToken).where(
            WeChatToken.appid == self._appid, WeChatToken.leased_until == held.leased_until
        )

    async def _write(self, held: _Stored, grant: Grant, asked_at: datetime) -> None:
        """Keep the token and end the lease."""
        writing = self._held(held).values(
            sealed=self._seal(grant.token),
            fetched_at=asked_at,
            expires_at=asked_at + timedelta(seconds=kept_seconds(grant.expires_in)),
            leased_until=clock.now() - LEASE,
        )
        async with self._sessions.begin() as session:
            await session.execute(writing)

    async def _give_back(self, held: _Stored) -> None:
        """End the lease."""
        ending = self._held(held).values(leased_until=clock.now() - LEASE)
        async with self._sessions.begin() as session:
            await session.execute(ending)


def kept_seconds(expires_in: int) -> int:
    """How long a token is used: to WeChat's end less five minutes, or half of a short life.

    Source: facts.md §2, `expires_in - min(300, expires_in // 2)`, never negative.
    """
    return max(0, expires_in - min(MARGIN_SECONDS, expires_in // 2))
