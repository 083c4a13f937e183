"""Every read beside bare ASGI with the same bytes, and with one prepared statement whose JSON
PostgreSQL writes; the list of open orders also beside the tutorial's way."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from bench import asks
from bench.cases import ONE_ORDER, OPEN_ORDERS, READS, Read
from bench.layouts import Sign
from bench.load import Ask
from bench.rounds import Rounds, Side, ratios
from bench.server import PRODUCT, Server, bare, serving
from bench.standing import Standing
from bench.table import Results, spread

PORT = 18_000
COUNTED = 10
HEAD = (
    "case", "connections", "answers/s", "of JSON by PostgreSQL", "of the same bytes", "statements",
    "ms of SQL", "CPU µs", "p50 ms", "p99 ms", "kB",
)  # fmt: skip


@dataclass
class Measured:
    """One read with its ceilings."""

    mine: Side
    json: Side | None
    bytes: Side
    statements: float
    sql: float
    size: int


def measure(server: Standing, results: Results, city: str, rounds: Rounds) -> None:
    """A line for each read, and the goals about them."""
    url = server.copy(city, "bench_reads")
    sign, rows = asks.signer(url), []
    with tempfile.TemporaryDirectory() as folder, serving(PRODUCT, url, PORT) as product:
        for case in READS[:2] if rounds.is_smoke else READS:
            found = beside(server, product, url, case, sign, rounds, Path(folder))
            rows.append(_row(case, found))
            if case is OPEN_ORDERS and not rounds.is_smoke:
                _goals_of_the_list(server, results, product, url, sign, rounds, Path(folder), found)
            if case is ONE_ORDER and found.json:
                ratio = ratios(found.mine.rates, found.json.rates)
                results.goal("one order, of its ceiling", _middle(ratio), 0.25)
        results.table("Reads", HEAD, rows)
        results.table(
            "Memory", ("after the reads", "MB"), [("web process", f"{product.megabytes:.0f}")]
        )


def beside(
    server: Standing,
    product: Server,
    url: str,
    case: Read,
    sign: Sign,
    rounds: Rounds,
    folder: Path,
    connections: int = 0,
) -> Measured:
    """The product and its ceilings, in turn."""
    wanted = asks.of(server, "bench_reads", case, sign)
    mine = asks.listed(folder, "mine", wanted)
    body = folder / "answer"
    body.write_bytes(asks.answer(product, wanted[0]))
    statements, sql = counted(server, "bench_reads", product, wanted)
    with ExitStack() as stack:
        same = stack.enter_context(serving(bare("ceiling"), url, PORT + 1, BENCH_BYTES=str(body)))
        sides = [(product, mine), (same, asks.listed(folder, "any", [Ask("GET", "/")]))]
        if case.query:
            written = stack.enter_context(
                serving(bare("ceiling"), url, PORT + 2, BENCH_QUERY=case.query)
            )
            keys = asks.keys_of(server, "bench_reads", case)
            sides.append((written, asks.listed(folder, "keys", keys)))
        found = rounds.in_turn(*sides, connections=connections or case.connections)
    return Measured(
        found[0],
        found[2] if case.query else None,
        found[1],
        statements,
        sql,
        len(body.read_bytes()),
    )


def counted(
    server: Standing, database: str, product: Server, wanted: Sequence[Ask]
) -> tuple[float, float]:
    """Statements and milliseconds of SQL of a request, the mean of some whose people are remembered."""
    some = [*islice(cycle(wanted), COUNTED)]
    for each in some:
        asks.answer(product, each)
    with server.counting(database) as count:
        for each in some:
            asks.answer(product, each)
        statements, milliseconds = count()
    return statements / COUNTED, milliseconds / COUNTED


def _goals_of_the_list(
    server: Standing,
    results: Results,
    product: Server,
    url: str,
    sign: Sign,
    rounds: Rounds,
    folder: Path,
    found: Measured,
) -> None:
    assert found.json is not None
    results.goal(
        "list of 20, 32 connections, of bare ASGI with PostgreSQL's JSON",
        _middle(ratios(found.mine.rates, found.json.rates)),
        0.60,
    )
    results.goal("the same, p99 / p50", found.mine.stretch, 2, at_most=True)
    single = beside(server, product, url, OPEN_ORDERS, sign, rounds, folder, connections=1)
    assert single.json is not None
    results.goal(
        "the same, 1 connection", _middle(ratios(single.mine.rates, single.json.rates)), 0.50
    )
    wanted = asks.of(server, "bench_reads", OPEN_ORDERS, sign)
    slow = [each._replace(path=each.path.replace("/api/v1/", "/api/")) for each in wanted]
    with serving(bare("naive"), url, PORT + 3) as naive:
        mine, theirs = rounds.in_turn(
            (product, asks.listed(folder, "mine", wanted)),
            (naive, asks.listed(folder, "naive", slow)),
            connections=OPEN_ORDERS.connections,
        )
    results.goal(
        "the product against the naive variant", _middle(ratios(mine.rates, theirs.rates)), 6
    )
    results.table(
        "The list of open orders",
        ("form", "answers/s", "CPU µs", "p50 ms", "p99 ms", "p99 / p50"),
        [
            _short("product, 32 connections", found.mine),
            _short("bare ASGI, JSON by PostgreSQL", found.json),
            _short("bare ASGI, the same bytes", found.bytes),
            _short("naive", theirs),
            _short("product, 1 connection", single.mine),
            _short("bare ASGI, JSON by PostgreSQL, 1 connection", single.json),
        ],
    )


def _short(name: str, side: Side) -> list[str]:
    return [
        name, spread(side.rates), spread(side.cpu), f"{side.p50:.2f}", f"{side.p99:.2f}",
        f"{side.stretch:.2f}",
    ]  # fmt: skip


def _row(case: Read, found: Measured) -> list[str]:
    mine = found.mine
    return [
        case.name,
        str(case.connections),
        spread(mine.rates),
        spread(ratios(mine.rates, found.json.rates), "{:.2f}") if found.json else "–",
        spread(ratios(mine.rates, found.bytes.rates), "{:.2f}"),
        f"{found.statements:.1f}",
        f"{found.sql:.2f}",
        spread(mine.cpu),
        f"{mine.p50:.1f}",
        f"{mine.p99:.1f}",
        f"{found.size / 1000:.1f}",
    ]


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
