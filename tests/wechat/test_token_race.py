"""Eight processes, one database, one platform: one call. Everything real."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process

from app.wechat.client import WeChat
from app.wechat.token import SharedToken
from tests.simulator.hands import Hands

PROCESSES = 8
STABLE = "/cgi-bin/stable_token"


async def start(database_url: str, simulator_url: str, failed: str) -> Process:
    """A process at the line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.wechat.token_process", database_url, simulator_url, failed),
        stdin=PIPE,
        stdout=PIPE,
    )
    assert process.stdout
    assert await process.stdout.readline() == b"ready\n"
    return process


async def race(database_url: str, simulator_url: str, failed: str = "-") -> set[str]:
    """The tokens that eight processes came to, started at one moment."""
    each = (start(database_url, simulator_url, failed) for _ in range(PROCESSES))
    processes = await asyncio.gather(*each)
    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0] * PROCESSES
    return {said.decode().strip() for said, _ in answers}


async def test_eight_processes_without_a_token_make_one_call(
    database_url: str, simulator: Hands, tokens: SharedToken
) -> None:
    found = await race(database_url, simulator.url)
    assert len(found) == 1
    assert "" not in found
    assert await simulator.calls(STABLE) == 1


async def test_eight_processes_with_a_failed_token_force_once(
    database_url: str, simulator: Hands, tokens: SharedToken, wechat: WeChat
) -> None:
    failed = await tokens.current(wechat.stable_token)
    found = await race(database_url, simulator.url, failed)
    assert len(found) == 1
    assert failed not in found
    assert await simulator.calls(STABLE) == 3
    assert await simulator.ask("GET", "tokens") == {"forced_today": 1}
