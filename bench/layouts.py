"""What writes need before they are asked: each list is laid out anew, on a copy of the city."""

import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import httpx

from app.core import clock, fields
from app.core.ids import new_id
from bench.load import Ask

Sign = Callable[[UUID], str]
SIMULATOR = "http://127.0.0.1:18009"

# Orders lie one behind the other, far from what members have promised, with room for everybody.
OPEN_WIDE = """
UPDATE orders SET seats = 1000000, week_limit = 1000000, live_limit = 1000000,
    starts_at = now() + interval '200 days' + turn * interval '2 hours',
    ends_at = now() + interval '200 days' + turn * interval '2 hours' + interval '1 hour'
FROM (SELECT id, row_number() OVER (PARTITION BY community_id ORDER BY id) AS turn FROM orders
      WHERE status = 'open' AND NOT is_confidential AND target = 'person'
        AND licences = '{}' AND clearances = '{}') wide
WHERE wide.id = orders.id AND orders.seats < 1000000
"""
# The n-th time round everybody takes the n-th order of his community, in no order.
PAIRS = """
SELECT person_id, order_id FROM (
    SELECT r.person_id, o.id AS order_id, row_number() OVER (PARTITION BY r.id ORDER BY o.id) AS turn
    FROM registrations r
    JOIN orders o ON o.community_id = r.community_id AND o.seats = 1000000 AND o.status = 'open'
    WHERE r.status = 'active' AND r.person_id IS NOT NULL
      AND NOT EXISTS (SELECT FROM seats s WHERE s.order_id = o.id AND s.person_id = r.person_id)
      AND NOT EXISTS (SELECT FROM order_needs x JOIN needs n ON n.id = x.need_id
                      WHERE x.order_id = o.id AND n.requester_id = r.person_id)
) AS free WHERE turn <= 6 ORDER BY turn, hashtext(person_id::text) LIMIT $1
"""
# Three members came to each; the service began an hour ago.
BEGUN = """
WITH plain AS (
    SELECT o AS it, row_number() OVER () AS n FROM orders o
    WHERE o.status = 'open' AND o.flags = '{}' AND o.target = 'person' AND NOT o.is_confidential
      AND o.series_id IS NULL
      AND (SELECT count(*) FROM registrations r WHERE r.community_id = o.community_id
             AND r.status = 'active' AND r.person_id IS NOT NULL) >= 10
), made AS (
    INSERT INTO orders
    SELECT (jsonb_populate_record(it, jsonb_build_object(
        'id', gen_random_uuid(), 'number', 'DD-' || gen_random_uuid(), 'taken', 3, 'seats', 6,
        'starts_at', now() - interval '1 hour', 'ends_at', now() + interval '1 hour'))).*
    FROM plain CROSS JOIN generate_series(1, 1 + $1 / (SELECT count(*)::int FROM plain)) LIMIT $1
    RETURNING id, community_id
), held AS (
    INSERT INTO seats (id, order_id, person_id, registration_id, status, is_late_release, created_at,
                       updated_at)
    SELECT gen_random_uuid(), made.id, r.person_id, r.id, 'taken', false, now(), now()
    FROM made CROSS JOIN LATERAL (
        SELECT id, person_id FROM registrations WHERE community_id = made.community_id
          AND status = 'active' AND person_id IS NOT NULL
          AND person_id NOT IN (SELECT person_id FROM role_grants
                                WHERE organization_id = made.community_id)
        ORDER BY id LIMIT 3
    ) AS r
    RETURNING id, order_id
)
SELECT (SELECT person_id FROM role_grants g WHERE g.organization_id = made.community_id
          AND g.role = 'community_secretary' LIMIT 1) AS secretary,
       made.id, array_agg(held.id) AS seats
FROM made JOIN held ON held.order_id = made.id GROUP BY made.id, made.community_id
"""
# As many needs as wanted were solved by an order a moment ago.
SOLVED = """
WITH plain AS (
    SELECT n AS it, x.order_id, row_number() OVER () AS place FROM needs n
    JOIN acceptances x ON x.need_id = n.id AND x.order_id IS NOT NULL AND x.status = 'solved'
    WHERE n.requester_id IS NOT NULL AND n.status = 'solved' LIMIT 1000
), made AS (
    SELECT gen_random_uuid() AS id, it, order_id FROM plain
    CROSS JOIN generate_series(1, 1 + $1 / (SELECT count(*)::int FROM plain)) LIMIT $1
), written AS (
    INSERT INTO needs
    SELECT (jsonb_populate_record(it, jsonb_build_object(
        'id', id, 'number', 'SQ-' || id, 'created_at', now()))).*
    FROM made RETURNING id, requester_id
), answered AS (
    INSERT INTO acceptances (id, need_id, order_id, round, status, excluded_ids, answered_at,
                             created_at, updated_at)
    SELECT gen_random_uuid(), id, order_id, 0, 'solved', '{}', now(), now(), now() FROM made
    RETURNING need_id
)
SELECT requester_id, id FROM written JOIN answered ON answered.need_id = written.id
"""
CHOICES = """
SELECT c.id AS community_id, e.id AS employer_id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM organizations
      WHERE kind = 'community' AND takes_part) c
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS many FROM organizations
      WHERE kind = 'employer' AND closed_on IS NULL) e ON e.n = c.n % e.many + 1
"""


