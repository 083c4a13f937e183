"""Who is told of what: each fact with the people it concerns, in the words of the content."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.members.events import RegistrationMoved
from app.models.member import RegistrationStatus
from app.models.need import NeedStatus, NeedStep, Route
from app.models.organization import Organization
from app.models.person import Role
from app.models.report import Notification
from app.needs.events import NeedMoved
from app.notifications import needs, registrations
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff


async def told(session: AsyncSession) -> dict[str, tuple[set[object], str]]:
    """Message → who has it, and its text."""
    found: dict[str, tuple[set[object], str]] = {}
    for row in await session.scalars(select(Notification)):
        found.setdefault(row.message, (set(), row.text))[0].add(row.person_id)
    return found


async def test_a_waiting_registration_is_told_to_who_must_act(session: AsyncSession) -> None:
    community = await make_community(session)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    row = await make_registration(session, community, status=RegistrationStatus.PENDING_EMPLOYER)
    employer = await session.get_one(Organization, row.employer_id)
    secretary = await make_staff(session, Role.EMPLOYER_SECRETARY, employer)
    for fact, status in enumerate(("pending_employer", "pending_community")):
        event = RegistrationMoved(
            registration_id=row.id, person_id=row.person_id, action="submit", status=status
        )
        await registrations.on_registration_moved(session, fact, event)
    seen = await told(session)
    assert seen["roster_member_waiting"][0] == {secretary.id}
    assert seen["registration_waiting"][0] == {clerk.id}


async def test_a_member_learns_of_acceptance_and_return_and_of_nothing_else(
    session: AsyncSession,
) -> None:
    community = await make_community(session, name="学田社区")
    branch = await make_organization(session, "functional_branch", community, name="功能型支部")
    row = await make_registration(
        session,
        community,
        functional_branch_id=branch.id,
        receipt_number="HZ-1",
        reason_code="wrong_building",
    )
    for fact, (action, status) in enumerate(
        (
            ("accept", "active"),
            ("return_from_community", "returned_by_community"),
            ("return_to_member", "returned_by_employer"),
            ("suspend", "suspended"),
        )
    ):
        event = RegistrationMoved(
            registration_id=row.id, person_id=row.person_id, action=action, status=status
        )
        await registrations.on_registration_moved(session, fact, event)
    seen = await told(session)
    assert set(seen) == {"registration_accepted", "registration_returned"}
    assert seen["registration_accepted"][1] == (
        "您已在学田社区报到，编入功能型支部。回执编号HZ-1。"
    )


@pytest.mark.parametrize(
    ("action", "columns", "message"),
    [
        ("submit", {}, "need_received"),
        ("ask_back", {"status": NeedStatus.ASKED_BACK}, "need_question"),
        ("accept", {"route": Route.ANSWERED, "reply": "可办"}, "need_answered"),
        (
            "accept",
            {
                "route": Route.REFERRED,
                "referred_to": "utility",
                "answer_expected_on": date(2027, 1, 1),
            },
            "need_referred",
        ),
        ("accept", {"route": Route.ORDER}, None),
        ("accept", {}, None),
        ("finish", {}, "need_done_confirm"),
        ("refuse", {"reply": "属于商业服务"}, "need_refused"),
        ("reopen", {}, "need_reopened"),
        ("start", {}, None),
    ],
)
async def test_a_resident_learns_what_is_done(
    session: AsyncSession, action: str, columns: dict[str, object], message: str | None
) -> None:
    need = await make_need(session, **columns)  # type: ignore[arg-type]  # columns of the row
    if action == "ask_back":
        session.add(
            NeedStep(need_id=need.id, action="ask_back", entered="asked_back", reason="哪天？")
        )
        await session.flush()
    event = NeedMoved(
        need_id=need.id, requester_id=need.requester_id, action=action, status=need.status
    )
    await needs.on_need_moved(session, 1, event)
    seen = await told(session)
    assert set(seen) == ({message} if message else set())
    if message == "need_referred":
        assert "水电燃气等单位" in seen[message][1]
    if message == "need_question":
        assert seen[message][1] == "哪天？"


async def test_the_level_above_learns_of_what_was_handed_up(session: AsyncSession) -> None:
    need = await make_need(session)
    community = await session.get_one(Organization, need.community_id)
    subdistrict = await session.get_one(Organization, community.parent_id)
    officer = await make_staff(session, Role.SUBDISTRICT_ADMIN, subdistrict)
    event = NeedMoved(need_id=need.id, requester_id=None, action="hand_up", status="handed_up")
    await needs.on_need_moved(session, 1, event)
    assert (await told(session))["reopened_handed_up"][0] == {officer.id}
