"""How the whole house is watched and stopped: not ready, one process gone, one that will not end."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process

import pytest

from app.commands import stand

STUBBORN = (
    "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
)


async def child(script: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=PIPE)


async def test_a_web_process_that_never_becomes_ready_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    monkeypatch.setattr(stand, "READY_SECONDS", 1)
    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TimeoutError):
            await stand._until_ready(f"http://127.0.0.1:{port}")


async def test_a_process_that_ends_by_itself_ends_the_house(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lives, gone = await child(STUBBORN), await child("")
    assert await stand._until_one_ends([lives, gone]) == 1
    assert "ended by itself" in capsys.readouterr().err
    lives.kill()
    await lives.wait()


async def test_who_does_not_end_when_told_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand, "STOP_SECONDS", 0.2)
    gone, stubborn = await child(""), await child(STUBBORN)
    await gone.wait()
    assert stubborn.stdout is not None
    await stubborn.stdout.readline()
    await stand._stop([gone, stubborn])
    assert (gone.returncode, stubborn.returncode) == (0, -signal.SIGKILL)
