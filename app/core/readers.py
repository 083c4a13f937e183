"""Connections for reads: each is lent for one statement, the oldest waiter is first.

asyncpg's own pool resets and guards what it lends, a sixth of a hot read; one statement in autocommit
leaves nothing behind that would need it. See `bench/`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
from asyncpg import InternalClientError

Connection: TypeAlias = asyncpg.Connection
WAIT_SECONDS = 5
CLOSING_SECONDS = 10


class ReadPool:
    """At most `size` connections, opened when they are needed, and anew where they were lost."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._connect, self._size = connect, size
        # a place holds a connection, or None before its first use; the last one used is lent first
        self._free: list[Connection | None] = [None] * size
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._opened: set[Connection] = set()

    async def fetch(self, query: str, *values: Any) -> list[Any]:
        """All rows.

        Raises:
            TimeoutError: every connection was busy for 5 seconds.
        """
        connection = await self._take()
        try:
            rows: list[Any] = await connection.fetch(query, *values)
        except InternalClientError:
            _drop(connection)
            raise
        finally:
            self._give(connection)
        return rows

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """One connection, for statements that belong together; errors as above."""
        connection = await self._take()
        try:
            yield connection
        except InternalClientError:
            _drop(connection)
            raise
        finally:
            self._give(connection)

    async def close(self) -> None:
        """Every connection is closed; one that is not given back in 10 seconds is cut off."""
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                for _ in range(self._size):
                    place = await self._place()
                    if place is not None:
                        await place.close()
        except TimeoutError:
            for connection in self._opened:
                connection.terminate()

    async def _take(self) -> Connection:
        place = self._free.pop() if self._free else await self._place()
        if place is not None and not place.is_closed():
            return place
        if place is not None:
            self._opened.discard(place)
        try:
            connection = await self._connect()
        except BaseException:
            self._give(None)
            raise
        self._opened.add(connection)
        return connection

    async def _place(self) -> Connection | None:
        if self._free:
            return self._free.pop()
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():
                self._give(waiter.result())
            raise

    def _give(self, place: Connection | None) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(place)
                return
        self._free.append(place)


def _drop(connection: Connection) -> None:
    """The server was ending it while it was asked; it is of no more use, and opened anew when needed."""
    connection.terminate()
