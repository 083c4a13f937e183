"""What the biggest employer reads, with its members' facts once and a hundred times."""

import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from bench import asks
from bench.load import Ask
from bench.reads import PORT, counted
from bench.rounds import Rounds, ratios
from bench.server import PRODUCT, serving
from bench.standing import Standing
from bench.table import Results, spread

TIMES, MOST_RATIO, MOST_SQL = 100, 1.5, 5
BIGGEST = """
SELECT e.employer_id, e.members, g.person_id, r.id AS report_id
FROM (SELECT employer_id, count(*) AS members FROM registrations WHERE status = 'active'
      GROUP BY employer_id) e
JOIN role_grants g ON g.organization_id = e.employer_id AND g.role = 'employer_secretary'
JOIN LATERAL (SELECT id FROM reports WHERE employer_id = e.employer_id AND kind = 'employer_summary'
              ORDER BY id DESC LIMIT 1) r ON true
ORDER BY e.members DESC LIMIT 1
"""
RECORDS = "SELECT count(*) FROM service_records WHERE employer_id = $1"
COLUMNS = """
SELECT string_agg(quote_ident(column_name), ', ') AS names FROM information_schema.columns
WHERE table_name = 'service_records' AND column_name NOT IN ('id', 'source_id')
"""
# As if each service had taken place so many times on its day; its minutes stay those of one.
MORE = """
INSERT INTO service_records (id, source_id, {columns})
SELECT uuidv7(), uuidv7(), {columns} FROM service_records, generate_series(2, $2)
WHERE employer_id = $1
"""


def measure(server: Standing, results: Results, city: str, rounds: Rounds) -> None:
    """A line for each page; p50 and milliseconds of SQL with many facts and with a hundred times as
    many."""
    few, many = (server.copy(city, f"bench_{name}") for name in ("facts", "many_facts"))
    (biggest,) = server.ask("bench_facts", BIGGEST)
    employer = biggest["employer_id"]
    server.use("bench_many_facts", lambda connection: _more(connection, employer))
    server.run("bench_many_facts", "doctor", "--statistics", "--rebuild")
    server.ask("bench_many_facts", "VACUUM ANALYZE")
    sign = asks.signer(few)
    # the last one is no report: it counts the roster, however much its people have served
    pages = {
        "the summary that was issued": (f"/api/v1/reports/{biggest['report_id']}", True),
        "figures of the year": (f"/api/v1/organizations/{employer}/statistics", True),
        "its members' standing": (f"/api/v1/organizations/{employer}/standing", False),
    }
    rows = []
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(PRODUCT, few, PORT) as before,
        serving(PRODUCT, many, PORT + 1) as after,
    ):
        for name, (path, is_report) in pages.items():
            ask = Ask("GET", path, sign(biggest["person_id"]))
            listed = asks.listed(Path(folder), "page", [ask])
            mine, theirs = rounds.in_turn((before, listed), (after, listed), connections=1)
            middles = [[each.p50 for each in side.loads] for side in (theirs, mine)]
            found = ratios(*middles)
            _, sql = counted(server, "bench_many_facts", after, [ask])
            ratio = sorted(found)[len(found) // 2]
            results.goal(
                f"biggest employer, {name}: 100 × the facts", ratio, MOST_RATIO, at_most=True
            )
            if is_report:
                results.goal(f"biggest employer, {name}: ms of SQL", sql, MOST_SQL, at_most=True)
            rows.append(
                [
                    name,
                    f"{mine.p50:.2f}",
                    f"{theirs.p50:.2f}",
                    spread(found, "{:.2f}"),
                    f"{sql:.2f}",
                ]
            )
    facts = [
        server.ask(name, RECORDS, employer)[0][0] for name in ("bench_facts", "bench_many_facts")
    ]
    results.table(
        f"Biggest employer: {biggest['members']} members, {facts[0]:,} and {facts[1]:,} services",
        ("page", "p50 ms", f"{TIMES} × the facts", "ratio", "ms of SQL then"),
        rows,
    )


async def _more(connection: Any, employer: UUID) -> None:
    """Copies of rows whose keys are right: nothing need be looked up for each again."""
    await connection.execute("SET session_replication_role = replica")
    columns = await connection.fetchval(COLUMNS)
    await connection.execute(MORE.format(columns=columns), employer, TIMES)
