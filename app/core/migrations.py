"""The schema is built by migrations only; here they are run."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config

from app.core import database, suited

TOP = Path(__file__).parents[2]


def upgrade(url: str) -> None:
    """Bring the database to the last version and its settings to ours; what is so already stays
    untouched."""
    made = config()
    made.attributes["url"] = url
    command.upgrade(made, "head")
    asyncio.run(_suit(url))


async def _suit(url: str) -> None:
    connection = await database.reader(url, timeout_ms=30_000)
    await suited.suit(connection)
    await connection.close()


def config() -> Config:
    """Where the migrations are; `attributes["url"]` says which database."""
    return Config(str(TOP / "alembic.ini"))
