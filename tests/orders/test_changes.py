"""What an order may become before it is served, and what each reader sees of it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import Acceptance, AcceptanceStatus
from app.models.order import Order, OrderStatus, OrderStep, SeatStatus
from app.models.outbox import OutboxEntry
from app.models.person import Role
from tests.factories.members import make_member, make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.orders.test_orders import accepted, at, draft, orders_of
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]


@pytest.mark.parametrize("field", ["title", "place", "starts_at", "ends_at", "seats"])
async def test_what_every_order_has_cannot_be_taken_away(
    desk: Desk, town: Town, session: AsyncSession, field: str
) -> None:
    order = await make_order(session, town.community, description="请带老花镜")
    refused = await desk.patch(town.clerk, f"/orders/{order.id}", version=1, **{field: None})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == f"/{field}"


async def test_a_description_can_be_taken_away(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community, description="请带老花镜")
    done = await desk.patch(town.clerk, f"/orders/{order.id}", version=1, description=None)
    assert done.status_code == 200
    await session.refresh(order)
    assert order.description is None


async def test_what_two_must_do_keeps_two_seats(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(
        session, town.community, category="haircut", flags=["two_person"], seats=3
    )
    path = f"/orders/{order.id}"
    refused = await desk.patch(town.clerk, path, version=1, seats=1)
    assert refused.json()["errors"][0] == {
        "pointer": "/seats",
        "code": "two_person",
        "message": "该类服务须两人同行，名额不少于2",
    }
    assert (await desk.patch(town.clerk, path, version=1, seats=2)).status_code == 200
    bare = await make_order(
        session, town.community, category="haircut", seats=3, status=OrderStatus.DRAFT
    )
    fewer = await desk.patch(town.clerk, f"/orders/{bare.id}", version=1, seats=1)
    assert fewer.status_code == 200  # looked at when it is published


async def test_whom_a_new_time_or_place_does_not_suit_leaves_without_a_trace(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community, starts_at=clock.now() + timedelta(hours=6))
    seat = await make_seat(session, order, town.registration)
    path = f"/orders/{order.id}"
    same = await desk.patch(town.clerk, path, version=order.version, title="教老人用手机")
    await session.refresh(order)
    assert order.release_until != order.starts_at
    moved = await desk.patch(
        town.clerk, path, version=same.json()["version"], place="二楼活动室", title="教老人用手机"
    )
    assert moved.status_code == 200
    await session.refresh(order)
    assert order.release_until == order.starts_at
    steps = await session.scalars(
        select(OrderStep.reason).where(OrderStep.action == "change").order_by(OrderStep.id)
    )
    assert list(steps) == ["title", "place"]
    fact = await session.scalar(
        select(OutboxEntry.payload).order_by(OutboxEntry.id.desc()).limit(1)
    )
    assert fact is not None
    assert fact["changed"] == ["place"]
    released = await desk.post(town.member, f"/seats/{seat.id}/release")
    assert released.status_code == 200, released.text
    await session.refresh(seat)
    assert not seat.is_late_release


@pytest.mark.parametrize(("days", "has_reminder"), [(3, True), (0, False)])
async def test_the_reminder_is_set_for_the_day_before(
    desk: Desk, town: Town, session: AsyncSession, days: int, has_reminder: bool
) -> None:
    body = draft(
        category="errand",
        publish=True,
        starts_at=at(days=days, hours=2),
        ends_at=at(days=days, hours=3),
    )
    made = await desk.post(town.clerk, orders_of(town), **body)
    order = await session.get_one(Order, made.json()["id"])
    wanted = order.starts_at - timedelta(days=1)
    assert order.remind_at == (wanted if has_reminder else None)


async def test_only_a_community_has_orders(desk: Desk, town: Town, session: AsyncSession) -> None:
    grid = await make_organization(session, "grid", town.community)
    body = draft(category="errand")
    made = await desk.post(town.clerk, f"/organizations/{grid.id}/orders", **body)
    assert made.status_code == 404


async def test_a_building_elsewhere_is_not_the_orders(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    own = await make_organization(session, "building", town.community)
    far = await make_organization(session, "building", await make_community(session))
    for building, kept in ((own, own.id), (far, None)):
        need = await accepted(session, town, building_id=building.id)
        made = await desk.post(town.clerk, orders_of(town), **draft(need_ids=[str(need.id)]))
        order = await session.get_one(Order, made.json()["id"])
        assert order.building_id == kept


async def test_names_in_seats_are_for_who_may_know_them(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    """Source: practice.md R12."""
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    hidden = await make_person(session, name="欧阳密")
    line = await make_member(session, None, hidden, is_protected=True)
    unnamed = await make_person(session, name=None)
    order = await make_order(session, town.community)
    await make_seat(session, order, town.registration)
    protected = await make_registration(session, town.community, hidden, member=line)
    await make_seat(session, order, protected)
    await make_seat(session, order, await make_registration(session, town.community, unnamed))
    for reader, names in (
        (secretary, ["张三", "欧阳密", None]),
        (town.clerk, ["张三", "党员", None]),
        (town.helper, ["张*", "党员", None]),
        (town.member, []),
    ):
        shown = await desk.get(reader, f"/orders/{order.id}")
        assert [seat["name"] for seat in shown["seats_held"]] == names


async def test_takers_and_the_community_see_whether_it_helped(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    """Source: practice.md R10."""
    needs = [await make_need(session, town.community) for _ in range(2)]
    order = await make_order(
        session, town.community, needs=tuple(needs), status=OrderStatus.PENDING_ACCEPTANCE
    )
    await make_seat(session, order, town.registration, status=SeatStatus.CONFIRMED)
    partly: dict[str, Any] = {
        "status": AcceptanceStatus.PARTLY,
        "round": 1,
        "reason_code": "problem_returned",
    }
    for need, columns in zip(needs, (partly, {"round": 0}), strict=True):
        session.add(Acceptance(need_id=need.id, order_id=order.id, **columns))
        await session.flush()
    path = f"/orders/{order.id}"
    answers = (await desk.get(town.member, path))["answers"]
    assert answers == [
        {
            "round": 1,
            "answer": "partly",
            "reason_code": "problem_returned",
            "reason": "问题又出现",
        },
        {"round": 0, "answer": "asked", "reason_code": None, "reason": None},
    ]
    assert (await desk.get(town.clerk, path))["answers"] == answers
    assert (await desk.get(town.member, "/me/seats"))["items"][0]["answers"] == answers
    neighbour = await make_registration(session, town.community)
    person = await make_person(session)
    neighbour.person_id = person.id
    await session.flush()
    for other in (person, town.helper):
        assert (await desk.get(other, path))["answers"] == []
