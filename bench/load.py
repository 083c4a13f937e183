"""The load generator: wrk, a kept tool, which asks what a list says."""

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from bench.machine import OTHER_CORE

SCRIPT = Path(__file__).with_name("requests.lua")
MOST_SECONDS = 120


class Ask(NamedTuple):
    """One request; `token` is an access token, or a cookie (`name=value`); `caller` an address."""

    method: str
    path: str
    token: str = ""
    caller: str = ""
    body: str = ""


@dataclass(frozen=True)
class Load:
    """One round: answers a second, milliseconds until half and 99 of a hundred had theirs."""

    answers: int
    seconds: float
    p50: float
    p99: float
    most: float
    broken: int
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


class Refused(RuntimeError):
    """Answers that were to succeed did not: the figures of the round are worth nothing."""


def write(path: Path, asks: Sequence[Ask]) -> Path:
    """A list for `run` stands in `path`."""
    path.write_text("".join("\t".join(each) + "\n" for each in asks), encoding="utf-8")
    return path


def run(
    port: int, asks: Path, *, connections: int, seconds: float, cores: str = OTHER_CORE
) -> Load:
    """Asks the list round and round for some seconds.

    Raises:
        Refused: an answer was above 399, or none came.
    """
    found = _finish(_start(port, asks, connections, seconds, cores))
    if int(found["refused"]) or int(found["broken"]) or not int(found["answers"]):
        raise Refused(f"{asks.name}: {found}")
    return _load(found, float(found["micros"]) / 1e6)


def run_once(port: int, asks: Path, *, connections: int) -> Load:
    """Asks each line once, all connections beside each other; refusals stand in `statuses`."""
    process = _start(port, asks, connections, MOST_SECONDS, OTHER_CORE, "once")
    for line in _output(process):
        if line == "finished\n":
            process.send_signal(signal.SIGINT)
            break
    found = _finish(process)
    return _load(found, float(found["took"]))


def start(
    port: int,
    asks: Path,
    *,
    connections: int,
    seconds: float,
    cores: str = OTHER_CORE,
    pause: int = 0,
) -> "subprocess.Popen[str]":
    """As `run`, while something else happens; `finish` waits for its end. `pause`: milliseconds that
    each connection rests before it asks again."""
    return _start(port, asks, connections, seconds, cores, *([str(pause)] if pause else []))


def finish(process: "subprocess.Popen[str]") -> Load:
    """What was begun with `start`; refusals are not looked at."""
    found = _finish(process)
    return _load(found, float(found["micros"]) / 1e6)


def _start(
    port: int, asks: Path, connections: int, seconds: float, cores: str, *more: str
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            "taskset", "-c", cores, "wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s",
            "--timeout", "30s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}", "--",
            str(asks), *more,
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"LC_ALL": "C"},
    )  # fmt: skip


def _finish(process: "subprocess.Popen[str]") -> dict[str, str]:
    said = _output(process).read()
    process.wait()
    with suppress(StopIteration):
        line = next(each for each in said.splitlines() if each.startswith("answers="))
        return dict(re.findall(r"(\w+)=(\S*)", line))
    raise Refused(said)


def _output(process: "subprocess.Popen[str]") -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def _load(found: dict[str, str], seconds: float) -> Load:
    statuses = (each.split(":") for each in found["statuses"].split(",") if each)
    return Load(
        answers=int(found["answers"]),
        seconds=seconds,
        p50=int(found["p50"]) / 1000,
        p99=int(found["p99"]) / 1000,
        most=int(found["most"]) / 1000,
        broken=int(found["broken"]),
        statuses={int(status): int(many) for status, many in statuses},
    )
