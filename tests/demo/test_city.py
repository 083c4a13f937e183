"""The demo city as it is set up: from files, once; and what ends a story."""

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.demo import city, figures, files
from app.demo.acts import year
from app.demo.stage import Somebody, Stage
from app.models.member import Registration
from app.models.organization import Appointment, Import, Organization
from app.models.report import Rating
from tests.conftest import make_settings


async def test_a_city_is_built_from_files_and_a_second_call_changes_nothing(
    committed: FastAPI, database_url: str
) -> None:
    seen = []
    for _ in range(2):
        await city.build(make_settings(database_url))
        async with committed.state.sessions.begin() as session:
            rows = await session.execute(
                select(Organization.kind, func.count())
                .where(Organization.code.is_(None) | (Organization.kind == "employer"))
                .group_by(Organization.kind)
            )
            seen.append({kind: count for kind, count in rows})
            for table, count in ((Appointment, 9), (Import, 2), (Registration, 4), (Rating, 20)):
                assert await session.scalar(select(func.count(table.id))) == count
    assert seen[0] == seen[1]
    assert (seen[0]["employer"], seen[0]["building"], seen[0]["functional_group"]) == (3, 15, 2)


def test_people_are_made_anew_each_time() -> None:
    first, second = files.people(31, retired=3), files.people(31, retired=3)
    assert {one.phone for one in first}.isdisjoint(one.phone for one in second)
    assert [one.branch for one in first].count(files.RETIRED) == 3


async def test_a_refusal_ends_the_story() -> None:
    refuses = httpx.MockTransport(lambda request: httpx.Response(409, text="no"))
    async with httpx.AsyncClient(transport=refuses, base_url="http://app") as app:
        with pytest.raises(RuntimeError, match="GET /me: 409 no"):
            await Somebody(Stage(app, app), {}).ask("GET", "/me")


async def test_figures_are_counted_over_all_pages() -> None:
    pages = {None: {"items": [1, 2], "next_cursor": "a"}, "a": {"items": [3], "next_cursor": None}}
    answers = httpx.MockTransport(
        lambda request: httpx.Response(200, json=pages[request.url.params.get("cursor")])
    )
    async with httpx.AsyncClient(transport=answers, base_url="http://app") as app:
        somebody = Somebody(Stage(app, app), {})
        assert await figures.everything(somebody, "/me/records?") == [1, 2, 3]


async def test_a_year_that_was_closed_is_only_told(capsys: pytest.CaptureFixture[str]) -> None:
    days = dict.fromkeys(("appraisal_from", "appraisal_to", "objection_to", "issue_on"), "12-01")
    known = {
        "/api/v1/me": {"roles": [{"organization_id": "city"}]},
        "/api/v1/communities": {"items": [{"id": "here"}]},
        "/api/v1/organizations/here/path": [{"kind": "district", "id": "there"}],
        "/api/v1/organizations/there/evaluation-cycles": {
            "items": [{"year": 2025, "status": "collecting"} | days]
        },
    }
    answers = httpx.MockTransport(lambda asked: httpx.Response(200, json=known[asked.url.path]))
    async with httpx.AsyncClient(transport=answers, base_url="http://app") as app:
        stage = Stage(app, app)
        await year.play(stage, Somebody(stage, {}))
    assert "2025年度评价已安排过 → collecting，测评12-01至12-01" in capsys.readouterr().out


async def test_the_window_is_waited_for_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(year, "PAUSE", 0)
    states = iter(["planned", "collecting", *["planned"] * year.TRIES])
    answers = httpx.MockTransport(lambda _: httpx.Response(200, json={"status": next(states)}))
    async with httpx.AsyncClient(transport=answers, base_url="http://app") as app:
        office = Somebody(Stage(app, app), {})
        assert (await year.opened(office, "/cycle"))["status"] == "collecting"
        with pytest.raises(RuntimeError, match="worker"):
            await year.opened(office, "/cycle")
