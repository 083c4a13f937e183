"""The whole story as a newcomer sees it: one command, a standing city, an acknowledged report."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import create_async_engine

from app.commands import cli
from app.commands.stand import DATABASE
from app.core import clock, migrations
from app.models.organization import Organization
from tests import conftest
from tests.commands.test_commands import environment, free_port, run
from tests.miniprogram import hands

SECONDS = 180


def stand(
    url: str, folder: Path, *words: str, port: int = 0, simulator: int = 0
) -> subprocess.Popen[str]:
    more = {"APP_DATA_DIR": str(folder / "var"), "APP_PORT": str(port or free_port())}
    beside = ("--simulator-port", str(simulator or free_port()))
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "stand", *beside, *words],
        env=environment(url, **more),
        cwd=migrations.TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # who says nothing any more is told to end, so that nobody reads from him for ever
    told = Timer(SECONDS, process.terminate)
    told.daemon = True
    told.start()
    return process


async def heard(process: subprocess.Popen[str], end: str) -> str:
    """What it says up to the line with `end`."""
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or end not in lines[-1]:
        line = await asyncio.to_thread(process.stdout.readline)
        assert line, "".join(lines)
        lines.append(line)
    return "".join(lines)


async def stopped(process: subprocess.Popen[str]) -> None:
    """Told twice, as people do, it ends once, and in order."""
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    said, _ = await asyncio.to_thread(process.communicate, timeout=30)
    assert (process.returncode, "stopped" in said) == (0, True), said


async def test_one_command_brings_its_own_database_and_plays_the_story_and_again(
    tmp_path: Path,
) -> None:
    port, simulator = free_port(), free_port()
    process = stand("", tmp_path, port=port, simulator=simulator)
    said = await heard(process, "Ctrl+C")
    assert "ready: http://127.0.0.1:" in said
    assert "新增 28 人；不在职：第32行离退休、第33行离退休、第34行离退休；未通过 0 行" in said
    assert "第一网格、德民社区双报到功能型党支部、第一党小组，与建议一致" in said
    assert "线上 1 人、线下和纸质 1 人，未报到 26 人" in said
    assert "已签收" in said
    assert "一席的服务：一人退出，候补的人接受 → waiting → taken" in said
    assert "能到 2、稍后到 1、不能到 1、在单位值守 1、我也需要帮助 0、报平安 1，未联系上 3" in said
    assert "诉求合计 11 → submitted 3，accepted 1，refused 1，merged 1，done 2，solved 3" in said
    assert "照片去除定位信息，平台内容检查有结论后社区可看 → shown" in said
    assert "微心愿合计 1 → closed 1" in said
    served = re.search(r"8 名党员的服务记录 → 12 条，(\d+) 分钟", said)
    assert served, said
    # just after midnight the one that was declared is as long as the day
    is_new_day = clock.now() - clock.day_starts(clock.today()) < timedelta(hours=1)
    assert int(served[1]) in (range(781, 826) if is_new_day else (825,))
    assert "尤佳情况不足，沈明远优先推荐，秦川正常参考，韩秋实建议约谈提醒" in said
    assert "线上已评 1 人，线下一致 4 名党员" in said
    assert "含反馈单 4 份" in said
    pid = tmp_path / "var" / "postgres" / "cluster" / "postmaster.pid"
    database = f"postgresql+asyncpg://postgres@/{DATABASE}?host={pid.read_text().split()[4]}"
    ledger = await asyncio.to_thread(run, database, "doctor", "--ledger")
    assert (ledger.returncode, "✗" in ledger.stdout) == (0, False), ledger.stdout
    addresses = (f"http://127.0.0.1:{port}", f"http://127.0.0.1:{simulator}")
    phones = await asyncio.to_thread(hands.node, "example/story.ts", *addresses)
    assert phones.returncode == 0, phones.stdout
    assert "手快点了两下 → SQ-" in phones.stdout
    assert "在可接的服务中看到，一键接单 → taken" in phones.stdout
    assert "居民首页有待确认的 → SQ-" in phones.stdout
    assert "居民评单：办好了 → 已解决" in phones.stdout
    again = await asyncio.to_thread(
        run,
        *("", "demo", "--short", "--simulator", f"http://127.0.0.1:{simulator}"),
        APP_PUBLIC_URL=f"http://127.0.0.1:{port}",
    )
    assert (again.returncode, "第2版，已送达" in again.stdout) == (0, True), again.stderr
    await stopped(process)


def words_of_children(pid: int) -> set[str]:
    """Every word of the commands of its children."""
    found: set[str] = set()
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with suppress(OSError):  # it has gone meanwhile
            found |= {*Path(f"/proc/{child}/cmdline").read_text().split("\0")}
    return found


async def test_on_a_database_that_is_given_the_city_stands_and_it_ends_when_told(
    worker_id: str, tmp_path: Path
) -> None:
    name = f"{conftest.PREFIX}_story_{worker_id}"
    await conftest.recreate(name, conftest.TEMPLATE)
    process = stand(conftest.url_of(name), tmp_path)
    while "worker" not in words_of_children(process.pid):  # the last of three
        assert process.poll() is None
        await asyncio.sleep(0.05)
    await stopped(process)
    engine = create_async_engine(conftest.url_of(name))
    async with engine.connect() as connection:
        built = select(func.count()).where(Organization.kind == "employer")
        assert await connection.scalar(built)
    await engine.dispose()
    assert not (tmp_path / "var").exists()


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
