"""`doctor --ledger`: what was done over HTTP agrees, and whatever is broken by hand is found."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.commands import cli, ledger
from app.core import clock, database
from tests.records.town import House, Served, arrange, declared, house


@pytest.fixture
async def served(committed: FastAPI) -> Served:
    """An order of two, a shift, a duty and a declaration are confirmed; one record is corrected."""
    async with committed.state.sessions.begin() as session:
        made = await arrange(session)
    first, second = (clerk.id for clerk in made.clerks)
    async with house(committed) as client:
        at = House(committed, client)
        done = await at.post(first, f"/orders/{made.order.id}/complete", minutes=60)
        assert done["code_of"] == 200, done
        shift = await at.post(first, f"/shifts/{made.shift.id}/confirm", minutes=70)
        assert shift["code_of"] == 200, shift
        day = (clock.today() - timedelta(days=3)).isoformat()
        duty = await at.post(first, f"/claims/{made.claim.id}/duties", served_on=day, minutes=45)
        begins = clock.day_starts(clock.today() - timedelta(days=2)) + timedelta(hours=9)
        wish = await at.post(made.registration.person_id, "/me/records", **declared(begins))
        assert (await at.post(first, f"/records/{wish['id']}/approve", minutes=40))[
            "code_of"
        ] == 200
        large = await at.post(
            first, f"/records/{duty['id']}/correct", minutes=200, version=1, reason="看错"
        )
        path = f"/records/{duty['id']}/correction/confirm"
        assert (await at.post(second, path, version=large["version"]))["minutes"] == 200
        other = await at.post(
            made.registration.person_id, "/me/records", **declared(begins + timedelta(hours=3))
        )
        assert other["status"] == "pending_approval"
    return made


async def count(app: FastAPI, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    connection = await database.reader(app.state.settings.database_url, timeout_ms=60_000)
    found = await ledger.examine(connection)
    await connection.close()
    return found, capsys.readouterr().out


async def test_what_was_done_over_http_agrees(
    committed: FastAPI, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    found, said = await count(committed, capsys)
    assert found == 0, said
    assert said.count("✓") == len(ledger.CHECKS)
    # two of the order, the shift, the corrected duty, the approved declaration
    assert said.splitlines()[-1] == "5 records, 430 minutes, 2 members"


BROKEN = {
    "UPDATE seats SET minutes = minutes + 1 WHERE id = :seat": {
        "records and what they stand on": 1,
        "services and minutes of everybody": 0,
    },
    "DELETE FROM seats WHERE id = :seat": {
        "records and what they stand on": 1,
        "services and minutes of everybody": 1,
        "places of orders": 1,
    },
    "UPDATE shift_seats SET status = 'no_show'": {
        "records and what they stand on": 1,
        "services and minutes of everybody": 1,
    },
    "UPDATE duties SET minutes = 1": {"records and what they stand on": 1},
    "UPDATE service_record_steps SET minutes = 1 WHERE action = 'approve'": {
        "records and what they stand on": 1,
        "minutes and their corrections": 1,
        "services and minutes of everybody": 1,
    },
    "UPDATE service_records SET minutes = 999 WHERE source_kind = 'shift'": {
        "minutes and their corrections": 1,
        "services and minutes of everybody": 1,
    },
    "UPDATE service_records SET status = 'voided' WHERE source_kind = 'post'": {
        "states of records and their history": 1,
        "services and minutes of everybody": 1,
    },
    "UPDATE service_records SET source_kind = 'invented' WHERE source_kind = 'shift'": {
        "records and what they stand on": 2,
    },
    "DELETE FROM service_record_steps WHERE action = 'add'": {
        "states of records and their history": 3,
    },
    "UPDATE orders SET taken = 1": {"places of orders": 1},
    "UPDATE posts SET taken = 0": {"places of posts": 1},
    "UPDATE shifts SET is_open = true, taken = 2": {"places of shifts": 1},
}


@pytest.mark.parametrize("statement", BROKEN)
async def test_a_figure_that_is_broken_by_hand_is_found(
    committed: FastAPI, served: Served, capsys: pytest.CaptureFixture[str], statement: str
) -> None:
    async with committed.state.sessions.begin() as session:
        for step in ("seat_steps",):
            await session.execute(text(f"DELETE FROM {step}"))
        binds: dict[str, Any] = {"seat": served.seat_ids[0]} if ":seat" in statement else {}
        await session.execute(text(statement), binds)
    found, said = await count(committed, capsys)
    differing = {
        line.removeprefix("✗ ").rpartition(": ")[0]: int(line.rpartition(": ")[2].split()[0])
        for line in said.splitlines()
        if line.startswith("✗")
    }
    assert differing == {name: number for name, number in BROKEN[statement].items() if number}
    assert found == sum(differing.values())
    assert said.count("    ") == found


async def test_a_branch_with_more_names_than_places_is_found(
    committed: FastAPI, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    async with committed.state.sessions.begin() as session:
        await session.execute(
            text(
                "INSERT INTO branch_takes (id, order_id, organization_id, places, unnamed,"
                " names_due_at, created_at, updated_at) VALUES (:id, :order, :unit, 1, 0,"
                " now(), now(), now())"
            ),
            {"id": served.claim.id, "order": served.order.id, "unit": served.community.id},
        )
        await session.execute(
            text("UPDATE seats SET branch_take_id = :take"), {"take": served.claim.id}
        )
    found, said = await count(committed, capsys)
    assert found == 1
    assert f"take {served.claim.id}: says 1 places, counted 0 without a name, 2 named" in said


def test_the_command_counts_again_and_says_by_its_code_whether_all_agree(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APP_DATABASE_URL", database_url)
    assert cli.main(["doctor", "--ledger"]) == 0
