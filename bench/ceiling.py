"""The ceiling of a list: bare ASGI, one prepared statement, JSON made by PostgreSQL. No product."""

import os
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.engine import make_url

QUERY = """
SELECT coalesce(json_agg(row_to_json(page)), '[]')::text FROM (
    SELECT id, number, title, category, place, skills, starts_at, ends_at, seats, taken,
           is_at_home, taken = seats AS is_full
    FROM orders WHERE community_id = $1 AND status = 'open'
    ORDER BY starts_at, id LIMIT 20
) AS page"""

pools: list[Any] = []


class Connection(asyncpg.Connection):
    """Nothing to reset between two reads."""

    def get_reset_query(self) -> str:
        return ""


async def app(scope: Any, receive: Any, send: Any) -> None:
    """`/<community>` answers its open orders."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    community = UUID(scope["path"][1:37])
    body = (await pools[0].fetchval(QUERY, community)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Any, send: Any) -> None:
    await receive()
    url = make_url(os.environ["APP_DATABASE_URL"])
    pools.append(
        await asyncpg.create_pool(
            user=url.username,
            host=str(url.query["host"]),
            database=url.database,
            min_size=32,
            max_size=32,
            connection_class=Connection,
        )
    )
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pools[0].close()
    await send({"type": "lifespan.shutdown.complete"})
