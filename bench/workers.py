"""One process and two, each with its own load; together they have both cores, and so have PostgreSQL
and the load generator. Work-conserving: no core rests while somebody waits."""

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench import asks, load, machine
from bench.cases import OPEN_ORDERS
from bench.machine import BOTH_CORES
from bench.reads import PORT
from bench.rounds import Rounds
from bench.server import PRODUCT, serving
from bench.standing import Standing
from bench.table import Results, spread

CORES, CONNECTIONS = 2, 32


def measure(server: Standing, results: Results, city: str, rounds: Rounds) -> None:
    """Rates of one process and of two, and what of the two cores they used."""
    url = server.copy(city, "bench_workers")
    sign = asks.signer(url)
    found: dict[int, tuple[list[float], list[float]]] = {1: ([], []), 2: ([], [])}
    server.pin(BOTH_CORES)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        readers = asks.listed(
            Path(folder), "readers", asks.of(server, "bench_workers", OPEN_ORDERS, sign)
        )
        ports = [
            stack.enter_context(serving(PRODUCT, url, PORT + each, core=BOTH_CORES)).port
            for each in range(2)
        ]
        for port in ports:
            load.run(port, readers, connections=CONNECTIONS, seconds=2)
        for _ in range(rounds.many):
            for many, (rates, costs) in found.items():
                before, began = machine.busy(), time.monotonic()
                running = [
                    load.start(
                        port, readers, connections=CONNECTIONS // many, seconds=rounds.seconds,
                        cores=BOTH_CORES,
                    )
                    for port in ports[:many]
                ]  # fmt: skip
                done = [load.finish(each) for each in running]
                took = time.monotonic() - began
                rates.append(sum(each.rate for each in done))
                costs.append((machine.busy() - before) / (rates[-1] * took) * 1e6)
    server.pin(machine.OTHER_CORE)
    shares = [rate * cost / 1e6 / CORES for rate, cost in zip(*found[2], strict=True)]
    results.table(
        "One and two web processes on two cores, list of open orders",
        ("processes", "answers/s", "CPU µs of the whole machine an answer"),
        [[str(many), spread(rates), spread(costs)] for many, (rates, costs) in found.items()],
    )
    results.goal("two processes, of cores / CPU an answer", sorted(shares)[len(shares) // 2], 0.95)
