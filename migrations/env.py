"""How migrations reach the database: one transaction each, under a lock time-out."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, text
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


async def connect(url: str) -> None:
    """Open the direct address, never a pooler."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.execute(text("SET lock_timeout = '5s'"))
        await connection.commit()
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(connect(context.config.attributes.get("url") or os.environ["APP_DATABASE_URL"]))
