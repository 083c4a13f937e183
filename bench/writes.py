"""Every write; taking a seat beside the five statements of it by pgbench, the others beside bare ASGI
that answers the same bytes."""

import re
import subprocess
import tempfile
from pathlib import Path

from bench import asks, load
from bench.cases import TAKE, WRITES, Write
from bench.layouts import SIMULATOR, Sign
from bench.load import Ask, Load, Refused
from bench.machine import BOTH_CORES, OTHER_CORE
from bench.reads import PORT
from bench.rounds import Rounds, ratios
from bench.server import PRODUCT, Server, bare, serving
from bench.standing import Standing, program
from bench.table import Results, spread

CLIENTS = 16
FIVE_STATEMENTS = Path(__file__).with_name("take.sql")
NUMBERED = """
CREATE TABLE bench_orders AS SELECT row_number() OVER () AS n, id FROM orders WHERE seats = 1000000;
CREATE TABLE bench_people AS SELECT row_number() OVER () AS n, person_id, id AS registration_id
    FROM registrations WHERE status = 'active' AND person_id IS NOT NULL;
ALTER TABLE bench_orders ADD PRIMARY KEY (n); ALTER TABLE bench_people ADD PRIMARY KEY (n);
ANALYZE bench_orders; ANALYZE bench_people
"""
HEAD = (
    "case",
    "answers/s",
    "of the ceiling",
    "ceiling",
    "statements",
    "CPU µs",
    "p50 ms",
    "p99 ms",
)
TRUSTED = {"APP_TRUSTED_PROXIES": "127.0.0.1", "APP_WECHAT_BASE_URL": SIMULATOR}


def measure(server: Standing, results: Results, city: str, rounds: Rounds) -> None:
    """A line for each write, and the goal of taking a seat."""
    url, rows = server.copy(city, "bench_writes"), []
    sign = asks.signer(url)
    simulator = ("-m", "app", "simulator")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(simulator, url, int(SIMULATOR.rpartition(":")[2]), core=OTHER_CORE),
        serving(PRODUCT, url, PORT, **TRUSTED) as product,
    ):
        for case in WRITES[:1] if rounds.is_smoke else WRITES:
            mine, cpu, statements, theirs, what = beside(
                server, product, url, case, sign, rounds, Path(folder)
            )
            found = ratios([each.rate for each in mine], theirs)
            if case is TAKE:
                results.goal(
                    "take a seat, spread, of pgbench's transaction",
                    sorted(found)[len(found) // 2],
                    0.40,
                )
                results.goal("take a seat: statements", statements, 3, at_most=True)
            rows.append(
                [
                    case.name,
                    spread([each.rate for each in mine]),
                    spread(found, "{:.2f}"),
                    f"{what} {spread(theirs)}",
                    f"{statements:.1f}",
                    spread(cpu),
                    f"{sorted(each.p50 for each in mine)[len(mine) // 2]:.1f}",
                    f"{sorted(each.p99 for each in mine)[len(mine) // 2]:.1f}",
                ]
            )
        results.table("Writes", HEAD, rows)
        results.table(
            "Memory", ("after the writes", "MB"), [("web process", f"{product.megabytes:.0f}")]
        )


def beside(
    server: Standing,
    product: Server,
    url: str,
    case: Write,
    sign: Sign,
    rounds: Rounds,
    folder: Path,
) -> tuple[list[Load], list[float], float, list[float], str]:
    """Rounds of the product and CPU in µs an answer, its statements, rounds of the ceiling and its name."""
    many = 400 if rounds.is_smoke else case.many
    wanted = lay_out(server, case, sign, many + 12)
    statements = counted_once(server, product, wanted[:11])
    once(product, asks.listed(folder, "warm", wanted[11:]), case)
    body = folder / "answer"
    body.write_bytes(b"{}" * 100)
    mine: list[Load] = []
    cpu: list[float] = []
    theirs: list[float] = []
    if case is TAKE:
        server.use("bench_writes", lambda connection: connection.execute(NUMBERED))
    with serving(bare("ceiling"), url, PORT + 1, BENCH_BYTES=str(body)) as same:
        any_path = asks.listed(folder, "any", [Ask("GET", "/")])
        for _ in range(rounds.many):
            listed = asks.listed(folder, "mine", lay_out(server, case, sign, many))
            before = product.cpu
            done = once(product, listed, case)
            mine.append(done)
            cpu.append((product.cpu - before) / done.answers * 1e6)
            if case is TAKE:
                theirs.append(pgbench(server, rounds.seconds))
            else:
                theirs.append(
                    load.run(
                        same.port, any_path, connections=case.connections, seconds=rounds.seconds
                    ).rate
                )
    return mine, cpu, statements, theirs, "pgbench" if case is TAKE else "bytes"


def lay_out(server: Standing, case: Write, sign: Sign, many: int) -> list[Ask]:
    """As many requests of the case as wanted, each possible.

    Raises:
        LookupError: the city is too small for it.
    """
    found = list(
        server.use("bench_writes", lambda connection: case.lay_out(connection, sign, many))
    )
    if len(found) < many:
        raise LookupError(f"{case.name}: {len(found)} requests, {many} wanted")
    return found


def once(product: Server, listed: Path, case: Write) -> Load:
    """Each asked once.

    Raises:
        Refused: one was not done.
    """
    done = load.run_once(product.port, listed, connections=case.connections)
    if any(status >= 300 for status in done.statuses) or done.broken:
        raise Refused(f"{case.name}: {done.statuses}, {done.broken} broken")
    return done


def counted_once(server: Standing, product: Server, wanted: list[Ask]) -> float:
    """Statements of one request; the first of the list prepares them."""
    asks.answer(product, wanted[0])
    with server.counting("bench_writes") as count:
        for each in wanted[1:]:
            asks.answer(product, each)
        return count()[0] / (len(wanted) - 1)


def pgbench(server: Standing, seconds: float) -> float:
    """Transactions a second of the five statements."""
    orders, people = (
        server.ask("bench_writes", f"SELECT count(*) FROM {table}")[0][0]
        for table in ("bench_orders", "bench_people")
    )
    done = subprocess.run(
        [
            "taskset", "-c", BOTH_CORES, program("pgbench"), "-h", server.host, "-U", "postgres", "-n",
            "-M", "prepared", "-c", str(CLIENTS), "-j", "1", "-T", f"{seconds:.0f}",
            "-f", str(FIVE_STATEMENTS), "-D", f"orders={orders}", "-D", f"people={people}",
            "bench_writes",
        ],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found.group(1))
