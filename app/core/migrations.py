"""The schema is built by migrations only; here they are run and asked for their last version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

TOP = Path(__file__).parents[2]


def head() -> str:
    """The version of the schema that this code wants."""
    found = ScriptDirectory.from_config(config()).get_current_head()
    return found or ""


def upgrade(url: str) -> None:
    """Bring the database to `head()`; nothing happens where it is there already."""
    made = config()
    made.attributes["url"] = url
    command.upgrade(made, "head")


def config() -> Config:
    """Where the migrations are; `attributes["url"]` says which database."""
    return Config(str(TOP / "alembic.ini"))
