"""A real streaming replica beside a primary: who has written reads it, and nobody misses the replica.

Primary and replica keep all their promises on disk, unlike the server of the other tests: what is told
when depends on them.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.console.visit import Visit
from app.core import database, migrations, replica
from app.core.embedded import EmbeddedPostgres
from app.core.postgres_programs import choose, run, wheel_programs
from app.core.prepared import Reader
from app.core.readers import ReadPool
from app.core.replica import Answered, Replica
from app.http import deps
from app.http.actors import Actors
from app.main import create_app
from app.policies import shipped
from app.process import prepare
from tests import conftest
from tests.commands.test_commands import run as doctor
from tests.reports.town import Desk, Town, draft, make_town

LATEST = "SELECT coalesce(max(number), 0) AS latest FROM written"
REPLICA, LAG, DOWN = Answered.REPLICA, Answered.PRIMARY_LAG, Answered.PRIMARY_DOWN


@dataclass
class Pair:
    """A primary and its replica, each in a folder."""

    primary: EmbeddedPostgres
    copy: EmbeddedPostgres


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    with EmbeddedPostgres(folder / "primary") as primary:
        primary.create_database("city")
        with copy_of(primary, folder / "copy") as copy:
            yield Pair(primary, copy)


def copy_of(primary: EmbeddedPostgres, data: Path) -> EmbeddedPostgres:
    """A streaming replica, not started yet. A reader that stands in its way for 50 ms is ended."""
    data.mkdir()
    place, cluster = primary.url("").split("=")[1], data / "cluster"
    programs = wheel_programs()
    backup = [str(programs / "pg_basebackup"), "-h", place, "-U", "postgres", "-D", str(cluster)]
    run([*backup, "-R", "-c", "fast"], folder=data, way=choose(data, None))
    with (cluster / "postgresql.auto.conf").open("a") as settings:
        settings.write("max_standby_streaming_delay = '50ms'\nhot_standby_feedback = off\n")
    return EmbeddedPostgres(data)


async def ask(server: EmbeddedPostgres, *statements: str, of: str = "city") -> None:
    """One after the other, on a connection of its own."""
    connection = await asyncpg.connect(
        user="postgres", database=of, host=server.url("").split("=")[1]
    )
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def reads(server: EmbeddedPostgres) -> None:
    """Somebody has begun to read there, and sleeps over it."""
    connection = await asyncpg.connect(
        user="postgres", database="city", host=server.url("").split("=")[1]
    )
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    while not await connection.fetchval(asleep):
        continue
    await connection.close()


@dataclass
class Reading:
    """The primary's readers, and the replica over them; who answered, in turn."""

    primary: ReadPool
    replica: Replica
    answered: list[Answered]

    async def write(self, number: int) -> None:
        """Committed when this returns."""
        await self.primary.fetch("INSERT INTO written VALUES ($1)", number)

    async def latest(self) -> int:
        ((found,),) = await self.replica.fetch(LATEST)
        return int(found)


@pytest.fixture
async def reading(pair: Pair) -> AsyncIterator[Reading]:
    table = "DROP TABLE IF EXISTS written", "CREATE TABLE written (number int)"
    await ask(pair.primary, *table)
    primary = database.readers(pair.primary.url("city"), size=8, timeout_ms=10_000)
    answered: list[Answered] = []
    made = of(pair.copy.url("city"), primary, answered)
    yield Reading(primary, made, answered)
    await made.close()
    await primary.close()


def of(url: str, primary: Reader, answered: list[Answered]) -> Replica:
    return database.replica(url, primary, size=8, timeout_ms=10_000, count=answered.append)


async def settle(reading: Reading) -> None:
    """The replica has caught up, however slow the machine is."""
    while True:
        await reading.latest()
        if reading.answered[-1] is REPLICA:
            reading.answered.clear()
            return
        await asyncio.sleep(0.05)


async def test_a_write_followed_at_once_by_a_read_is_in_it_however_many_write(
    reading: Reading,
) -> None:
    await settle(reading)

    async def write_and_read(number: int) -> None:
        await reading.write(number)
        assert await reading.latest() >= number

    for first in range(0, 400, 8):
        await asyncio.gather(*(write_and_read(first + each) for each in range(8)))
    assert DOWN not in reading.answered
    assert REPLICA in reading.answered


async def test_where_replay_is_paused_the_primary_answers_with_the_new_row(
    pair: Pair, reading: Reading
) -> None:
    await settle(reading)
    await ask(pair.copy, "SELECT pg_wal_replay_pause()")
    await reading.write(7)
    assert await reading.latest() == 7
    assert reading.answered == [LAG]
    await ask(pair.copy, "SELECT pg_wal_replay_resume()")
    await settle(reading)
    assert await reading.latest() == 7
    assert reading.answered == [REPLICA]


