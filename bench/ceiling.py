"""What the machine can do at most: bare ASGI, no product.

`BENCH_QUERY`: one prepared statement whose JSON PostgreSQL writes; `/<id>` is its only argument.
`BENCH_BYTES`: the bytes of that file, whatever is asked.
"""

import os
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.engine import make_url

CONNECTIONS = 32
QUERY = os.environ.get("BENCH_QUERY", "")
BYTES = Path(os.environ["BENCH_BYTES"]).read_bytes() if "BENCH_BYTES" in os.environ else b""

pools: list[Any] = []


class Connection(asyncpg.Connection):
    """Nothing to reset between two reads."""

    def get_reset_query(self) -> str:
        return ""


async def app(scope: Any, receive: Any, send: Any) -> None:
    """The bytes, or the JSON of the row that the path names."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    body = BYTES
    if QUERY:
        body = (await pools[0].fetchval(QUERY, UUID(scope["path"][1:37]))).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Any, send: Any) -> None:
    await receive()
    if QUERY:
        url = make_url(os.environ["APP_DATABASE_URL"])
        pools.append(
            await asyncpg.create_pool(
                user=url.username,
                host=str(url.query["host"]),
                database=url.database,
                min_size=CONNECTIONS,
                max_size=CONNECTIONS,
                connection_class=Connection,
            )
        )
    await send({"type": "lifespan.startup.complete"})
    await receive()
    for pool in pools:
        await pool.close()
    await send({"type": "lifespan.shutdown.complete"})
