"""With real commits: two counters, two offices, two who agree, and raters as the window closes."""

import asyncio
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from app.core import clock
from app.deadlines import advance_next
from app.models.appraisal import AppraisalBallot, AppraisalCount, BallotWay
from app.models.evaluation import CycleStatus, EvaluationCycle
from app.models.organization import Organization
from app.models.person import Role
from app.wiring import DEADLINES
from tests.appraisals.town import make_town, of
from tests.factories.appraisals import make_cycle, make_rater
from tests.factories.people import make_staff
from tests.posts.test_races import press

S = CycleStatus


async def test_two_counters_at_once_agree_or_differ_and_none_is_lost(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        town = await make_town(session)
        third = await make_staff(session, Role.GRID_WORKER, town.community)
        cycle = await make_cycle(session, town.district, status=S.COLLECTING)
        for _ in range(3):
            await make_rater(session, cycle, town.community, way=BallotWay.PAPER_BALLOT)
    lines = [
        {"registration_id": str(row.id), "satisfied": 2, "fair": 0, "unsatisfied": 1}
        for row in town.members
    ]
    counters = [town.secretary, town.clerk, third]
    taps = [(who.id, of(cycle, town, "paper-counts")) for who in counters]
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:

        async def tap(who: Any, path: str) -> int:
            head = {"Authorization": f"Bearer {committed.state.tokens.sign(who)}"}
            body = {"panel": "community", "lines": lines}
            return (await client.post(f"/api/v1{path}", json=body, headers=head)).status_code

        found = sorted(await asyncio.gather(*(tap(*one) for one in taps)))
    assert found == [204, 204, 409]
    async with committed.state.sessions() as session:
        rows = (await session.scalars(select(AppraisalCount))).all()
        assert sorted(row.place for row in rows) == [1] * 4 + [2] * 4
        assert all(row.agreed_at for row in rows)


async def test_of_two_offices_that_plan_a_year_at_once_one_does(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        town = await make_town(session)
        city = await session.get_one(Organization, town.community.lineage[0])
        mayor = await make_staff(session, Role.CITY_ADMIN, city)
    path = f"/organizations/{town.district.id}/evaluation-cycles"
    taps = [(who.id, path) for who in (town.office, mayor, town.office)]
    found = await press(committed, taps, [{"year": clock.today().year}] * 3)
    assert found == {201: 1, "cycle_planned": 2}


async def test_who_answers_while_the_window_closes_is_counted_or_told(committed: FastAPI) -> None:
    """Nothing that was taken came after the closing, and nothing that was refused is kept."""
    async with committed.state.sessions.begin() as session:
        town = await make_town(session)
        cycle = await make_cycle(session, town.district, status=S.COLLECTING)
        cycle.due_at = clock.now() + timedelta(seconds=1)
        raters = [await make_rater(session, cycle, town.community) for _ in range(5)]
    kept: dict[Any, str] = {}
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:

        async def answer_on(rater: Any) -> str:
            head = {"Authorization": f"Bearer {committed.state.tokens.sign(rater.person_id)}"}
            path = f"/api/v1/appraisal-raters/{rater.id}/ballots"
            while True:
                for said in ("satisfied", "unsatisfied", "fair"):
                    one = {"registration_id": str(town.members[0].id), "answer": said}
                    told = await client.put(path, json={"answers": [one]}, headers=head)
                    if told.status_code != 204:
                        return str(told.json()["code"])
                    kept[rater.id] = said

        async def close() -> str:
            while True:
                await advance_next(committed.state.sessions, DEADLINES)
                async with committed.state.sessions() as session:
                    now = (await session.scalars(select(EvaluationCycle))).one()
                    if now.status is not S.COLLECTING:
                        return str(now.status.value)
                await asyncio.sleep(0.01)

        codes = await asyncio.gather(*(answer_on(rater) for rater in raters), close())
    assert codes == ["appraisal_closed"] * 5 + ["computing"]
    async with committed.state.sessions() as session:
        closed = (await session.scalars(select(EvaluationCycle))).one()
        rows = (await session.scalars(select(AppraisalBallot))).all()
        assert {row.rater_id: row.answer.value for row in rows} == kept
        assert all(row.given_at <= closed.closed_at for row in rows)
