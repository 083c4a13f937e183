"""The schema is built by migrations only; here they are run and asked for their last version."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from app.core import database, suited

TOP = Path(__file__).parents[2]


def head() -> str:
    """The version of the schema that this code wants."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    return found or ""


def upgrade(url: str) -> None:
    """Bring the database to `head()` and its settings to ours; what is so already stays untouched."""
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
