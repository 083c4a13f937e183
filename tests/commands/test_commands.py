"""The commands as an operator runs them: real processes, a real database."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app import openapi
from app.commands import cli, ports
from app.core import migrations
from tests import conftest
from tests.breaches import Comparison


def environment(url: str, **more: str) -> dict[str, str]:
    """A process's environment without this machine's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("APP_")}
    return kept | {"APP_DATABASE_URL": url} | more


class Done(NamedTuple):
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def run(url: str, *words: str, **more: str) -> Done:
    """A command that ends by itself, run to its end in this process."""
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(StringIO()) as said,
        redirect_stderr(StringIO()) as complained,
    ):
        kept = environment(url, **more)
        for name in {*os.environ} - {*kept}:
            patch.delenv(name)
        for name, value in kept.items():
            patch.setenv(name, value)
        code = cli.main(words)
    return Done(code, said.getvalue(), complained.getvalue())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def fresh(worker_id: str) -> str:
    """An empty database."""
    name = f"{conftest.PREFIX}_commands_{worker_id}"
    await conftest.recreate(name, "template0")
    return conftest.url_of(name)


async def test_migrate_builds_schema_and_content_once_and_doctor_is_content(fresh: str) -> None:
    before = await asyncio.to_thread(run, fresh, "doctor", "--ledger")
    assert before.returncode == 1
    assert "python -m app migrate" in before.stdout
    first = await asyncio.to_thread(run, fresh, "migrate")
    second = await asyncio.to_thread(run, fresh, "migrate")
    assert (first.returncode, second.returncode) == (0, 0)
    assert "content: 0 added, 0 renewed" in second.stdout
    after = await asyncio.to_thread(run, fresh, "doctor")
    assert (after.returncode, after.stdout.count("✓")) == (0, 5)


async def test_migrate_keeps_what_a_tenant_has_edited(fresh: str) -> None:
    await asyncio.to_thread(run, fresh, "migrate")
    engine = create_async_engine(fresh)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "UPDATE content_items SET data = '{\"name\": \"自定义\"}', shipped = '{}' "
                "WHERE section = 'numbers' AND code = 'need'"
            )
        )
    await engine.dispose()
    again = await asyncio.to_thread(run, fresh, "migrate")
    assert "content kept as edited: numbers/need" in again.stdout


