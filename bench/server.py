"""The servers that are measured: the product, its ceilings, the tutorial's way."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from bench import machine
from bench.machine import SERVER_CORE

# As the image runs it: see Dockerfile. `scripts/bench` has compiled it so.
PRODUCT = ("-OO", "-m", "app", "serve")
AS_IMAGE = {
    "PYTHONPYCACHEPREFIX": str(Path("var/bench/bytecode").resolve()),
    "MALLOC_MMAP_THRESHOLD_": "131072",
}
READY_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A server that answers on a port."""

    pid: int
    port: int

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far."""
        return machine.cpu_of(self.pid)

    @property
    def megabytes(self) -> float:
        """What it holds of the memory."""
        return machine.megabytes_of(self.pid)


def bare(name: str) -> tuple[str, ...]:
    """The words that start an ASGI application of this folder with nothing around it."""
    options = ("--loop", "uvloop", "--http", "httptools", "--log-level", "error", "--no-access-log")
    return ("-m", "uvicorn", f"bench.{name}:app", *options)


@contextmanager
def serving(
    words: tuple[str, ...], url: str, port: int, *, core: str = SERVER_CORE, **more: str
) -> Iterator[Server]:
    """A server on its core until the block ends; `more` are variables of its environment."""
    environment = os.environ | {
        "APP_DATABASE_URL": url,
        "APP_PORT": str(port),
        "APP_LOG_LEVEL": "INFO",
    }
    if words is PRODUCT:
        environment |= AS_IMAGE
    else:
        words = (*words, "--port", str(port))
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            ["taskset", "-c", core, sys.executable, *words], env=environment | more, stderr=log
        )
        try:
            _wait(process, port)
            yield Server(process.pid, port)
        finally:
            process.terminate()
            process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Until the server answers at all."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urlopen(f"http://127.0.0.1:{port}/health/live", timeout=1)
        except HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers on {port}")
