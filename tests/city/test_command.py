"""`python -m app city`, as an operator runs it."""

import asyncio

import pytest

from tests.commands.test_commands import run
from tests.conftest import PREFIX, TEMPLATE, recreate, url_of

WORDS = ("city", "--scale", "0.001", "--today", "2026-11-29")


@pytest.fixture
async def ground(worker_id: str) -> str:
    """A migrated database in which nobody lives."""
    name = f"{PREFIX}_command_{worker_id}"
    await recreate(name, TEMPLATE)
    return url_of(name)


async def test_a_city_is_built_once_and_said_to_be_there(ground: str) -> None:
    done = await asyncio.to_thread(run, ground, *WORDS)
    assert done.returncode == 0, done.stderr
    assert "service_records" in done.stdout
    assert "党员: " in done.stdout
    assert "peak memory" in done.stdout
    again = await asyncio.to_thread(run, ground, *WORDS)
    assert (again.returncode, again.stdout) == (1, "")
    assert "nothing was changed" in again.stderr


def test_without_a_database_it_says_what_is_missing() -> None:
    done = run("", *WORDS)
    assert done.returncode == 2
    assert "APP_DATABASE_URL" in done.stderr
