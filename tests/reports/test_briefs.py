"""Briefs: facts of a quarter, by themselves, once, and made up for."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import events
from app.core import clock
from app.deadlines import advance_next
from app.models.member import Registration, RegistrationStatus
from app.models.order import OrderStatus
from app.models.organization import OrganizationRegistration, PairingStatus, Policy
from app.models.report import Notification, Report, ReportKind
from app.reports import briefs, runs
from app.reports.periods import Period, ended
from app.wiring import LISTENERS
from tests.factories.orders import make_order, make_record
from tests.reports.town import TODAY, Desk, Town, desk, join, town

__all__ = ["desk", "town"]

Sessions = async_sessionmaker[AsyncSession]
LAST = ended(3, TODAY)


async def plan(session: AsyncSession, sessions: Sessions) -> None:
    """The worker's housekeeping, and what it finds to do."""
    async with sessions.begin() as own:
        await runs.plan_briefs(own)
    while await advance_next(sessions, runs.DEADLINES):
        pass


async def count(session: AsyncSession) -> int:
    return (
        await session.scalar(
            select(func.count()).select_from(Report).where(Report.kind == ReportKind.BRIEF)
        )
        or 0
    )


@pytest.fixture
async def quarter(town: Town, session: AsyncSession) -> Town:
    """Registered in the last quarter and served then; one who left, one who paused, one who is silent."""
    for name, status, agrees in (
        ("李四", RegistrationStatus.ENDED, True),
        ("王五", RegistrationStatus.SUSPENDED, True),
        ("赵六", RegistrationStatus.ACTIVE, False),
    ):
        made = await join(session, town, name, agrees=agrees)
        made.status = status
        made.ended_on = TODAY
    await session.execute(update(Registration).values(registered_on=LAST.first))
    await make_record(session, town.registration, served_on=LAST.last, minutes=90)
    await make_record(session, town.registration, served_on=TODAY)
    session.add(
        OrganizationRegistration(
            employer_id=town.employer.id,
            community_id=town.community.id,
            proposed_by="employer",
            status=PairingStatus.ACTIVE,
        )
    )
    for target in ("employer_branch", "person"):
        await make_order(session, town.community, status=OrderStatus.OPEN, target=target)
    await session.commit()
    return town


async def test_a_brief_holds_facts_and_nothing_else_and_is_told_of(
    desk: Desk, quarter: Town, session: AsyncSession, sessions: Sessions
) -> None:
    await plan(session, sessions)
    listed = await desk.get(
        quarter.employer_secretary, f"/organizations/{quarter.employer.id}/summaries"
    )
    (line,) = listed["items"]
    for who in (quarter.employer_secretary, quarter.employer_clerk):
        shown = await desk.get(who, f"/reports/{line['id']}")
        assert shown["content"]["facts"] == {
            "registered": 2,
            "changed": {"joined": 3, "ended": 1, "suspended": 1},
            "services_count": 1,
            "minutes": 90,
            "relayed_thanks": 0,
            "unit_tasks_open": 1,
        }
        assert (shown["number"], shown["status"], shown["open_to"]) == (None, "delivered", [])
    for who in (quarter.secretary, quarter.member):
        assert (await desk.get(who, f"/reports/{line['id']}"))["code"] == "not_found"
    while await events.tell_next(sessions, LISTENERS):
        pass
    texts = await session.scalars(
        select(Notification.text).where(Notification.message == "brief_ready")
    )
    assert texts.all() == ["本季度服务1人次，无须回复。"]


async def test_a_brief_is_made_once_and_the_next_when_the_next_quarter_is_over(
    quarter: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Callable[[timedelta], None],
) -> None:
    for _ in range(2):
        await plan(session, sessions)
    assert await briefs.make(session, quarter.employer.id, LAST) is None
    assert await count(session) == 1
    move_clock(timedelta(days=92))
    await plan(session, sessions)
    assert await count(session) == 2


async def test_where_policy_wants_none_there_is_none(
    quarter: Town, session: AsyncSession, sessions: Sessions
) -> None:
    session.add(
        Policy(
            organization_id=quarter.community.lineage[0],
            key="report.brief_every",
            value={"value": "none"},
            effective_on=TODAY,
            basis="",
            created_at=clock.now(),
        )
    )
    await session.commit()
    await plan(session, sessions)
    assert await count(session) == 0


@pytest.mark.parametrize(
    ("months", "today", "period"),
    [
        (3, date(2026, 1, 1), Period(date(2025, 10, 1), date(2025, 12, 31))),
        (3, date(2026, 12, 31), Period(date(2026, 7, 1), date(2026, 9, 30))),
        (1, date(2026, 3, 1), Period(date(2026, 2, 1), date(2026, 2, 28))),
        (6, date(2026, 8, 1), Period(date(2026, 1, 1), date(2026, 6, 30))),
    ],
)
def test_the_last_stretch_is_over(months: int, today: date, period: Any) -> None:
    assert ended(months, today) == period
