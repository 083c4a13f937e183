"""500 members at once at one order of ten places, while others read another community's list."""

import tempfile
import time
from pathlib import Path

from bench import asks, load
from bench.cases import OPEN_ORDERS
from bench.load import Ask
from bench.reads import PORT
from bench.rounds import Rounds
from bench.server import PRODUCT, serving
from bench.standing import Standing
from bench.table import Results

MEMBERS, PLACES, READERS = 500, 10, 8
RUSHES = 7  # each lasts a second, and a pause of the machine alone makes its p99
ORDER = """
SELECT o.id, o.community_id FROM orders o
JOIN (SELECT community_id FROM registrations WHERE status = 'active' AND person_id IS NOT NULL
      GROUP BY community_id HAVING count(*) >= $1) busy USING (community_id)
WHERE o.status = 'open' AND NOT o.is_confidential AND o.licences = '{}' AND o.clearances = '{}'
  AND o.target = 'person' ORDER BY o.id OFFSET $2 LIMIT 1
"""
EMPTIED = """
WITH gone AS (UPDATE seats SET status = 'cancelled' WHERE order_id = $1),
     free AS (DELETE FROM order_needs WHERE order_id = $1)
UPDATE orders SET seats = $2, taken = 0, week_limit = 1000000, live_limit = 1000000,
    starts_at = now() + interval '700 days', ends_at = now() + interval '700 days 1 hour'
WHERE id = $1
"""
WHO = """
SELECT person_id FROM registrations WHERE community_id = $1 AND status = 'active'
  AND person_id IS NOT NULL ORDER BY id LIMIT $2
"""
# Counter, places, promises, histories and facts of one order: all the same number, or something is lost.
AGREE = """
SELECT o.taken,
    (SELECT count(*) FROM seats s WHERE s.order_id = o.id AND s.status = 'taken') AS seats,
    (SELECT count(*) FROM commitments c JOIN seats s ON s.id = c.source_id
     WHERE s.order_id = o.id AND s.status = 'taken') AS promised,
    (SELECT count(*) FROM seat_steps t JOIN seats s ON s.id = t.seat_id
     WHERE s.order_id = o.id AND s.status = 'taken') AS steps,
    (SELECT count(*) FROM outbox f WHERE f.name = 'seat.moved' AND f.payload ->> 'order_id' = o.id::text
     AND f.recorded_at > $2) AS facts
FROM orders o WHERE o.id = $1
"""


def measure(server: Standing, results: Results, city: str, rounds: Rounds) -> None:
    """A line for each rush; ten got a place, and everything written says so."""
    url, rows = server.copy(city, "bench_rush"), []
    sign = asks.signer(url)
    wrong, broken, stretches = 0, 0, []
    with tempfile.TemporaryDirectory() as name, serving(PRODUCT, url, PORT) as product:
        folder = Path(name)
        readers = asks.listed(folder, "readers", asks.of(server, "bench_rush", OPEN_ORDERS, sign))
        load.run(product.port, readers, connections=READERS, seconds=2)
        for rush in range(1 if rounds.is_smoke else RUSHES):
            calm = load.run(product.port, readers, connections=READERS, seconds=rounds.seconds)
            (order,) = server.ask("bench_rush", ORDER, MEMBERS, rush)
            server.ask("bench_rush", EMPTIED, order["id"], PLACES)
            people = server.ask("bench_rush", WHO, order["community_id"], MEMBERS)
            path = f"/api/v1/orders/{order['id']}/seats"
            listed = asks.listed(
                folder, "rush", [Ask("POST", path, sign(each["person_id"])) for each in people]
            )
            (began,) = server.ask("bench_rush", "SELECT clock_timestamp()")
            reading = load.start(product.port, readers, connections=READERS, seconds=3)
            time.sleep(1)
            done = load.run_once(product.port, listed, connections=MEMBERS)
            meanwhile = load.finish(reading)
            (found,) = server.ask("bench_rush", AGREE, order["id"], began[0])
            agreeing = {*found} == {PLACES} and done.statuses.get(201) == PLACES
            wrong += not agreeing
            broken += (
                sum(many for status, many in done.statuses.items() if status >= 500) + done.broken
            )
            stretches.append(meanwhile.p99 / calm.p99)
            rows.append(
                [
                    str(rush + 1), str(done.statuses.get(201, 0)), str(done.statuses.get(409, 0)),
                    f"{done.seconds:.2f}", f"{done.p50:.0f}", f"{done.most:.0f}",
                    "yes" if agreeing else f"no: {dict(found)}", f"{calm.p99:.1f}",
                    f"{meanwhile.p99:.1f}",
                ]
            )  # fmt: skip
    results.table(
        f"{MEMBERS} at once on {PLACES} places, over {MEMBERS} connections",
        (
            "rush", "201", "409", "s until all were answered", "p50 ms", "most ms",
            "all that was written agrees", "p99 of another list, calm", "meanwhile",
        ),
        rows,
    )  # fmt: skip
    results.goal(
        "500 on 10: rushes in which not exactly ten got in, or something disagrees",
        wrong,
        0,
        at_most=True,
    )
    results.goal("500 on 10: answers above 499", broken, 0, at_most=True)
    results.goal(
        "500 on 10: p99 of another list, of its calm value",
        sorted(stretches)[len(stretches) // 2],
        2,
        at_most=True,
    )
