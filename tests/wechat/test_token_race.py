"""Eight processes, one database, one platform: one call. Everything real."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator

import pytest

from app.wechat.client import WeChat
from app.wechat.token import SharedToken
from tests.simulator.hands import APPID, SECRET, Hands

PROCESSES = 8
MOST_SECONDS = 120
STABLE = "/cgi-bin/stable_token"


async def heard(process: Process) -> str:
    assert process.stdout
    return (await asyncio.wait_for(process.stdout.readline(), MOST_SECONDS)).decode().strip()


async def started(database_url: str, simulator_url: str) -> Process:
    """A process at the line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.wechat.token_process", database_url, simulator_url, APPID, SECRET),
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        assert await heard(process) == "ready"
    except BaseException:
        process.kill()
        raise
    return process


@pytest.fixture(scope="module")
async def processes(database_url: str, simulator_url: str) -> AsyncIterator[list[Process]]:
    """Eight of them, waiting."""
    each = (started(database_url, simulator_url) for _ in range(PROCESSES))
    found = await asyncio.gather(*each)
    yield found
    for process in found:
        assert process.stdin
        process.stdin.close()  # the end of their input; before Python 3.12 `communicate` leaves it open
    ends = asyncio.gather(*(process.communicate() for process in found))
    try:
        await asyncio.wait_for(ends, MOST_SECONDS)
    finally:
        for process in found:
            if process.returncode is None:
                process.kill()
    assert [process.returncode for process in found] == [0] * PROCESSES


async def race(processes: list[Process], failed: str = "-") -> set[str]:
    """The tokens that they come to, started at one moment."""
    for process in processes:
        assert process.stdin
        process.stdin.write(f"{failed}\n".encode())
    return set(await asyncio.gather(*(heard(process) for process in processes)))


async def test_eight_processes_without_a_token_make_one_call(
    processes: list[Process], simulator: Hands, tokens: SharedToken
) -> None:
    found = await race(processes)
    assert len(found) == 1
    assert "" not in found
    assert await simulator.calls(STABLE) == 1


async def test_eight_processes_with_a_failed_token_force_once(
    processes: list[Process], simulator: Hands, tokens: SharedToken, wechat: WeChat
) -> None:
    failed = await tokens.current(wechat.stable_token)
    found = await race(processes, failed)
    assert len(found) == 1
    assert not found & {"", failed}
    assert await simulator.calls(STABLE) == 3
    assert await simulator.ask("GET", "tokens") == {"forced_today": 1}