@pytest.mark.parametrize("command", ["serve", "worker", "migrate", "doctor"])
def test_without_a_database_a_command_says_what_is_missing(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("APP_DATABASE_URL", raising=False)
    assert cli.main([command]) != 0
    shown = capsys.readouterr()
    assert "APP_DATABASE_URL" in shown.out + shown.err


def test_a_wrong_setting_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_PORT", "many")
    assert cli.main(["doctor"]) == 2
    assert "APP_PORT" in capsys.readouterr().err


def test_an_unreachable_database_is_said_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("APP_DATABASE_URL", f"postgresql+asyncpg://postgres@/none?host={tmp_path}")
    assert cli.main(["doctor"]) == 1
    assert "cannot be reached" in capsys.readouterr().out


def test_a_contract_without_descriptions_is_not_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(openapi.write, "__defaults__", (tmp_path / "openapi.json",))
    monkeypatch.setattr(sys, "flags", SimpleNamespace(optimize=2, verbose=0))
    assert cli.main(["openapi"]) == 1
    assert "docstrings" in capsys.readouterr().err
    assert not (tmp_path / "openapi.json").exists()


def test_the_contract_is_written_by_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(openapi.write, "__defaults__", (tmp_path / "x" / "openapi.json",))
    monkeypatch.setattr(openapi.release, "__defaults__", (tmp_path / "x" / "released.json",))
    assert cli.main(["openapi"]) == 0
    assert not (tmp_path / "x" / "released.json").exists()
    assert cli.main(["openapi", "--release"]) == 0
    written, released = (
        json.loads((tmp_path / "x" / name).read_text())
        for name in ("openapi.json", "released.json")
    )
    assert written["openapi"].startswith("3.")
    assert (
        Comparison(released, written).breaches() == Comparison(written, released).breaches() == []
    )


def test_a_taken_port_is_named_with_its_setting() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert not ports.is_free("127.0.0.1", port)
        assert "APP_PORT" in ports.taken(port, "APP_PORT")
        taken = run("postgresql+asyncpg://nowhere/none", "serve", APP_PORT=str(port))
    assert (taken.returncode, str(port) in taken.stderr) == (1, True)


@pytest.mark.parametrize("command", ["simulator", "stand", "city"])
def test_what_is_for_development_refuses_production(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "ENVIRONMENT": "production",
        "DATABASE_URL": "postgresql+asyncpg://db/app",
        "SECRET_KEY": "s" * 40,
        "LOOKUP_KEY": "l" * 40,
        "FIELD_KEYS": "a:" + "A" * 43 + "=",
        "WECHAT_APPID": "wx0123456789abcdef",
        "WECHAT_SECRET": "w" * 32,
        "WECHAT_PUSH_TOKEN": "t" * 20,
        "WECHAT_PUSH_AES_KEY": "B" * 43,
    }.items():
        monkeypatch.setenv(f"APP_{name}", value)
    assert cli.main([command]) == 2
    said = capsys.readouterr().err
    assert "production" in said or "development" in said


@asynccontextmanager
async def running(url: str, *words: str, **more: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A process of ours; whatever becomes of the test, it does not outlive it."""
    process = await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, "-m", "app", *words],
        env=environment(url, **more),
        cwd=migrations.TOP,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.communicate, timeout=20)


async def end(process: subprocess.Popen[bytes], number: signal.Signals) -> list[dict[str, Any]]:
    """Told to stop, it has stopped; the lines of its log."""
    process.send_signal(number)
    _, said = await asyncio.to_thread(process.communicate, timeout=30)
    return [json.loads(line) for line in said.decode().splitlines()]


async def until(check: Callable[[], Any]) -> Any:
    for _ in range(1200):  # a process starts slowly where others do the same
        try:
            if found := await check():
                return found
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise TimeoutError


async def test_serve_answers_and_stops_when_told(database_url: str) -> None:
    port = free_port()
    async with (
        running(database_url, "serve", APP_PORT=str(port), APP_LOG_LEVEL="INFO") as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False) as client,
    ):

        async def ready() -> bool:
            return (await client.get("/health/ready")).status_code == 200

        assert await until(ready)
        answer = await client.get("/health/live")
        assert (answer.status_code, "server" in answer.headers) == (200, False)
        lines = await end(process, signal.SIGINT)
    assert any(line.get("route") == "/health/live" for line in lines)


async def test_a_worker_tells_facts_until_stopped(database_url: str) -> None:
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO outbox (name, payload, recorded_at, not_before, attempts) "
                "VALUES ('nobody.listens', '{}', now(), now(), 0)"
            )
        )

    async def told() -> bool:
        async with engine.connect() as connection:
            left = await connection.scalar(
                text("SELECT count(*) FROM outbox WHERE told_at IS NULL")
            )
            return int(left or 0) == 0

    async with running(database_url, "worker", APP_LOG_LEVEL="INFO") as process:
        assert await until(told)
        events = [line["event"] for line in await end(process, signal.SIGINT)]
    assert (events[0], events[-1], process.returncode) == ("worker.ready", "worker.stopped", 0)
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE outbox"))
    await engine.dispose()


async def test_the_simulator_answers_as_wechat_does() -> None:
    port = free_port()
    async with (
        running("", "simulator", "--port", str(port)) as process,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False) as client,
    ):

        async def up() -> Any:
            return (await client.get("/sns/jscode2session", params={"js_code": "x"})).json()

        assert (await until(up))["errcode"]
        process.send_signal(signal.SIGINT)
        await asyncio.to_thread(process.communicate, timeout=20)
