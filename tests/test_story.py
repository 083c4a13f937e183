"""The whole story as a newcomer sees it: one command, a standing city, an acknowledged report."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.commands import cli
from app.core import migrations
from tests import conftest
from tests.commands.test_commands import environment, free_port

SECONDS = 180


def stand(url: str, folder: Path, *words: str) -> subprocess.Popen[str]:
    more = {"APP_DATA_DIR": str(folder / "var"), "APP_PORT": str(free_port())}
    return subprocess.Popen(
        [sys.executable, "-m", "app", "stand", "--simulator-port", str(free_port()), *words],
        env=environment(url, **more),
        cwd=migrations.TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def test_one_command_brings_its_own_database_and_plays_the_story(tmp_path: Path) -> None:
    process = stand("", tmp_path, "--once")
    said, _ = await asyncio.to_thread(process.communicate, timeout=SECONDS)
    assert process.returncode == 0, said
    assert "ready: http://127.0.0.1:" in said
    assert "已签收" in said


async def test_on_a_database_of_its_own_it_stands_until_told_twice(
    worker_id: str, tmp_path: Path
) -> None:
    name = f"{conftest.PREFIX}_story_{worker_id}"
    await conftest.recreate(name, "template0")
    process = stand(conftest.url_of(name), tmp_path)
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or "Ctrl+C" not in lines[-1]:
        line = await asyncio.to_thread(process.stdout.readline)
        assert line, "".join(lines)
        lines.append(line)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    said, _ = await asyncio.to_thread(process.communicate, timeout=30)
    assert (process.returncode, "stopped" in said) == (0, True)


def test_a_taken_port_is_said_before_anything_is_begun(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("APP_DATA_DIR", str(tmp_path / "var"))
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        monkeypatch.setenv("APP_PORT", str(holder.getsockname()[1]))
        assert cli.main(["stand"]) == 1
    assert "APP_PORT" in capsys.readouterr().err
    assert not (tmp_path / "var").exists()