async def test_what_others_have_not_committed_yet_is_not_waited_for(
    pair: Pair, reading: Reading
) -> None:
    """Their records may lie unflushed for a while, and no replica has what is not flushed."""
    connection = await asyncpg.connect(
        user="postgres", database="city", host=pair.primary.url("").split("=")[1]
    )
    for _ in range(5):
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("INSERT INTO written SELECT generate_series(1, 100)")
        sent = f"SELECT ({replica.POSITION})::pg_lsn <= pg_current_wal_flush_lsn()"
        assert await connection.fetchval(sent)
        await transaction.rollback()
    await connection.close()
    await settle(reading)


async def test_a_commit_that_is_told_before_it_is_flushed_is_waited_for_too(
    pair: Pair, reading: Reading
) -> None:
    await settle(reading)
    await ask(pair.primary, "ALTER DATABASE city SET synchronous_commit = off")
    primary = database.readers(pair.primary.url("city"), size=2, timeout_ms=10_000)
    answered: list[Answered] = []
    made = of(pair.copy.url("city"), primary, answered)
    for number in range(1, 30):
        await primary.fetch("INSERT INTO written VALUES ($1)", number)
        ((found,),) = await made.fetch(LATEST)
        assert found == number
    await made.close()
    await primary.close()
    await ask(pair.primary, "ALTER DATABASE city RESET synchronous_commit")


async def test_a_read_that_recovery_breaks_off_is_answered_by_the_primary(
    pair: Pair, reading: Reading
) -> None:
    await ask(pair.primary, "INSERT INTO written SELECT generate_series(1, 1000)")
    await settle(reading)
    slow = "SELECT count(*) AS found, pg_is_in_recovery() AS is_copy FROM written, pg_sleep(5)"
    asked = asyncio.create_task(reading.replica.fetch(slow))
    await reads(pair.copy)
    await ask(pair.primary, "DELETE FROM written WHERE number > 10", "VACUUM written")
    (row,) = await asked
    assert (row["found"], row["is_copy"]) == (10, False)
    assert reading.answered == [DOWN]
    await settle(reading)


async def test_a_refusal_of_the_statement_itself_is_the_primary_s(reading: Reading) -> None:
    await settle(reading)
    with pytest.raises(asyncpg.UndefinedTableError):
        await reading.replica.fetch("SELECT 1 FROM nowhere")
    assert await reading.latest() == 0
    assert reading.answered == [REPLICA]


