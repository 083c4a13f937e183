"""The migrations build what the models say: up, down, and to the letter where Alembic is blind."""

import asyncio
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from app.core import migrations, revisions
from app.core.db import Base
from tests import conftest

# What Alembic does not compare. Source: engineering.md A11.
QUERIES = {
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        AND conrelid::regclass::text <> 'alembic_version' AND contype <> 'n'""",
    "indexes": """
        SELECT tablename, indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'""",
    "columns": """
        SELECT table_name, column_name, data_type, udt_name, character_maximum_length,
               is_nullable, column_default, is_identity
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'alembic_version'""",
    "tables": """
        SELECT relname, relpersistence::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname <> 'alembic_version'""",
}


async def connect(url: str) -> Any:
    found = make_url(url)
    return await asyncpg.connect(
        user=found.username,
        password=found.password,
        host=str(found.query.get("host") or found.host),
        port=found.port or 5432,
        database=found.database,
    )


async def describe(url: str) -> dict[str, set[tuple[Any, ...]]]:
    connection = await connect(url)
    found = {
        name: {tuple(row) for row in await connection.fetch(query)}
        for name, query in QUERIES.items()
    }
    await connection.close()
    return found


@pytest.fixture
async def empty(worker_id: str) -> str:
    """A database of its own with nothing in it."""
    name = f"{conftest.PREFIX}_migrations_{worker_id}"
    await conftest.recreate(name, "template0")
    return conftest.url_of(name)


async def test_models_and_migrations_build_the_same_schema(url: str, empty: str) -> None:
    engine = create_async_engine(empty)
    async with engine.begin() as connection:
        for extension in ("btree_gist", "pg_trgm"):
            await connection.exec_driver_sql(f"CREATE EXTENSION {extension}")
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
    by_models, by_migrations = await describe(empty), await describe(url)
    for name in QUERIES:
        assert by_models[name] == by_migrations[name], name


async def test_the_models_hold_nothing_that_no_migration_builds(url: str) -> None:
    config = migrations.config()
    config.attributes["url"] = url
    await asyncio.to_thread(command.check, config)


async def test_down_and_up_again_leaves_the_same_schema(empty: str) -> None:
    config = migrations.config()
    config.attributes["url"] = empty
    await asyncio.to_thread(migrations.upgrade, empty)
    before = await describe(empty)
    await asyncio.to_thread(command.downgrade, config, "base")
    assert (await describe(empty))["tables"] == set()
    await asyncio.to_thread(command.upgrade, config, "head")
    assert await describe(empty) == before


def test_the_version_we_want_is_the_one_that_alembic_finds() -> None:
    found = ScriptDirectory.from_config(migrations.config())
    assert [revisions.head()] == found.get_heads()
