"""A town of the size that the cases are measured on: communities, members, open orders."""

import random
from datetime import timedelta
from typing import Any

import asyncpg

from app.core import clock
from app.core.ids import new_id

COMMUNITIES = 50
MEMBERS = 2_000
ORDERS_EACH = 200


async def build(connection: Any) -> dict[str, list[Any]]:
    """Filled by COPY; returns communities, their members (person, community) and open orders."""
    seed = random.Random(7)
    now, today = clock.now(), clock.today()
    root, employer = new_id(), new_id()
    communities = [new_id() for _ in range(COMMUNITIES)]
    organizations = [
        (root, None, [root], "city", "城市", 0, False),
        (employer, root, [root, employer], "employer", "单位", 0, False),
        *(
            (one, root, [root, one], "community", f"社区{place}", place, True)
            for place, one in enumerate(communities)
        ),
    ]
    await copy(
        connection,
        "organizations",
        ("id", "parent_id", "lineage", "kind", "name", "position", "takes_part"),
        organizations,
        {"opened_on": today, "version": 1, "created_at": now, "updated_at": now},
    )
    people = [(new_id(), new_id(), new_id(), communities[n % COMMUNITIES]) for n in range(MEMBERS)]
    await copy(
        connection,
        "people",
        ("id",),
        [(p[0],) for p in people],
        {"version": 1, "created_at": now, "updated_at": now},
    )
    await copy(
        connection,
        "members",
        ("id", "person_id", "name_hash"),
        [(p[1], p[0], p[1].bytes) for p in people],
        {
            "employer_id": employer,
            "source": "roster",
            "name": b"sealed",
            "party_status": "full",
            "service_state": "in_service",
            "skills": [],
            "is_protected": False,
            "version": 1,
            "created_at": now,
            "updated_at": now,
        },
    )
    await copy(
        connection,
        "registrations",
        ("id", "member_id", "person_id", "community_id"),
        [(p[2], p[1], p[0], p[3]) for p in people],
        {
            "employer_id": employer,
            "channel": "online",
            "ground": "residence",
            "skills": [],
            "availability": [],
            "status": "active",
            "registered_on": today,
            "version": 1,
            "created_at": now,
            "updated_at": now,
        },
    )
    orders = []
    for community in communities:
        for place in range(ORDERS_EACH):
            # an hour each, one behind the other, so that nobody's services overlap
            starts = now + timedelta(days=1, hours=2 * (place % 2_000))
            orders.append((new_id(), community, starts, starts + timedelta(hours=1)))
    seed.shuffle(orders)
    await copy(
        connection,
        "orders",
        ("id", "number", "community_id", "starts_at", "ends_at"),
        [(o[0], f"DD-{o[0].hex}", *o[1:]) for o in orders],
        {
            "kind": "micro_service",
            "target": "person",
            "difficulty": 1,
            "marks": [],
            "flags": [],
            "licences": [],
            "clearances": [],
            "bands": [],
            "is_confidential": False,
            "has_guardian": False,
            "follows_series": False,
            "category": "phone_teaching",
            "title": "教老人用手机，陪办线上手续",
            "place": "社区党群服务中心二楼活动室",
            "skills": ["elder_care"],
            "seats": 1_000,
            "taken": 0,
            "status": "open",
            "is_at_home": False,
            "week_limit": 1_000_000,
            "live_limit": 1_000_000,
            "release_until": now + timedelta(days=1),
            "contact_from": now,
            "contact_until": now + timedelta(days=900),
            "published_at": now,
            "version": 1,
            "created_at": now,
            "updated_at": now,
        },
    )
    await connection.execute(
        "CREATE TABLE bench_orders (n int PRIMARY KEY, id uuid);"
        "CREATE TABLE bench_people (n int PRIMARY KEY, person_id uuid, registration_id uuid)"
    )
    numbered = [(n, order[0]) for n, order in enumerate(orders, 1)]
    await copy(connection, "bench_orders", ("n", "id"), numbered, {})
    takers = [(n, p[0], p[2]) for n, p in enumerate(people, 1)]
    await copy(connection, "bench_people", ("n", "person_id", "registration_id"), takers, {})
    await connection.execute("ANALYZE")
    return {
        "communities": communities,
        "members": [(p[0], p[3]) for p in people],
        "orders": [(o[0], o[1]) for o in orders],
    }


async def copy(
    connection: Any,
    table: str,
    columns: tuple[str, ...],
    rows: list[tuple[Any, ...]],
    same: dict[str, Any],
) -> None:
    """`rows` are in the table; `same` are columns with one value for all."""
    await connection.copy_records_to_table(
        table,
        columns=(*columns, *same),
        records=[(*row, *same.values()) for row in rows],
    )


async def connect(socket: str, database: str) -> Any:
    """A connection to the bench's own server."""
    return await asyncpg.connect(user="postgres", host=socket, database=database)