async def seats(connection: Any, sign: Sign, many: int) -> Sequence[Ask]:
    """Everybody takes one after the other of his community's orders."""
    await connection.execute(OPEN_WIDE)
    return [
        Ask("POST", f"/api/v1/orders/{row['order_id']}/seats", sign(row["person_id"]))
        for row in await connection.fetch(PAIRS, many)
    ]


async def attendances(connection: Any, sign: Sign, many: int) -> Sequence[Ask]:
    """Services that have begun, of three members each, who all came."""
    return [
        Ask(
            "POST",
            f"/api/v1/orders/{row['id']}/attendance",
            sign(row["secretary"]),
            body=_json(present=[str(seat) for seat in row["seats"]]),
        )
        for row in await connection.fetch(BEGUN, many)
    ]


async def ratings(connection: Any, sign: Sign, many: int) -> Sequence[Ask]:
    """Residents whose need was solved by a service."""
    return [
        Ask(
            "POST",
            f"/api/v1/needs/{row['id']}/rating",
            sign(row["requester_id"]),
            body=_json(satisfaction="satisfied"),
        )
        for row in await connection.fetch(SOLVED, many)
    ]


async def registrations(connection: Any, sign: Sign, many: int) -> Sequence[Ask]:
    """People with a verified phone whom no roster names: each asks his employer."""
    choices = await connection.fetch(CHOICES)
    now, people = clock.now(), [new_id() for _ in range(many)]
    phones = [f"+861{new_id().int % 10**10:010}" for _ in people]
    await connection.copy_records_to_table(
        "people",
        columns=(
            "id", "phone", "phone_hash", "phone_verified_at", "version", "created_at", "updated_at",
        ),
        records=[
            (person, fields.keys().seal(phone, "people.phone"), fields.find_by(phone), now, 1, now, now)
            for person, phone in zip(people, phones, strict=True)
        ],
    )  # fmt: skip
    await connection.copy_records_to_table(
        "consents",
        columns=("id", "person_id", "purpose", "text_version", "text_hash", "channel", "given_at"),
        records=[
            (new_id(), person, "registration_core", "1", "0" * 64, "mini_program", now)
            for person in people
        ],
    )
    return [
        Ask(
            "POST",
            "/api/v1/registrations",
            sign(person),
            body=_json(
                community_id=str(choices[number % len(choices)]["community_id"]),
                building_text="12幢",
                application={
                    "employer_id": str(choices[number % len(choices)]["employer_id"]),
                    "name": "测试员",
                },
            ),
        )
        for number, person in enumerate(people)
    ]


async def logins(_: Any, __: Sign, many: int) -> Sequence[Ask]:
    """Codes of the simulated platform, each of another person on another network."""
    asks = []
    async with httpx.AsyncClient(base_url=SIMULATOR) as platform:
        for number in range(many):
            phone = f"1{new_id().int % 10**10:010}"
            made = await platform.post("/_sim/codes", json={"phone": phone})
            code = made.raise_for_status().json()["login_code"]
            asks.append(
                Ask(
                    "POST",
                    "/api/v1/sessions",
                    caller=f"10.{number // 65536}.{number // 256 % 256}.{number % 256}",
                    body=_json(code=code),
                )
            )
    return asks


def _json(**said: Any) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))
