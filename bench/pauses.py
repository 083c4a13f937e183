"""Why the slowest answers are slow: who had the cores while they were waited for.

Linux' own record (`perf`) of every turn on both cores, and of what the load generator wrote and read:
each request with the turns that fell into it, all by one clock.
"""

import re
import subprocess
import tempfile
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bench import asks, load
from bench.cases import OPEN_ORDERS
from bench.reads import PORT
from bench.server import PRODUCT, Server, bare, serving
from bench.standing import Standing
from bench.table import Results

SECONDS, WARM = 8, 3
# A turn of somebody else; and one of PostgreSQL or wrk, whose own are a tenth of this.
OTHERS_MS, OURS_MS = 0.5, 1.0
OURS = ("postgres", "wrk")
LINE = re.compile(r"\[(\d+)\]\s+([\d.]+):\s+\w+:(\w+): (.*)")
SWITCH = re.compile(r"prev_comm=(.*?) prev_pid=(\d+) ")


class Turn(NamedTuple):
    """Somebody had a core; milliseconds."""

    began: float
    ended: float
    core: str
    name: str
    pid: int


class Answer(NamedTuple):
    """A connection waited; milliseconds."""

    asked: float
    came: float

    @property
    def took(self) -> float:
        """How long."""
        return self.came - self.asked


def measure(server: Standing, results: Results, scale: float) -> None:
    """The list of open orders by 32 connections, of the product and of its ceiling."""
    url = server.copy(server.city(scale), "bench_pauses")
    sign, rows, who = asks.signer(url), [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(PRODUCT, url, PORT) as product,
        serving(bare("ceiling"), url, PORT + 1, BENCH_QUERY=OPEN_ORDERS.query) as ceiling,
    ):
        mine = asks.listed(Path(folder), "mine", asks.of(server, "bench_pauses", OPEN_ORDERS, sign))
        keys = asks.listed(Path(folder), "keys", asks.keys_of(server, "bench_pauses", OPEN_ORDERS))
        for name, web, listed in (
            ("product", product, mine),
            ("bare ASGI, JSON by PostgreSQL", ceiling, keys),
        ):
            turns, answers = _read(_record(web, listed, Path(folder) / "record"))
            pauses = sorted(each for each in turns if _is_pause(each, web.pid))
            rows.append([name, *_said_of(answers, pauses)])
            who += [[name, *each] for each in _said_of_pauses(pauses, answers)]
    results.table(
        f"{OPEN_ORDERS.connections} connections, beside the recording",
        (
            "server", "answers", "p50 ms", "p99 ms", "p99 / p50", "slower than twice p50",
            "of them met a pause", "met none, of all", "p99 / p50 of these",
        ),
        rows,
    )  # fmt: skip
    results.table(
        f"Pauses: turns of others of {OTHERS_MS} ms or more, of PostgreSQL or wrk of {OURS_MS} ms or more",
        ("server", "who", "times a second", "ms a second", "longest ms"),
        who,
    )


def _record(web: Server, listed: Path, file: Path) -> Path:
    """What happened while wrk asked."""
    load.run(web.port, listed, connections=OPEN_ORDERS.connections, seconds=WARM)
    asking = load.start(web.port, listed, connections=OPEN_ORDERS.connections, seconds=SECONDS + 2)
    time.sleep(1)
    thread = max(Path(f"/proc/{asking.pid}/task").iterdir(), key=lambda each: int(each.name)).name
    by_wrk = [
        word
        for event in ("sys_enter_write", "sys_enter_read", "sys_exit_read")
        for word in ("-e", f"syscalls:{event}", "--filter", f"common_pid == {thread}")
    ]
    subprocess.run(
        [
            "perf", "record", "-q", "-a", "-m", "8192", "-o", str(file), "-e", "sched:sched_switch",
            *by_wrk, "--", "sleep", str(SECONDS),
        ],
        check=True,
    )  # fmt: skip
    load.finish(asking)
    return file


def _read(file: Path) -> tuple[list[Turn], list[Answer]]:
    turns, answers = [], []
    began: dict[str, float] = {}
    asked: dict[str, float] = {}
    reading = ""
    for core, moment, event, said in _lines(file):
        if event == "sched_switch" and (gone := SWITCH.match(said)):
            if core in began:
                turns.append(Turn(began[core], moment, core, gone[1], int(gone[2])))
            began[core] = moment
        elif event == "sys_enter_write":
            asked[_first(said)] = moment
        elif event == "sys_enter_read":
            reading = _first(said)
        elif event == "sys_exit_read" and reading in asked:
            answers.append(Answer(asked.pop(reading), moment))
    return turns, answers


def _lines(file: Path) -> Iterator[tuple[str, float, str, str]]:
    """Core, milliseconds, event, and what it says."""
    words = ["perf", "script", "-i", str(file), "-F", "cpu,time,event,trace"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as said:
        assert said.stdout is not None
        for line in said.stdout:
            if found := LINE.search(line):
                yield found[1], float(found[2]) * 1000, found[3], found[4]


def _first(said: str) -> str:
    """The file of a call: `fd: 0x00000012, …`."""
    return said.split(",", 1)[0]


def _is_pause(turn: Turn, web: int) -> bool:
    if turn.pid in (0, web):  # nobody's, or the server's own
        return False
    least = OURS_MS if turn.name.startswith(OURS) else OTHERS_MS
    return turn.ended - turn.began >= least


def _said_of(answers: Sequence[Answer], pauses: Sequence[Turn]) -> list[str]:
    ends = sorted(each.ended for each in pauses)
    begins = [each.began for each in pauses]

    def met(answer: Answer) -> bool:
        """As many had begun when it came as had ended when it was asked for: none fell into it."""
        return bisect_right(begins, answer.came) > bisect_right(ends, answer.asked)

    took = sorted(each.took for each in answers)
    calm = sorted(each.took for each in answers if not met(each))
    slow = [each for each in answers if each.took > 2 * _of(took, 50)]
    return [
        f"{len(took):,}", f"{_of(took, 50):.2f}", f"{_of(took, 99):.2f}",
        f"{_of(took, 99) / _of(took, 50):.2f}", f"{len(slow):,}",
        f"{sum(map(met, slow)) / max(len(slow), 1):.0%}", f"{len(calm) / len(took):.0%}",
        f"{_of(calm, 99) / _of(calm, 50):.2f}",
    ]  # fmt: skip


def _said_of_pauses(pauses: Sequence[Turn], answers: Sequence[Answer]) -> list[list[str]]:
    """By who they were of, the longest in all first."""
    seconds = (answers[-1].came - answers[0].asked) / 1000
    by_who = defaultdict(list)
    for each in pauses:
        name = re.split(r"[.:/-]", each.name)[0]
        by_who[f"{name}, core {int(each.core)}"].append(each.ended - each.began)
    return [
        [who, f"{len(all_) / seconds:.1f}", f"{sum(all_) / seconds:.1f}", f"{max(all_):.1f}"]
        for who, all_ in sorted(by_who.items(), key=lambda each: -sum(each[1]))
    ]


def _of(values: Sequence[float], percent: int) -> float:
    return values[min(len(values) * percent // 100, len(values) - 1)]
