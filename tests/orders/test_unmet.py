"""What found nobody: a page for the community and the levels above, told on Mondays."""

import asyncio
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import deadlines
from app.core import clock
from app.models.order import Order, OrderStatus, OrderStep, SeatOrigin, SeatStatus, UnmetWeek
from app.models.organization import Organization, Policy
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.models.report import Notification
from app.notifications import unmet as messages
from app.orders import clocks, unmet
from app.orders.events import UnmetWeekEnded
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_person, make_staff
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Move = Callable[[timedelta], None]
Sessions = async_sessionmaker[AsyncSession]


async def expired(session: AsyncSession, community: Organization, **columns: Any) -> Order:
    over = {"starts_at": clock.now() - timedelta(hours=2)}
    order = await make_order(session, community, **over | columns)
    await clocks.expire(session, order)
    return order


async def put(client: AsyncClient, headers: dict[str, str], order: Order, **body: Any) -> Response:
    return await client.put(f"/api/v1/orders/{order.id}/no-taker", json=body, headers=headers)


def listed(page: dict[str, Any]) -> list[str]:
    return [line["id"] for line in page["items"]]


async def test_the_list_says_what_found_nobody_why_and_what_might_be_done(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    first = await expired(session, town.community, skills=["legal_advice"])
    second = await make_order(
        session, town.community, title="夜间巡防", starts_at=clock.now() - timedelta(hours=2)
    )
    await make_seat(
        session,
        second,
        town.registration,
        status=SeatStatus.LAPSED,
        origin=SeatOrigin.DISPATCH,
    )
    await clocks.expire(session, second)
    await make_order(session, town.community)
    await expired(session, await make_community(session))
    path = f"/organizations/{town.community.id}/unmet-orders"
    page = await desk.get(town.clerk, path)
    assert listed(page) == [str(second.id), str(first.id)]
    assert page["items"][0] | {"invited": 1, "reason": "邀请的党员均未能参加"} == page["items"][0]
    assert page["items"][1]["proposal"] == "提交联席会议"
    begin = await desk.get(town.clerk, f"{path}?limit=1")
    rest = await desk.get(town.clerk, f"{path}?limit=1&cursor={begin['next_cursor']}")
    assert listed(begin) + listed(rest) == listed(page)
    figures = await desk.get(town.clerk, f"{path}/figures")
    assert [(line["reason_code"], line["count"]) for line in figures["items"]] == [
        ("all_declined", 1),
        ("no_skill", 1),
    ]


@pytest.mark.parametrize("week", ["0001-01-01", "9999-12-31"])
async def test_a_week_at_the_ends_of_the_calendar_is_refused(
    desk: Desk, town: Town, week: str
) -> None:
    for path in ("unmet-orders", "unmet-orders/figures"):
        page = await desk.get(town.clerk, f"/organizations/{town.community.id}/{path}?week={week}")
        assert page["errors"][0]["pointer"] == "/week"


async def test_a_confidential_service_is_called_so_in_the_list(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    """The levels above read it too. Source: practice.md R20."""
    await expired(session, town.community, title="核对账目", is_confidential=True)
    page = await desk.get(town.clerk, f"/organizations/{town.community.id}/unmet-orders")
    assert [line["title"] for line in page["items"]] == ["保密服务"]


async def test_a_level_sees_the_communities_below_it_and_a_week_is_one_week(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    old = await expired(session, town.community)
    old.unserved_at = clock.now() - timedelta(days=7)
    new = await expired(session, town.community)
    await session.flush()
    street = await session.get_one(Organization, town.community.lineage[-2])
    officer = await make_staff(session, Role.SUBDISTRICT_ADMIN, street)
    path = f"/organizations/{street.id}/unmet-orders"
    assert listed(await desk.get(officer, path)) == [str(new.id), str(old.id)]
    day = clock.today()
    assert listed(await desk.get(officer, f"{path}?week={day}")) == [str(new.id)]
    week_before = day - timedelta(days=7)
    assert listed(await desk.get(officer, f"{path}?week={week_before}")) == [str(old.id)]


async def test_members_other_communities_and_no_place_of_the_territory_see_no_list(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    path = f"/organizations/{town.community.id}/unmet-orders"
    elsewhere = await make_staff(session, Role.COMMUNITY_CLERK, await make_community(session))
    for who in (town.member, elsewhere):
        assert (await desk.get(who, path))["status"] == 403
        assert (await desk.get(who, f"{path}/figures"))["status"] == 403
    employer = f"/organizations/{town.registration.employer_id}/unmet-orders"
    assert (await desk.get(town.clerk, employer))["status"] == 404


async def test_the_community_says_better_why_and_the_proposal_goes_with_it(
    session: AsyncSession, desk: Desk, town: Town, sign_in: Any
) -> None:
    order = await expired(session, town.community)
    clerk = sign_in(town.clerk)
    answer = await put(desk.client, clerk, order, reason_code="too_big")
    assert answer.json()["no_taker_proposal"] == "split"
    answer = await put(desk.client, clerk, order, reason_code="unclear", proposal_code="other_time")
    assert answer.json()["no_taker_proposal"] == "other_time"
    said = await session.scalars(
        select(OrderStep.reason)
        .where(OrderStep.order_id == order.id, OrderStep.action == "judge")
        .order_by(OrderStep.id)
    )
    assert said.all() == ["too_big,split", "unclear,other_time"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason_code": "laziness"}, "/reason_code"),
        ({"reason_code": "too_far", "proposal_code": "force"}, "/proposal_code"),
    ],
)
async def test_what_the_content_does_not_know_is_refused(
    session: AsyncSession,
    desk: Desk,
    town: Town,
    sign_in: Any,
    body: dict[str, str],
    pointer: str,
) -> None:
    order = await expired(session, town.community)
    answer = await put(desk.client, sign_in(town.clerk), order, **body)
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_nobody_else_says_why_and_nothing_is_said_of_an_open_order(
    session: AsyncSession, desk: Desk, town: Town, sign_in: Any
) -> None:
    order = await make_order(session, town.community)
    stranger: Person = await make_person(session)
    for who, status in ((stranger, 404), (town.member, 403), (town.clerk, 409)):
        answer = await put(desk.client, sign_in(who), order, reason_code="too_far")
        assert answer.status_code == status


async def test_the_secretary_is_told_on_monday_once_of_the_week_before(
    session: AsyncSession, sessions: Sessions, town: Town, move_clock: Move
) -> None:
    session.add(
        Policy(
            organization_id=town.community.id,
            key="orders.unmet_report_at",
            value={"value": "07:30"},
            effective_on=clock.today(),
            basis="社区决定",
            created_at=clock.now(),
        )
    )
    await session.flush()
    for _ in range(2):
        await expired(session, town.community)
    (row,) = (await session.scalars(select(UnmetWeek))).all()
    assert row.due_at is not None
    local = row.due_at.astimezone(clock.ZONE)
    assert (local.isoweekday(), local.time()) == (1, time(7, 30))
    assert local.date() == row.week + timedelta(days=7)
    assert not await deadlines.advance_next(sessions, unmet.DEADLINES)
    move_clock(timedelta(days=8))
    assert await deadlines.advance_next(sessions, unmet.DEADLINES)
    assert not await deadlines.advance_next(sessions, unmet.DEADLINES)
    told = await session.scalar(select(func.count()).where(OutboxEntry.name == UnmetWeekEnded.name))
    assert told == 1
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    event = UnmetWeekEnded(unmet_week_id=row.id, community_id=row.community_id)
    await messages.on_unmet_week_ended(session, 1, event)
    (line,) = (await session.scalars(select(Notification))).all()
    assert line.person_id == secretary.id
    assert line.text.startswith("上周有2项服务无人承接")


async def test_two_orders_that_expire_at_once_make_one_week(committed: FastAPI) -> None:
    sessions: Sessions = committed.state.sessions
    past = clock.now() - timedelta(minutes=1)
    async with sessions.begin() as session:
        community = await make_community(session)
        for _ in range(4):
            begins: datetime = past - timedelta(hours=1)
            await make_order(session, community, starts_at=begins, ends_at=past, due_at=past)
    turns = (deadlines.advance_next(sessions, clocks.DEADLINES) for _ in range(4))
    assert all(await asyncio.gather(*turns))
    async with sessions() as session:
        found = await session.scalars(select(Order.status))
        assert set(found) == {OrderStatus.EXPIRED}
        assert await session.scalar(select(func.count()).select_from(UnmetWeek)) == 1
