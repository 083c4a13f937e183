"""How an order ends: cancelled, nothing of it lives on; complete, only when it was really served."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.commitments import service as commitments
from app.core import clock
from app.models.need import Need, NeedStatus, Route
from app.models.order import (
    FREED,
    UNPROMISED,
    Commitment,
    Order,
    OrderStatus,
    OrderStep,
    Seat,
    SeatStatus,
    SeatStep,
    WeekCount,
)
from app.models.person import Role
from app.models.record import ServiceRecord
from app.orders import clocks, service
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.people import make_person, make_staff
from tests.orders.test_orders import accepted, draft, orders_of, served
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

S = SeatStatus
HELD = [
    status for status in S if status is not S.CONFIRMED
]  # what an order may have at its cancelling


def ids(*seats: Seat) -> list[str]:
    return [str(seat.id) for seat in seats]


async def in_hand(session: AsyncSession, town: Town, *asking: Any) -> Need:
    return await make_need(
        session, town.community, *asking, status=NeedStatus.IN_HAND, route=Route.ORDER
    )


async def week_counts(session: AsyncSession, seats: Sequence[Seat], order: Order) -> dict[Any, int]:
    rows = await session.execute(
        select(WeekCount.person_id, WeekCount.taken).where(
            WeekCount.person_id.in_([seat.person_id for seat in seats]),
            WeekCount.week == commitments.week_of(order.starts_at),
        )
    )
    return {person: taken for person, taken in rows}


@pytest.mark.parametrize("status", [OrderStatus.OPEN, OrderStatus.IN_PROGRESS])
async def test_a_cancelled_order_leaves_nothing_living(
    desk: Desk, town: Town, session: AsyncSession, status: OrderStatus
) -> None:
    order = await make_order(session, town.community, status=status)
    seats = [await make_seat(session, order, status=held) for held in HELD]
    week = commitments.week_of(order.starts_at)
    session.add_all(WeekCount(person_id=seat.person_id, week=week, taken=1) for seat in seats)
    await session.flush()
    before = {seat.id: seat.status for seat in seats}
    done = await desk.post(town.clerk, f"/orders/{order.id}/cancel", reason_code="weather")
    assert done.json()["status"] == "cancelled"
    for seat in seats:
        await session.refresh(seat)
        freed = before[seat.id] in FREED
        assert seat.status is (before[seat.id] if freed else S.CANCELLED)
        assert not seat.is_late_release
    await session.refresh(order)
    assert (order.taken, order.due_at, order.remind_at) == (0, None, None)
    assert (await session.scalars(select(Commitment))).all() == []
    counts = await week_counts(session, seats, order)
    unpromised = (*FREED, *UNPROMISED)
    assert counts == {seat.person_id: int(before[seat.id] in unpromised) for seat in seats}
    steps = await session.scalars(select(SeatStep.reason).where(SeatStep.action == "cancel"))
    assert list(steps) == ["weather"] * len([one for one in HELD if one not in FREED])


async def test_a_cancelled_seat_opens_no_door_and_costs_nobody_anything(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(
        session, town.community, starts_at=clock.now() + timedelta(hours=5), door="3幢201室"
    )
    week = commitments.week_of(order.starts_at)
    seat = await make_seat(session, order, town.registration)
    session.add(WeekCount(person_id=town.member.id, week=week, taken=3))
    await session.flush()
    code = (await desk.get(town.member, f"/seats/{seat.id}/pass"))["code"]
    await desk.post(town.clerk, f"/orders/{order.id}/cancel", reason_code="weather")
    assert (await desk.get(town.member, f"/orders/{order.id}/contact"))["code"] == "forbidden"
    assert (await desk.get(town.member, f"/seats/{seat.id}/pass"))["code"] == "not_found"
    assert (await desk.client.get(f"/api/v1/passes/{code}")).status_code == 404
    for body in ({}, {"reason_code": "illness"}):
        again = await desk.post(town.member, f"/seats/{seat.id}/release", **body)
        assert again.json()["code"] == "bad_transition"
    absent = [{"seat_id": str(seat.id)}]
    blamed = await desk.post(town.clerk, f"/orders/{order.id}/attendance", absent=absent)
    assert blamed.json()["code"] == "bad_transition"
    assert await week_counts(session, [seat], order) == {town.member.id: 2}
    assert (await desk.get(town.member, "/me/seats"))["items"][0]["open_to"] == []
    assert (await desk.get(town.member, f"/orders/{order.id}"))["my_seat_id"] is None


async def test_cancelled_orders_leave_room_for_new_ones(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for day in (3, 10):
        order = await make_order(
            session, town.community, live_limit=1, starts_at=clock.now() + timedelta(days=day)
        )
        taken = await desk.post(town.member, f"/orders/{order.id}/seats")
        assert taken.status_code == 201, taken.text
        await desk.post(town.clerk, f"/orders/{order.id}/cancel", reason_code="venue")


@pytest.mark.parametrize("status", [OrderStatus.CANCELLED, OrderStatus.EXPIRED])
async def test_what_was_not_served_shows_no_contact_whatever_its_seats_say(
    desk: Desk, town: Town, session: AsyncSession, status: OrderStatus
) -> None:
    order = await make_order(
        session, town.community, status=status, starts_at=clock.now() + timedelta(hours=5)
    )
    seat = await make_seat(session, order, town.registration)
    assert (await desk.get(town.member, f"/orders/{order.id}/contact"))["code"] == "contact_closed"
    assert (await desk.get(town.member, f"/seats/{seat.id}/pass"))["code"] == "contact_closed"
    released = await desk.post(town.member, f"/seats/{seat.id}/release")
    assert released.json()["code"] == "bad_transition"


async def test_another_reason_wants_words_and_they_are_kept(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community)
    path = f"/orders/{order.id}/cancel"
    refused = await desk.post(town.clerk, path, reason_code="other")
    assert refused.json()["errors"][0]["pointer"] == "/reason_text"
    done = await desk.post(town.clerk, path, reason_code="other", reason_text="停电")
    assert done.status_code == 200
    reason = await session.scalar(select(OrderStep.reason).where(OrderStep.action == "cancel"))
    assert reason == "停电"


async def test_a_draft_that_is_cancelled_takes_no_need_from_another_order(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await accepted(session, town)
    first, second = [
        (await desk.post(town.clerk, orders_of(town), **draft(need_ids=[str(need.id)]))).json()
        for _ in range(2)
    ]
    await desk.post(town.clerk, f"/orders/{first['id']}/publish")
    await desk.post(town.clerk, f"/orders/{second['id']}/cancel", reason_code="weather")
    await session.refresh(need)
    assert need.status is NeedStatus.IN_HAND


async def test_minutes_are_confirmed_after_the_begin_and_with_everybody_accounted_for(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    early = await make_order(session, town.community)
    seat = await make_seat(session, early, town.registration)
    path = f"/orders/{early.id}/complete"
    assert (await desk.post(town.clerk, path)).json()["code"] == "not_begun"
    need = await in_hand(session, town)
    order, seat = await served(session, town, need)
    away, excused = await make_seat(session, order), await make_seat(session, order)
    path = f"/orders/{order.id}/complete"
    unsaid = await desk.post(town.clerk, path, present=ids(seat))
    assert (unsaid.status_code, unsaid.json()["code"]) == (409, "attendance_missing")
    absent = [
        {"seat_id": str(away.id)},
        {"seat_id": str(excused.id), "reason_code": "illness"},
    ]
    done = await desk.post(town.clerk, path, present=ids(seat), absent=absent)
    assert done.json()["status"] == "pending_acceptance"
    for one, status in ((seat, S.CONFIRMED), (away, S.NO_SHOW), (excused, S.EXCUSED)):
        await session.refresh(one)
        assert one.status is status
    again = await desk.post(town.clerk, f"/orders/{order.id}/attendance", absent=absent[:1])
    assert again.json()["code"] == "bad_transition"


async def test_a_completion_costs_the_same_for_any_number_of_people(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    costs = []
    for people in (1, 3):
        needs = (await in_hand(session, town),)
        begun = clock.now() - timedelta(hours=2)
        order = await make_order(session, town.community, needs=needs, starts_at=begun)
        came, missed, excused = [], [], []
        for _ in range(people):  # in turn, so that no two of a kind stand together
            missed.append(await make_seat(session, order))
            came.append(await make_seat(session, order))
            excused.append(await make_seat(session, order))
        absent = [{"seat_id": str(one.id)} for one in missed] + [
            {"seat_id": str(one.id), "reason_code": "illness"} for one in excused
        ]
        with count_statements() as statements:
            done = await desk.post(
                town.clerk, f"/orders/{order.id}/complete", present=ids(*came), absent=absent
            )
        assert done.json()["status"] == "pending_acceptance"
        costs.append(len(statements))
    assert costs[0] == costs[1]


async def test_where_nobody_came_the_need_is_not_done(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await in_hand(session, town)
    order, seat = await served(session, town, need)
    body = {"absent": [{"seat_id": str(seat.id)}]}
    done = await desk.post(town.clerk, f"/orders/{order.id}/complete", **body)
    assert done.json()["status"] == "expired"
    await session.refresh(need)
    await session.refresh(seat)
    assert (need.status, seat.status) == (NeedStatus.ACCEPTED, S.NO_SHOW)
    assert (await session.scalars(select(ServiceRecord))).all() == []


async def test_from_the_begin_on_nobody_leaves(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    _, seat = await served(session, town)
    path = f"/seats/{seat.id}/release"
    late = await desk.post(town.member, path, reason_code="illness")
    assert (late.status_code, late.json()["code"]) == (409, "begun")
    mine = (await desk.get(town.member, "/me/seats"))["items"][0]
    assert (mine["status"], mine["open_to"]) == ("taken", [])


async def test_who_asked_for_it_neither_takes_nor_confirms_it(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await in_hand(session, town, town.member)
    order = await make_order(session, town.community, needs=(need,))
    taken = await desk.post(town.member, f"/orders/{order.id}/seats")
    assert (taken.status_code, taken.json()["code"]) == (409, "own_need")
    own = await in_hand(session, town, town.clerk)
    order, seat = await served(session, town, own)
    path = f"/orders/{order.id}/complete"
    confirmed = await desk.post(town.clerk, path, present=ids(seat))
    assert (confirmed.status_code, confirmed.json()["code"]) == (409, "own_need")
    other = await make_staff(session, Role.COMMUNITY_CLERK, town.community)
    assert (await desk.post(other, path, present=ids(seat))).status_code == 200


async def test_nobody_who_had_a_hand_in_it_answers_for_the_resident(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    """Source: practice.md R19."""
    secretary, bystander = [
        await make_staff(session, role, town.community)
        for role in (Role.COMMUNITY_SECRETARY, Role.COMMUNITY_CLERK)
    ]
    need = await accepted(session, town)
    made = await desk.post(
        town.clerk, orders_of(town), **draft(need_ids=[str(need.id)], publish=True)
    )
    order_id = made.json()["id"]
    left = await make_registration(session, town.community)
    order = await session.get_one(Order, order_id)
    await make_seat(session, order, left, status=S.RELEASED)
    seat = await make_seat(session, order, town.registration)
    begin = clock.now() - timedelta(hours=1)
    await session.execute(update(Order).values(starts_at=begin, ends_at=clock.now()))
    session.expunge(order)
    await desk.post(town.helper, f"/orders/{order_id}/attendance", present=ids(seat))
    done = await desk.post(secretary, f"/orders/{order_id}/complete")
    assert done.json()["status"] == "pending_acceptance"
    answer = {"answer": "solved", "way": "call_back"}
    path = f"/needs/{need.id}/acceptance-on-behalf"
    for organiser in (town.clerk, town.helper, secretary):
        refused = await desk.post(organiser, path, **answer)
        assert refused.json()["code"] == "own_work", refused.text
    assert (await desk.post(bystander, path, **answer)).status_code == 200


async def test_a_day_has_so_many_minutes_for_one_person_whatever_the_orders(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order, seat = await served(session, town)
    day = clock.local_day(order.starts_at)
    await make_record(session, town.registration, minutes=560, served_on=day)
    await make_record(session, town.registration, minutes=600, served_on=day - timedelta(days=1))
    path = f"/orders/{order.id}/complete"
    refused = await desk.post(town.clerk, path, present=ids(seat))
    assert refused.json()["errors"][0]["pointer"] == "/minutes"
    assert (await desk.post(town.clerk, path, present=ids(seat), minutes=40)).status_code == 200


async def test_a_reminder_is_noted_the_day_before_for_what_still_takes_place(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for order, told in (
        (await make_order(session, town.community), 1),
        (await make_order(session, town.community, status=OrderStatus.CANCELLED), 0),
        (await make_order(session, town.community, starts_at=clock.now()), 0),
    ):
        await clocks.remind(session, order)
        await session.flush()
        steps = await session.scalars(
            select(OrderStep).where(OrderStep.order_id == order.id, OrderStep.action == "remind")
        )
        assert len(steps.all()) == told


async def test_who_asked_in_nobodys_name_is_nobody(town: Town, session: AsyncSession) -> None:
    need = await make_need(session, town.community)
    need.requester_id = None
    order = await make_order(session, town.community, needs=(need,))
    await session.flush()
    assert await service.asked_by(session, order.id) == set()
    assert await service.involved(session, order) == set()
    person = await make_person(session)
    order.created_by_id = person.id
    await session.flush()
    assert await service.involved(session, order) == {person.id}
