"""A web process under mixed load for a long time: what it holds of the memory, minute by minute."""

import random
import statistics
import tempfile
from pathlib import Path

from bench import asks, load
from bench.cases import READS
from bench.layouts import Sign, seats
from bench.load import Ask
from bench.reads import PORT
from bench.server import PRODUCT, serving
from bench.standing import Standing
from bench.table import Results

MOST_MB, CONNECTIONS, PAUSE, MINUTE = 150, 6, 100, 60
# Of a thousand requests; the rest is the list of open orders.
SHARES = {
    "one order with its seats": 200,
    "inbox": 150,
    "needs to triage": 80,
    "a member's own record": 80,
    "candidates for an order": 20,
    "employer's report": 20,
    "figures of a city, for the mini-program": 1,
    "dashboard of a city, in a browser": 1,
}
ALL, TAKES = 1_000, 50


def measure(server: Standing, results: Results, scale: float, minutes: int) -> None:
    """A line a tenth of the time, and whether the last quarter holds more than the second."""
    url = server.copy(server.city(scale), "bench_soak")
    sign = asks.signer(url)
    found, answers = [], 0
    with tempfile.TemporaryDirectory() as folder, serving(PRODUCT, url, PORT) as product:
        began = product.megabytes
        for minute in range(minutes):
            listed = asks.listed(Path(folder), "mixed", _mixed(server, sign, random.Random(minute)))
            done = load.finish(
                load.start(
                    product.port, listed, connections=CONNECTIONS, seconds=MINUTE, pause=PAUSE
                )
            )
            answers += done.answers
            found.append(product.megabytes)
            print(
                f"{minute + 1:3} min  {found[-1]:.1f} MB  {done.rate:,.0f}/s  p99 {done.p99:.0f} ms"
            )
    quarter = max(minutes // 4, 1)
    early, late = (
        statistics.median(found[quarter : 2 * quarter]),
        statistics.median(found[-quarter:]),
    )
    steps = range(max(minutes // 10, 1) - 1, minutes, max(minutes // 10, 1))
    results.table(
        f"{minutes} minutes of mixed load, {answers:,} answers",
        ("minute", "MB"),
        [["start", f"{began:.1f}"], *([str(each + 1), f"{found[each]:.1f}"] for each in steps)],
    )
    results.goal("memory of a web process, most MB", max(found), MOST_MB, at_most=True)
    results.goal("last quarter, of the second one", late / early, 1.02, at_most=True)


def _mixed(server: Standing, sign: Sign, seed: random.Random) -> list[Ask]:
    """Reads by their share, and seats taken."""
    by_name = {case.name: asks.of(server, "bench_soak", case, sign) for case in READS}
    rest = ALL - sum(SHARES.values()) - TAKES
    wanted = {READS[0].name: rest} | SHARES
    pool = [seed.choice(by_name[name]) for name, share in wanted.items() for _ in range(share * 3)]
    taken = server.use("bench_soak", lambda connection: seats(connection, sign, TAKES * 3))
    made = [*pool, *taken]
    seed.shuffle(made)
    return made
