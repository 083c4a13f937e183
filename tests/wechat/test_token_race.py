"""Eight processes, one database, one platform: one call. Everything real."""

import asyncio
from collections.abc import AsyncIterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeAlias

import pytest

from app.wechat.client import Account, WeChat
from app.wechat.token import SharedToken
from tests.simulator.hands import APPID, SECRET, Hands
from tests.wechat import token_process

PROCESSES = 8
MOST_SECONDS = 120
STABLE = "/cgi-bin/stable_token"
Line: TypeAlias = "Connection[str | None, str | None]"


async def heard(line: Line) -> str | None:
    return await asyncio.wait_for(asyncio.to_thread(line.recv), MOST_SECONDS)


@pytest.fixture(scope="module")
async def lines(database_url: str, simulator_url: str) -> AsyncIterator[list[Line]]:
    """To eight processes, which wait; all are forked from one that has imported the house."""
    context = get_context("forkserver")
    context.set_forkserver_preload([token_process.__name__])
    account = Account(simulator_url, APPID, SECRET)
    found: list[Line] = []
    processes = []
    for _ in range(PROCESSES):
        mine, theirs = context.Pipe()
        process = context.Process(
            target=token_process.run, args=(theirs, database_url, account), daemon=True
        )
        process.start()
        theirs.close()  # so that the end of a process is heard here
        found.append(mine)
        processes.append(process)
    assert {await heard(line) for line in found} == {"ready"}
    yield found
    for line in found:
        line.send(None)
    for process in processes:
        await asyncio.to_thread(process.join, MOST_SECONDS)
        process.kill()
    assert [process.exitcode for process in processes] == [0] * PROCESSES


async def race(lines: list[Line], failed: str = "") -> set[str | None]:
    """The tokens that they come to, started at one moment."""
    for line in lines:
        line.send(failed)
    return set(await asyncio.gather(*(heard(line) for line in lines)))


async def test_eight_processes_without_a_token_make_one_call(
    lines: list[Line], simulator: Hands, tokens: SharedToken
) -> None:
    found = await race(lines)
    assert len(found) == 1
    assert not found & {"", None}
    assert await simulator.calls(STABLE) == 1


async def test_eight_processes_with_a_failed_token_force_once(
    lines: list[Line], simulator: Hands, tokens: SharedToken, wechat: WeChat
) -> None:
    failed = await tokens.current(wechat.stable_token)
    found = await race(lines, failed)
    assert len(found) == 1
    assert not found & {"", None, failed}
    assert await simulator.calls(STABLE) == 3
    assert await simulator.ask("GET", "tokens") == {"forced_today": 1}
