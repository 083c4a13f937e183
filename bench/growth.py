"""Every read in one Nantong and in ten: what a request costs must not grow with the city."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import asks
from bench.cases import READS
from bench.load import Ask
from bench.reads import PORT, counted
from bench.rounds import Rounds, ratios
from bench.server import PRODUCT, Server, serving
from bench.standing import Standing
from bench.table import Results, spread

# warmed up for about as long as the dearest list takes once: cities that lie in memory are compared
ROUNDS, MOST = Rounds(5, 3, warm=11), 1.2


def measure(server: Standing, results: Results, small: float, large: float) -> None:
    """p50 of one caller at a time, in turn."""
    names = [server.city(scale) for scale in (small, large)]
    urls = [server.copy(names[0], "bench_small"), server.url(names[1])]
    server.ask(names[1], "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    signs, rows = [asks.signer(url) for url in urls], []
    databases = ("bench_small", names[1])
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(PRODUCT, urls[0], PORT) as one,
        serving(PRODUCT, urls[1], PORT + 1) as ten,
    ):
        for case in READS:
            wanted = [
                asks.of(server, database, case, sign)
                for database, sign in zip(databases, signs, strict=True)
            ]
            # as many of one as of the other: what is asked for often lies nearer to the processor
            many = min(map(len, wanted))
            lists = [
                asks.listed(Path(folder), f"list{number}", _of_all_sizes(web, each, many))
                for number, (web, each) in enumerate(zip((one, ten), wanted, strict=True))
            ]
            sides = ROUNDS.in_turn((one, lists[0]), (ten, lists[1]), connections=1)
            found = ratios(*([each.p50 for each in side.loads] for side in reversed(sides)))
            sql = [
                counted(server, database, web, each)[1]
                for database, web, each in zip(databases, (one, ten), wanted, strict=True)
            ]
            results.goal(
                f"{case.name}: p50 of ten Nantongs, of one",
                sorted(found)[len(found) // 2],
                MOST,
                at_most=True,
            )
            rows.append(
                [
                    case.name, f"{many:,}", f"{sides[0].p50:.2f}", f"{sides[1].p50:.2f}",
                    spread(found, "{:.2f}"), f"{sql[0]:.2f}", f"{sql[1]:.2f}",
                ]
            )  # fmt: skip
    results.table(
        "Growth, one caller at a time",
        ("case", "different ones", "p50 ms, one", "ten", "ratio", "ms of SQL, one", "ten"),
        rows,
    )
    tables = server.ask(names[1], SIZES)
    results.table(
        "The largest tables of ten Nantongs",
        ("table", "rows", "MB with indexes", "bytes a row"),
        [[row["name"], f"{row['rows']:,}", f"{row['mb']:,}", str(row["each"])] for row in tables],
    )


def _of_all_sizes(web: Server, wanted: Sequence[Ask], many: int) -> list[Ask]:
    """`many` of these, in their order: large answers and small ones as they occur among all."""
    by_size = sorted(wanted, key=lambda each: len(asks.answer(web, each)))
    taken = {by_size[(2 * place + 1) * len(wanted) // (2 * many)] for place in range(many)}
    return [each for each in wanted if each in taken]


SIZES = """
SELECT relname AS name, reltuples::bigint AS rows, pg_total_relation_size(oid) >> 20 AS mb,
       (pg_total_relation_size(oid) / greatest(reltuples, 1))::int AS each
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
ORDER BY pg_total_relation_size(oid) DESC LIMIT 16
"""
