"""Settings of the database itself: said once, by who may; a pooler is told from its server."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.commands.doctor import CHECKS
from app.core import suited


@pytest.fixture
async def driver(connection: AsyncConnection) -> Any:
    return (await connection.get_raw_connection()).driver_connection


async def test_what_a_connection_lacks_is_said_for_the_whole_database(driver: Any) -> None:
    assert await suited.missing(driver) == []
    await driver.execute("SET LOCAL jit = on; SET LOCAL work_mem = '4MB'")
    jit, memory = await suited.missing(driver)
    assert jit.startswith("ALTER DATABASE ") and jit.endswith(" SET jit = off")
    assert memory.endswith(" SET work_mem = '16MB'")
    trouble = await CHECKS["database settings"](driver)
    assert trouble == f"as the database's owner: {jit}; {memory}"
    await suited.suit(driver)
    said = await driver.fetchval(
        "SELECT setconfig::text FROM pg_db_role_setting JOIN pg_database ON oid = setdatabase "
        "WHERE datname = current_database() AND setrole = 0"
    )
    assert "jit=off" in said and "work_mem=16MB" in said


async def test_a_larger_memory_stays_as_it_is(driver: Any) -> None:
    await driver.execute("SET LOCAL work_mem = '1GB'")
    assert await suited.missing(driver) == []


async def test_who_is_not_the_owner_leaves_it_to_the_doctor_to_say(driver: Any) -> None:
    await driver.execute("CREATE ROLE suited_guest; SET LOCAL work_mem = '4MB'")
    await driver.execute("SET LOCAL ROLE suited_guest")
    async with driver.transaction():
        await driver.execute("SAVEPOINT before")
        await suited.suit(driver)
        await driver.execute("ROLLBACK TO before")
    assert await CHECKS["database settings"](driver)


class Pooled:
    """A connection through a pooler: it gives a number of its own, and may rename what it carries."""

    def __init__(self, driver: Any, *, renames: bool) -> None:
        self.driver, self.renames = driver, renames

    def get_server_pid(self) -> int:
        return 1

    async def fetchval(self, query: str) -> Any:
        return await self.driver.fetchval(query)

    async def fetch(self, query: str) -> list[dict[str, str]]:
        if self.renames:
            return [{"name": "PGBOUNCER_7"}]
        return list(await self.driver.fetch(query))


@pytest.mark.parametrize("renames", [True, False])
async def test_a_pooler_that_does_not_carry_prepared_statements_is_known(
    driver: Any, renames: bool
) -> None:
    check = CHECKS["prepared statements"]
    assert await check(driver) is None
    trouble = await check(Pooled(driver, renames=renames))
    assert trouble is None if renames else "1.21" in str(trouble)
