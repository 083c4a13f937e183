"""The schema is built by migrations only; here they are run."""

from pathlib import Path

from alembic import command
from alembic.config import Config

TOP = Path(__file__).parents[2]


def upgrade(url: str) -> None:
    """Bring the database to the last version; nothing happens where it is there already."""
    made = config()
    made.attributes["url"] = url
    command.upgrade(made, "head")


def config() -> Config:
    """Where the migrations are; `attributes["url"]` says which database."""
    return Config(str(TOP / "alembic.ini"))