async def test_a_replica_that_is_gone_is_let_alone_for_a_while_and_found_again(
    pair: Pair, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle(reading)
    url = pair.copy.url("city")
    pair.copy.stop()
    try:
        assert [await reading.latest() for _ in range(3)] == [0, 0, 0]
        assert reading.answered == [DOWN] * 3
        monkeypatch.setattr(replica, "REST_SECONDS", 0.0)
        reading.replica._rest()
        assert await reading.latest() == 0
    finally:
        pair.copy.start()
    again = of(pair.copy.url("city"), reading.primary, reading.answered)
    assert url != pair.copy.url("city")  # a new socket; a server at an address keeps its own
    await settle(Reading(reading.primary, again, reading.answered))
    await again.close()


async def test_one_looks_whether_it_is_back_while_the_others_go_to_the_primary(
    pair: Pair, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    await settle(reading)
    monkeypatch.setattr(replica, "REST_SECONDS", 0.001)
    reading.replica._rest()
    await asyncio.sleep(0.01)
    monkeypatch.setattr(replica, "REST_SECONDS", 60.0)
    await asyncio.gather(*(reading.latest() for _ in range(6)))
    assert sorted(reading.answered) == [DOWN] * 5 + [REPLICA]
    await reading.latest()
    assert reading.answered[-1] is REPLICA


async def test_only_a_replica_of_this_very_database_is_read(
    pair: Pair, reading: Reading, database_url: str
) -> None:
    answered: list[Answered] = []
    elsewhere = make_url(pair.copy.url("postgres")).render_as_string(hide_password=False)
    for url in (elsewhere, database_url):  # another database; another system
        other = of(url, reading.primary, answered)
        await other.fetch(LATEST)
        await other.close()
    itself = of(pair.primary.url("city"), reading.primary, answered)  # no replica at all
    await itself.fetch(LATEST)
    await itself.close()
    assert answered == [DOWN, DOWN, LAG]


@pytest.fixture(scope="module")
async def town(pair: Pair) -> Town:
    """In a migrated city with its content, on both."""
    url = pair.primary.url("house")
    pair.primary.create_database("house")
    await asyncio.to_thread(migrations.upgrade, url)
    prepare(conftest.make_settings(url))
    engine = create_async_engine(url)
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await shipped.load(session)
        made = await make_town(session)
    await engine.dispose()
    return made


@pytest.fixture
async def house(pair: Pair, town: Town) -> AsyncIterator[FastAPI]:
    """The application on both."""
    made = create_app(
        conftest.make_settings(
            pair.primary.url("house"),
            database_replica_url=pair.copy.url("house"),
            database_pool=4,
            reader_pool=4,
        )
    )
    async with made.router.lifespan_context(made):
        made.state.actors = Actors(seconds=0)
        yield made


@pytest.fixture
async def office(house: FastAPI) -> AsyncIterator[Desk]:
    """Speaks to the application as somebody."""
    transport = ASGITransport(house, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield Desk(
            client, lambda who: {"Authorization": f"Bearer {house.state.tokens.sign(who.id)}"}
        )


async def counted(office: Desk) -> dict[str, float]:
    """What `/metrics` says of who answered."""
    lines = (await office.client.get("/metrics")).text.splitlines()
    found = (line.split() for line in lines if line.startswith("report_reads_total{"))
    return {name.split('"')[1]: float(value) for name, value in found}


async def test_who_drafts_a_sheet_and_speaks_to_it_reads_it_in_the_next_call(
    pair: Pair, office: Desk, town: Town
) -> None:
    sheet = await draft(office, town)
    path = f"/reports/{sheet}"
    for number in range(12):
        await office.post(town.member, f"{path}/statements", words=f"说明{number}")
        shown = await office.get(town.member, path)
        assert len(shown["statements"]) == number + 1
    await ask(pair.copy, "SELECT pg_wal_replay_pause()")
    await office.post(town.member, f"{path}/statements", words="说明12")
    before = await counted(office)
    assert before.get("replica", 0) + before.get("primary_lag", 0) > 12
    assert len((await office.get(town.member, path))["statements"]) == 13
    assert (await counted(office))["primary_lag"] > before.get("primary_lag", 0)
    await ask(pair.copy, "SELECT pg_wal_replay_resume()")


async def test_without_its_replica_the_house_answers_every_report_and_figure(
    pair: Pair, office: Desk, town: Town
) -> None:
    figures = f"/api/v1/organizations/{town.community.id}/statistics"
    head = office.sign_in(town.secretary)
    assert (await office.client.get(figures, headers=head)).status_code == 200
    pair.copy.stop()
    try:
        for _ in range(3):
            assert (await office.client.get(figures, headers=head)).status_code == 200
            assert (
                await office.client.get("/api/v1/me/reports", headers=office.sign_in(town.member))
            ).status_code == 200
        assert (await counted(office))["primary_down"] >= 6
    finally:
        pair.copy.start()


async def told(pair: Pair, url: str) -> tuple[int, str]:
    """How `doctor` ends with this replica, and its last line."""
    found = await asyncio.to_thread(
        doctor, pair.primary.url("house"), "doctor", APP_DATABASE_REPLICA_URL=url
    )
    return found.returncode, found.stdout.splitlines()[-1]


async def test_doctor_tells_how_far_behind_it_is(pair: Pair, town: Town) -> None:
    copy = pair.copy.url("house")
    await ask(pair.copy, "SELECT pg_wal_replay_pause()")
    await ask(pair.primary, "CREATE TABLE more ()", "DROP TABLE more")
    code, line = await told(pair, copy)
    assert code == 0 and re.fullmatch(r"✓ replica: \d{3,} bytes behind, .* \d+ s ago", line)
    await ask(pair.copy, "SELECT pg_wal_replay_resume()")
    while (await told(pair, copy))[1] != "✓ replica: 0 bytes behind":
        continue  # each takes a while


async def test_doctor_refuses_what_is_no_replica_of_ours_and_only_names_one_that_is_away(
    pair: Pair, town: Town
) -> None:
    itself = await told(pair, pair.primary.url("house"))
    assert itself == (1, "✗ replica: it is not a replica; nothing is read there")
    other = await told(pair, pair.copy.url("postgres"))
    assert other == (
        1,
        "✗ replica: it is not of the same system and database; nothing is read there",
    )
    code, line = await told(pair, "postgresql+asyncpg://nobody@127.0.0.1:1/house")
    assert code == 0 and line.startswith("! replica: cannot be reached")


async def test_pages_and_api_read_reports_from_the_same_place(house: FastAPI) -> None:
    class Request:
        app = house

    visit = Visit(Request(), house.state.reader, None, None, "")  # type: ignore[arg-type]  # read by nobody here
    assert visit.report_reader is house.state.replica is deps.report_reader(house.state)
