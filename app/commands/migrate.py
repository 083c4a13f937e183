"""Bring the database to the schema of this code, and load the shipped content."""

import argparse
import asyncio
import sys

from sqlalchemy.ext.asyncio import AsyncSession

from app.core import database, migrations, revisions
from app.policies import shipped
from app.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(settings: Settings, _: argparse.Namespace) -> int:
    """Twice in a row changes nothing the second time."""
    if not settings.database_url:
        print("APP_DATABASE_URL is not set", file=sys.stderr)
        return 2
    apply(settings)
    return 0


def apply(settings: Settings) -> None:
    """Schema and content are those of this code; what a tenant has edited stays."""
    migrations.upgrade(settings.database_url)
    loaded = asyncio.run(_load(settings))
    print(f"schema {revisions.head()}; content: {loaded.added} added, {loaded.renewed} renewed")
    for entry in loaded.kept:
        print(f"content kept as edited: {entry}")


async def _load(settings: Settings) -> shipped.Loaded:
    engine = database.engine(settings.database_url, pool=1, timeout_ms=60_000)
    async with AsyncSession(engine) as session, session.begin():
        loaded = await shipped.load(session)
    await engine.dispose()
    return loaded
