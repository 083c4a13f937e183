"""Who does not agree is not reported: neither issued, nor delivered, nor shown by facts."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.events import tell_next
from app.identity import consents as identity_consents
from app.identity import service as identity
from app.identity.events import ConsentWithdrawn
from app.models.person import Consent, Person
from app.models.report import Report, ReportStatus, ReportStep
from app.permissions import Actor
from app.reports import consents
from app.reports.consents import REPORTED, STOPPED
from app.wiring import LISTENERS
from tests.factories.reports import make_consent, make_service
from tests.reports.town import (
    Desk,
    Town,
    compile_summary,
    desk,
    draft,
    join,
    line_of,
    read_summary,
    town,
    withdraw,
)

__all__ = ["desk", "town"]
Sessions = async_sessionmaker[AsyncSession]


async def status_of(session: AsyncSession, report_id: Any) -> ReportStatus:
    return (await session.get_one(Report, report_id, populate_existing=True)).status


async def test_a_sheet_is_not_issued_once_the_member_agrees_no_longer(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    sheet = await draft(desk, town)
    await withdraw(session, town.member.id)
    refused = await desk.post(town.secretary, f"/reports/{sheet}/issue")
    assert (refused["status"], refused["code"]) == (409, "report_refused")
    assert await status_of(session, sheet) is ReportStatus.DRAFT


async def test_an_issued_sheet_is_not_delivered_once_the_member_agrees_no_longer(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await make_service(session, town.registration)
    sheet = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    await withdraw(session, town.member.id)
    shown = await read_summary(desk, town)
    assert shown["head"]["sheets_included"] == 0
    assert shown["head"]["sheets_without_opinion"] == 0
    assert line_of(shown, "张三") == {
        "branch": "第一党支部",
        "member": "张三",
        "state": "由本人自行报告",
    }
    assert await status_of(session, sheet) is ReportStatus.ISSUED
    for who in (town.employer_clerk, town.employer_secretary):
        assert (await desk.get(who, f"/reports/{sheet}"))["code"] == "not_found"


async def by_withdrawing(session: AsyncSession, person: Person) -> None:
    await identity_consents.withdraw(session, Actor(person.id), REPORTED)


async def by_leaving(session: AsyncSession, person: Person) -> None:
    await identity.close_account(session, person)


@pytest.mark.parametrize("leave", [by_withdrawing, by_leaving])
async def test_what_was_not_delivered_is_stopped_and_its_code_says_so(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    client: AsyncClient,
    leave: Callable[[AsyncSession, Person], Awaitable[None]],
) -> None:
    sheet = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    again = await draft(desk, town)
    row = await session.get_one(Report, sheet, populate_existing=True)
    code = (await desk.get(town.secretary, f"/reports/{sheet}"))["content"]["head"]
    await leave(session, await session.get_one(Person, town.member.id))
    await session.commit()
    while await tell_next(sessions, LISTENERS):
        pass
    for report_id in (sheet, again):
        assert await status_of(session, report_id) is ReportStatus.VOID
    page = (await client.get(f"/v/{code['verification_code']}")).json()
    assert (row.number is None, page["standing"]) == (False, "void")
    stops = await session.scalars(select(ReportStep.reason).where(ReportStep.action == "stop"))
    assert list(stops) == [STOPPED] * 2
    assert (await desk.get(town.employer_secretary, f"/reports/{sheet}"))["code"] == "not_found"
    refused = await desk.post(town.secretary, f"/reports/{again}/issue")
    assert refused["code"] in ("report_refused", "bad_transition")


async def test_what_was_delivered_stays_and_another_purpose_stops_nothing(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    sheet = await draft(desk, town)
    await desk.post(town.secretary, f"/reports/{sheet}/issue")
    await compile_summary(desk, town)
    again = await draft(desk, town)
    await make_consent(session, town.member.id, "display_in_building")
    await identity_consents.withdraw(session, Actor(town.member.id), "display_in_building")
    await session.commit()
    while await tell_next(sessions, LISTENERS):
        pass
    assert await status_of(session, again) is ReportStatus.DRAFT
    await by_withdrawing(session, town.member)
    await session.commit()
    while await tell_next(sessions, LISTENERS):
        pass
    assert await status_of(session, sheet) is ReportStatus.DELIVERED
    assert await status_of(session, again) is ReportStatus.VOID


async def test_who_agreed_again_before_anybody_heard_of_it_is_not_stopped(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    sheet = await draft(desk, town)
    event = ConsentWithdrawn(person_id=town.member.id, purpose=REPORTED)
    await consents.on_consent_withdrawn(session, 1, event)
    assert await status_of(session, sheet) is ReportStatus.DRAFT


async def test_who_agrees_again_has_a_next_edition_that_can_be_issued(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    await draft(desk, town)
    await by_withdrawing(session, town.member)
    await session.commit()
    while await tell_next(sessions, LISTENERS):
        pass
    await make_consent(session, town.member.id)
    again = await draft(desk, town)
    issued = await desk.post(town.secretary, f"/reports/{again}/issue")
    assert (issued["status"], issued["edition"]) == ("issued", 2)
    shown = await desk.get(town.member, f"/reports/{again}")
    assert shown["content"]["head"]["version_note"] is None


async def test_a_closed_account_discloses_nothing_that_was_refused(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    silent = await join(session, town, "吴九", agrees=False)
    await make_service(session, silent)
    before = line_of(await read_summary(desk, town), "吴九")
    await by_leaving(session, await session.get_one(Person, silent.person_id))
    await session.commit()
    while await tell_next(sessions, LISTENERS):
        pass
    left = await session.scalars(select(Consent).where(Consent.person_id == silent.person_id))
    after = line_of(await read_summary(desk, town), "吴九")
    assert (list(left), after) == ([], before)
    assert set(after) == {"branch", "member", "state"}
