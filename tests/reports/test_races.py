"""With real commits: reports made at once are made one after the other."""

import asyncio
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import func, select

from app.core import clock
from app.models.organization import Organization
from app.models.person import Role
from app.models.report import Report, ReportKind, Satisfaction, ShownVotes
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent, make_service

TODAY = clock.today()
PERIOD = {
    "period_from": (TODAY - timedelta(days=30)).isoformat(),
    "period_to": TODAY.isoformat(),
}
Call = tuple[Any, str, dict[str, Any]]


async def press(app: FastAPI, calls: list[Call]) -> list[Response]:
    """Everybody posts at once: (person, path, body)."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:

        async def tap(person: Any, path: str, body: dict[str, Any]) -> Response:
            head = {"Authorization": f"Bearer {app.state.tokens.sign(person)}"}
            return await client.post(f"/api/v1{path}", headers=head, json=body)

        return await asyncio.gather(*(tap(*each) for each in calls))


async def make_city(app: FastAPI) -> dict[str, Any]:
    """Ids of a community with its secretary, an employer with three members, and the office."""
    async with app.state.sessions.begin() as session:
        community = await make_community(session)
        district = await session.get_one(Organization, community.lineage[1])
        employer = await make_organization(session, "employer", district)
        for _ in range(3):
            person = await make_person(session)
            await make_consent(session, person.id)
            line = await make_member(session, employer, person)
            made = await make_registration(session, community, person, member=line)
            for _ in range(5):
                await make_service(session, made, rated=Satisfaction.SATISFIED)
        office = await make_staff(session, Role.DISTRICT_ADMIN, district)
        secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
        return {
            "office": office.id,
            "secretary": secretary.id,
            "sheets": f"/organizations/{community.id}/sheets",
            "summaries": f"/organizations/{employer.id}/summaries",
        }


async def test_summaries_compiled_at_once_follow_each_other(committed: FastAPI) -> None:
    city = await make_city(committed)
    answers = await press(committed, [(city["office"], city["summaries"], PERIOD)] * 4)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert sorted(answer.json()["edition"] for answer in answers) == [1, 2, 3, 4]
    async with committed.state.sessions() as session:
        statuses = await session.scalars(select(Report.status).order_by(Report.edition))
        assert list(statuses) == ["superseded"] * 3 + ["delivered"]


async def test_sheets_drafted_at_once_are_drafted_once(committed: FastAPI) -> None:
    city = await make_city(committed)
    answers = await press(committed, [(city["secretary"], city["sheets"], PERIOD)] * 4)
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({tuple(sorted(answer.json()["report_ids"])) for answer in answers}) == 1


async def test_drafting_issuing_and_compiling_at_once_end_without_an_error(
    committed: FastAPI,
) -> None:
    city = await make_city(committed)
    drafting: Call = (city["secretary"], city["sheets"], PERIOD)
    compiling: Call = (city["office"], city["summaries"], PERIOD)
    for _ in range(2):  # the second time, each sheet replaces one that the summary may name
        (made,) = await press(committed, [drafting])
        issuing: list[Call] = [
            (city["secretary"], f"/reports/{each}/issue", {}) for each in made.json()["report_ids"]
        ]
        answers = await press(
            committed, [drafting, *issuing, compiling, drafting, *issuing, compiling]
        )
        assert {answer.status_code for answer in answers} <= {200, 201, 409}
    async with committed.state.sessions() as session:
        shown = await session.scalar(
            select(func.count()).select_from(ShownVotes).where(ShownVotes.valid > 0)
        )
        sheets = await session.scalar(
            select(func.count()).where(
                Report.kind == ReportKind.MEMBER_SHEET, Report.number.is_not(None)
            )
        )
    assert (shown, sheets) == (4, 6)
