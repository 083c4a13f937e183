"""Who is told of what: each fact with the people it concerns, in the words of the content."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.members.events import RegistrationMoved
from app.models.member import RegistrationStatus
from app.models.need import NeedStatus, NeedStep, Route
from app.models.order import OrderStep, SeatStatus
from app.models.organization import Organization
from app.models.person import Role
from app.models.report import Notification, Report, ReportKind, ReportStatus
from app.needs.events import NeedMoved
from app.notifications import needs, orders, registrations, reports
from app.orders.events import OrderMoved, SeatMoved
from app.policies import content
from app.records.events import RecordMoved
from app.reports.events import ReportMoved
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_staff


@pytest.fixture(autouse=True)
async def words(session: AsyncSession) -> None:
    await content.load(session)


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


async def test_a_taken_seat_is_told_to_the_taker_and_by_surname_to_the_resident(
    session: AsyncSession,
) -> None:
    need = await make_need(session)
    order = await make_order(session, needs=(need,))
    seat = await make_seat(session, order)
    for fact, action in enumerate(("take", "attend")):
        event = SeatMoved(
            seat_id=seat.id,
            order_id=order.id,
            person_id=seat.person_id,
            action=action,
            status="taken",
        )
        await orders.on_seat_moved(session, fact, event)
    seen = await told(session)
    assert seen["seat_taken"][0] == {seat.person_id}
    assert seen["need_taken"][0] == {need.requester_id}
    assert "王同志" in seen["need_taken"][1]
    assert "王建国" not in seen["need_taken"][1]


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("weather", None), ("今天下雨", "今天下雨"), (None, "—")],
)
async def test_a_cancelled_order_is_told_to_who_had_a_seat(
    session: AsyncSession, reason: str | None, shown: str | None
) -> None:
    order = await make_order(session, seats=3)
    seat = await make_seat(session, order)
    await make_seat(session, order, status=SeatStatus.EXCUSED)
    if reason is not None:
        session.add(
            OrderStep(order_id=order.id, action="cancel", entered="cancelled", reason=reason)
        )
        await session.flush()
    event = OrderMoved(order_id=order.id, action="cancel", status="cancelled")
    await orders.on_order_moved(session, 1, event)
    people, text = (await told(session))["order_cancelled"]
    assert people == {seat.person_id}
    known = await content.find(session, "cancel_reasons", reason or "")
    assert (shown or (known or {"name": reason})["name"]) in text


async def test_an_order_that_nobody_took_is_told_to_the_community(session: AsyncSession) -> None:
    order = await make_order(session)
    community = await session.get_one(Organization, order.community_id)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    for fact, action in enumerate(("expire", "publish")):
        event = OrderMoved(order_id=order.id, action=action, status="expired")
        await orders.on_order_moved(session, fact, event)
    seen = await told(session)
    assert (set(seen), seen["order_without_taker"][0]) == ({"order_without_taker"}, {clerk.id})


async def test_a_new_record_is_told_to_its_member(session: AsyncSession) -> None:
    record = await make_record(session, minutes=90)
    for fact, action in enumerate(("add", "dispute")):
        event = RecordMoved(
            record_id=record.id, person_id=record.person_id, action=action, status="approved"
        )
        await orders.on_record_moved(session, fact, event)
    seen = await told(session)
    assert (set(seen), "1.5小时" in seen["record_added"][1]) == ({"record_added"}, True)


async def test_sheets_are_read_by_the_member_first_and_summaries_reach_the_secretary(
    session: AsyncSession,
) -> None:
    registration = await make_registration(session)
    employer = await session.get_one(Organization, registration.employer_id)
    secretary = await make_staff(session, Role.EMPLOYER_SECRETARY, employer)
    report = Report(
        kind=ReportKind.MEMBER_SHEET,
        issuer_id=registration.community_id,
        employer_id=employer.id,
        registration_id=registration.id,
        person_id=registration.person_id,
        period_from=clock.today() - timedelta(days=9),
        period_to=clock.today(),
        status=ReportStatus.DRAFT,
        number="HZD-1",
        content="{}",
    )
    session.add(report)
    await session.flush()
    for fact, (kind, action) in enumerate(
        (
            ("member_sheet", "draft"),
            ("member_sheet", "supersede"),
            ("employer_summary", "deliver"),
            ("employer_summary", "remind"),
            ("employer_summary", "issue"),
        )
    ):
        event = ReportMoved(
            report_id=report.id,
            kind=kind,
            employer_id=employer.id,
            person_id=report.person_id,
            action=action,
            status="issued",
        )
        await reports.on_report_moved(session, fact, event)
    seen = await told(session)
    assert seen.pop("sheet_to_read")[0] == {registration.person_id}
    assert set(seen) == {"sheet_superseded", "summary_delivered", "summary_unread"}
    assert all(people == {secretary.id} for people, _ in seen.values())
