"""Reads borrow a connection each: never more than there are, in turn, and anew where one was lost."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.core import database, readers
from app.core.readers import ReadPool


@pytest.fixture
async def pool(url: str) -> AsyncIterator[ReadPool]:
    made = database.readers(url, size=2, timeout_ms=5_000)
    yield made
    await made.close()


async def one(pool: ReadPool, query: str = "SELECT pg_backend_pid()") -> object:
    ((value,),) = await pool.fetch(query)
    return value


async def test_one_after_the_other_shares_a_connection_and_many_at_once_take_turns(
    pool: ReadPool,
) -> None:
    assert await one(pool) == await one(pool)
    slow = "SELECT pg_backend_pid() FROM pg_sleep(0.05)"
    assert len(set(await asyncio.gather(*(one(pool, slow) for _ in range(6))))) == 2


async def test_who_waits_too_long_is_told(pool: ReadPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "WAIT_SECONDS", 0.05)
    busy = [asyncio.create_task(one(pool, "SELECT 1 FROM pg_sleep(0.5)")) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await one(pool)
    assert await asyncio.gather(*busy) == [1, 1]
    assert await one(pool, "SELECT 7") == 7


async def test_who_goes_away_while_waiting_takes_no_place_with_him(pool: ReadPool) -> None:
    busy = [asyncio.create_task(one(pool, "SELECT 1 FROM pg_sleep(0.1)")) for _ in range(2)]
    await asyncio.sleep(0)
    gone = asyncio.create_task(one(pool))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(*busy)
    assert await asyncio.gather(*(one(pool, "SELECT 7") for _ in range(4))) == [7] * 4


async def test_who_is_called_and_goes_away_at_once_hands_the_place_on() -> None:
    pool = ReadPool(lambda: asyncio.sleep(0), size=1)  # type: ignore[arg-type,return-value]  # never used
    await pool._place()
    waiting = asyncio.create_task(pool._place())
    await asyncio.sleep(0)
    pool._give(None)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await pool._place() is None


async def test_a_read_that_is_broken_off_leaves_the_connection_usable(pool: ReadPool) -> None:
    pid = await one(pool)
    slow = asyncio.create_task(one(pool, "SELECT 1 FROM pg_sleep(5)"))
    await asyncio.sleep(0.05)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert await one(pool) == pid


async def test_a_lost_connection_is_opened_anew(pool: ReadPool) -> None:
    pid = await one(pool)
    with pytest.raises(asyncpg.PostgresError):
        await pool.fetch("SELECT pg_terminate_backend(pg_backend_pid())")
    assert await one(pool) != pid


async def test_where_nobody_answers_the_place_is_free_for_the_next() -> None:
    pool = database.readers("postgresql+asyncpg://nobody@127.0.0.1:1/none", size=1, timeout_ms=100)
    for _ in range(2):
        with pytest.raises(OSError):  # noqa: PT011 - refused, whatever the system calls it
            await pool.fetch("SELECT 1")
    await pool.close()


async def test_a_connection_that_is_never_given_back_is_cut_off_at_the_end(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "CLOSING_SECONDS", 0.1)
    pool = database.readers(url, size=2, timeout_ms=60_000)
    kept = asyncio.create_task(pool.fetch("SELECT 1 FROM pg_sleep(30)"))
    await asyncio.sleep(0.05)
    await pool.close()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await kept


class Ending:
    """A connection to a server that was just ending it, as the driver shows it then."""

    def __init__(self) -> None:
        self.is_gone = False

    async def fetch(self, *_: object) -> list[object]:
        raise asyncpg.InternalClientError("another operation is in progress")

    def terminate(self) -> None:
        self.is_gone = True

    def is_closed(self) -> bool:
        return self.is_gone


@pytest.mark.parametrize("lends", [True, False])
async def test_a_connection_that_was_ending_is_not_lent_again(lends: bool) -> None:
    opened: list[Ending] = []

    async def connect() -> Ending:
        opened.append(Ending())
        return opened[-1]

    pool = ReadPool(connect, size=1)  # type: ignore[arg-type]  # what the pool asks of one

    async def ask() -> None:
        if lends:
            async with pool.lent() as connection:
                await connection.fetch("SELECT 1")
        else:
            await pool.fetch("SELECT 1")

    for turn in (1, 2):
        with pytest.raises(asyncpg.InternalClientError):
            await ask()
        assert [each.is_gone for each in opened] == [True] * turn
