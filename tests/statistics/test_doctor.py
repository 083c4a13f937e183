"""`doctor --statistics`: what is told agrees, whatever is broken by hand is found and written anew."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.commands import cli, statistics
from app.core import database
from tests.records.town import House, Served, arrange, house
from tests.statistics.town import tell_all


@pytest.fixture
async def served(committed: FastAPI) -> Served:
    """An order of two is completed and one of its records corrected; every fact is told."""
    async with committed.state.sessions.begin() as session:
        made = await arrange(session)
    async with house(committed) as client:
        at = House(committed, client)
        first = made.clerks[0].id
        done = await at.post(first, f"/orders/{made.order.id}/complete", minutes=60)
        assert done["code_of"] == 200, done
        shift = await at.post(first, f"/shifts/{made.shift.id}/confirm", minutes=70)
        assert shift["code_of"] == 200, shift
    await statistics.rebuild(committed.state.settings)
    await tell_all(committed.state.sessions)
    return made


async def examined(app: FastAPI, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    connection = await database.reader(app.state.settings.database_url, timeout_ms=60_000)
    found = await statistics.examine(connection)
    await connection.close()
    return found, capsys.readouterr().out


async def test_what_was_told_agrees(
    committed: FastAPI, served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    found, said = await examined(committed, capsys)
    assert found == 0, said
    assert said.splitlines() == [
        "✓ figures of months",
        "✓ members' months",
        "✓ figures of levels",
        "✓ people once",
        "0 facts wait to be told",
        "0 organizations wait to be counted as they are",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organization_months SET number = number + 1 WHERE figure = 'services'",
        "DELETE FROM organization_months WHERE figure = 'joined'",
        "UPDATE member_months SET volunteer_minutes = 1",
        "UPDATE member_months SET month = '2020-01-01'",
        "UPDATE service_records SET minutes = minutes + 1",
        "UPDATE organization_months SET number = number + 1 WHERE figure = 'once'",
        "DELETE FROM organization_months WHERE figure LIKE 'staff_%'",
        "UPDATE counted_leaves SET above = '{}'",
        (
            "INSERT INTO counter_changes (organization_id, figure, month, kind, category, bucket, number)"
            " SELECT organization_id, figure, month, kind, category, bucket, 1 FROM organization_months"
            " WHERE figure = 'once'"
        ),
    ],
)
async def test_what_is_broken_by_hand_is_found_and_written_anew(
    committed: FastAPI, served: Served, capsys: pytest.CaptureFixture[str], statement: str
) -> None:
    async with committed.state.sessions.begin() as session:
        await session.execute(text(statement))
    found, said = await examined(committed, capsys)
    assert found > 0
    assert said.count("    ") == found
    await statistics.rebuild(committed.state.settings)
    assert (await examined(committed, capsys))[0] == 0


def test_the_command_says_by_its_code_whether_all_agree(
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("APP_DATABASE_URL", database_url)
    assert cli.main(["doctor", "--statistics"]) == 0
    assert cli.main(["doctor", "--statistics", "--rebuild"]) == 0
    assert "✓ figures of months" in capsys.readouterr().out
