"""How migrations reach the database: one transaction each, under a lock time-out."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, event, text
from sqlalchemy.ext.asyncio import create_async_engine

import app.models  # noqa: F401 - fills the metadata
from app.core.db import Base
from app.core.fields import Sealed


def render_item(kind: str, item: object, autogen: object) -> str | bool:
    """A sealed column is bytes to the database."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(item, Sealed) else False


def run(connection: Connection) -> None:
    """Run what is wanted in one transaction per migration; a busy table makes it give up."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_item,
        compare_type=True,
        transaction_per_migration=True,
        include_object=lambda item, name, kind, *_: name != "alembic_version",
    )
    with context.begin_transaction():
        context.run_migrations()


def hurry(connection: Connection) -> None:
    """In each transaction anew: behind a pooler a setting of the session would stay with others."""
    connection.execute(text("SET LOCAL lock_timeout = '5s'"))


async def connect(url: str) -> None:
    """Its own connection, for as long as it takes."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        event.listen(connection.sync_connection, "begin", hurry)
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(connect(context.config.attributes.get("url") or os.environ["APP_DATABASE_URL"]))
