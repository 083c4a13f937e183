"""The bench's own PostgreSQL, and the cities that stand in it; kept between runs, in `var/bench`."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from app.core import revisions
from app.core.embedded import EmbeddedPostgres
from app.core.postgres_programs import wheel_programs
from app.settings import Settings
from bench.machine import OTHER_CORE

FOLDER = Path("var/bench")
SEED = 7
# As a small machine of a city would have it; the rest as PostgreSQL ships it.
SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "2GB",
    "effective_cache_size": "8GB",
    "max_wal_size": "4GB",
    "max_connections": "300",
    "random_page_cost": "1.1",
    "pg_stat_statements.track": "none",
}
WRITER = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"
Found = TypeVar("Found")


class Standing:
    """A running server with its cities."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        self.host = re.sub(r".*host=", "", server.url("postgres"))

    def url(self, database: str) -> str:
        """The address of a database."""
        return self._server.url(database)

    def city(self, scale: float) -> str:
        """The name of a database in which a city of this size stands; built if there is none yet."""
        name = f"city_{scale:g}_{SEED}_{revisions.head()}".replace(".", "_")
        if not self.ask("postgres", "SELECT FROM pg_database WHERE datname = $1", name):
            building = f"{name}_building"
            self.ask("postgres", f"DROP DATABASE IF EXISTS {building} WITH (FORCE)")
            self._server.create_database(building)
            self.run(building, "migrate")
            self.run(building, "city", "--scale", f"{scale:g}", "--seed", str(SEED))
            self.ask("postgres", f"ALTER DATABASE {building} RENAME TO {name}")
        return name

    def copy(self, city: str, name: str) -> str:
        """The address of a database that is a fresh copy of the city's."""
        self.ask("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.ask("postgres", f"CREATE DATABASE {name} TEMPLATE {city} STRATEGY file_copy")
        self.ask(name, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        return self.url(name)

    def ask(self, database: str, statement: str, *values: Any) -> list[Any]:
        """The rows of one statement."""

        async def fetch(connection: Any) -> list[Any]:
            return list(await connection.fetch(statement, *values))

        return self.use(database, fetch)

    def pin(self, cores: str) -> None:
        """Every process of the server has these cores, and so have those to come."""
        backends = self.ask("postgres", "SELECT pid FROM pg_stat_activity")
        writer = next(row["pid"] for row in self.ask("postgres", WRITER))
        master = int(Path(f"/proc/{writer}/stat").read_text().rpartition(")")[2].split()[1])
        for pid in (master, *(row["pid"] for row in backends)):
            with suppress(ProcessLookupError):  # the one that was asked has gone
                os.sched_setaffinity(pid, {int(core) for core in cores.split(",")})

    def use(self, database: str, act: Callable[[Any], Awaitable[Found]]) -> Found:
        """What `act` does with a connection of its own."""

        async def acting() -> Found:
            connection = await asyncpg.connect(
                user="postgres", host=self.host, database=database, timeout=30
            )
            try:
                return await act(connection)
            finally:
                await connection.close()

        return asyncio.run(acting())

    @contextmanager
    def counting(self, database: str) -> Iterator[Callable[[], tuple[int, float]]]:
        """Gives what was executed since: statements but for BEGIN and COMMIT, and milliseconds."""
        self._track("top")
        self.ask(database, "SELECT pg_stat_statements_reset()")

        def counted() -> tuple[int, float]:
            (row,) = self.ask(
                database,
                "SELECT coalesce(sum(calls), 0)::int, coalesce(sum(total_exec_time), 0)"
                " FROM pg_stat_statements"
                " WHERE query !~* '^(begin|commit|rollback|start|set|discard|select pg_stat)'"
                " AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
            )
            return row[0], row[1]

        try:
            yield counted
        finally:
            self._track("none")

    def _track(self, what: str) -> None:
        self.ask("postgres", f"ALTER SYSTEM SET pg_stat_statements.track = '{what}'")
        self.ask("postgres", "SELECT pg_reload_conf()")
        time.sleep(0.3)  # backends read it before their next statement

    def run(self, database: str, *words: str) -> None:
        """A command of the app, as anybody would run it."""
        subprocess.run(
            [sys.executable, "-m", "app", *words],
            env=os.environ | {"APP_DATABASE_URL": self.url(database)},
            check=True,
        )


@contextmanager
def standing() -> Iterator[Standing]:
    """The server runs on the other core until the block ends."""
    os.sched_setaffinity(0, {int(OTHER_CORE)})
    server = EmbeddedPostgres(FOLDER / "postgres", durable=False)
    server.start()
    try:
        found = Standing(server)
        changed = [
            found.ask("postgres", f"ALTER SYSTEM SET {name} = '{value}'")
            for name, value in SETTINGS.items()
            if found.ask("postgres", "SELECT current_setting($1, true)", name)[0][0] != value
        ]
        if changed:
            server.stop()
            server.start()
        yield Standing(server)
    finally:
        server.stop()


def settings(url: str) -> Settings:
    """The settings with which the measured processes run, but for their address."""
    return Settings(database_url=url, _env_file=None)


def program(name: str) -> str:
    """One of PostgreSQL's own programs."""
    return str(wheel_programs() / name)
