"""Reads that a streaming replica may answer, where it has replayed all that was written before.

Nothing is remembered of who wrote: each statement asks the primary how far its log is, and the replica,
on the connection that will read, whether it has replayed as much. So whoever has been told that he has
written reads it, through any process. Where the replica cannot say so soon, or at all, the primary reads.

A commit is told after its record was flushed, so the flushed position covers it, and whatever anybody
could read so far; what is inserted beyond that belongs to nobody who was answered, and no replica has
it yet. With `synchronous_commit = off` a commit is told before: there the inserted position is asked.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from asyncpg import InterfaceError, InternalClientError, PostgresError

from app.core import logs
from app.core.prepared import Reader
from app.core.readers import Connection, ReadPool

log = logs.get(__name__)

POLLS_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02)  # between the looks at a replica that lags
ANSWER_SECONDS = 1.0  # in which it says where it is, and lets somebody in
REST_SECONDS = 5.0  # for which it is not asked again after it gave no answer

POSITION = """SELECT CASE current_setting('synchronous_commit')
WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END::text AS position"""
# Not in the statement that reads: its snapshot would be older than the answer.
HAS_REPLAYED = "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= $1::text::pg_lsn"
IDENTITY = """SELECT system_identifier::text AS system, current_database()::text AS database
FROM pg_control_system()"""


class Answered(StrEnum):
    """Who answered a read, and why."""

    REPLICA = "replica"
    PRIMARY_LAG = "primary_lag"
    PRIMARY_DOWN = "primary_down"


class NotOurReplica(Exception):
    """What stands at its address is another system, another database, or no replica."""


class _Lagging(Exception):
    """It has not replayed enough."""


class _Resting(Exception):
    """It gave no answer just now, and is let alone."""


AWAY = (
    OSError,
    PostgresError,
    InterfaceError,
    InternalClientError,
    NotOurReplica,
)  # a TimeoutError is an OSError
Count = Callable[[Answered], None]


class Replica:
    """A `Reader` over primary and replica: it never fails where the primary alone would not."""

    def __init__(
        self, primary: Reader, connect: Callable[[], Awaitable[Connection]], size: int, count: Count
    ) -> None:
        """`count` hears of each statement who answered it."""
        self._primary, self._open, self._count = primary, connect, count
        self._copies = ReadPool(self._connect, size)
        self._rests_until = 0.0

    async def fetch(self, query: str, *values: Any) -> list[Any]:
        """All rows, as they are after everything that was committed before; errors are the primary's."""
        rows: list[Any] | None = None
        try:
            rows, answered = await self._copied(query, values), Answered.REPLICA
        except _Lagging:
            answered = Answered.PRIMARY_LAG
        except _Resting:
            answered = Answered.PRIMARY_DOWN
        except AWAY as error:
            answered = Answered.PRIMARY_DOWN
            log.warning("replica.failed", error=type(error).__name__)
        if rows is None:
            rows = await self._primary.fetch(query, *values)
        self._count(answered)
        return rows

    async def close(self) -> None:
        """Its connections are closed; those of the primary are not."""
        await self._copies.close()

    async def _copied(self, query: str, values: Sequence[Any]) -> list[Any]:
        if self._rests_until:
            if time.monotonic() < self._rests_until:
                raise _Resting
            self._rest()  # the others, until this one has seen whether it is back
        (row,) = await self._primary.fetch(POSITION)
        async with self._copies.lent() as connection:
            with self._knocking():
                has_replayed = await _catch_up(connection, row["position"])
            if not has_replayed:
                raise _Lagging
            rows: list[Any] = await connection.fetch(query, *values)
            return rows

    async def _connect(self) -> Connection:
        with self._knocking():
            connection = await self._open()
            theirs = await connection.fetch(IDENTITY)
            if theirs != await self._primary.fetch(IDENTITY):
                await connection.close()
                raise NotOurReplica
            return connection

    @contextmanager
    def _knocking(self) -> Iterator[None]:
        """Who gives no answer rests; a statement that breaks off alone says nothing of the next one."""
        try:
            yield
        except AWAY:
            self._rest()
            raise
        self._rests_until = 0.0

    def _rest(self) -> None:
        self._rests_until = time.monotonic() + REST_SECONDS


async def _catch_up(connection: Connection, position: str) -> bool:
    """Whether it has replayed so far, at once or within `POLLS_SECONDS`."""
    for pause in (*POLLS_SECONDS, None):
        if await connection.fetchval(HAS_REPLAYED, position, timeout=ANSWER_SECONDS):
            return True
        if pause is not None:
            await asyncio.sleep(pause)
    return False
