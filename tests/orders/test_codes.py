"""Attendance by the code at the venue."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.order import Order, OrderStatus, Seat, SeatStatus, SeatStep
from app.models.person import Person, Role
from tests.factories.members import make_registration
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_staff
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Move = Callable[[timedelta], None]
Counter = Callable[[], AbstractContextManager[list[str]]]


async def begun(session: AsyncSession, town: Town, **columns: Any) -> tuple[Order, Seat]:
    order = await make_order(session, town.community, starts_at=clock.now(), **columns)
    return order, await make_seat(session, order, town.registration)


async def shown(desk: Desk, town: Town, order: Order) -> str:
    found = await desk.get(town.helper, f"/orders/{order.id}/venue-code")
    return str(found["code"])


async def test_who_enters_the_code_was_there_and_another_confirms_the_minutes(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order, seat = await begun(session, town)
    path = f"/orders/{order.id}"
    with count_statements() as spent:
        code = await shown(desk, town, order)
    assert len(spent) <= 4
    with count_statements() as spent:
        came = await desk.post(town.member, f"{path}/arrival", code=code)
    assert len(spent) <= 12
    assert came.json() == {"id": str(seat.id), "order_id": str(order.id), "status": "attended"}
    assert (await desk.post(town.member, f"{path}/arrival", code=code)).status_code == 200
    steps = (await session.scalars(select(SeatStep).where(SeatStep.seat_id == seat.id))).all()
    assert [(one.action, one.actor_id, one.reason) for one in steps] == [
        ("attend", town.member.id, "venue_code")
    ]
    assert (await desk.get(town.clerk, path))["status"] == "in_progress"
    assert (await desk.post(town.member, f"{path}/complete")).status_code == 403
    done = await desk.post(town.clerk, f"{path}/complete")
    assert done.json()["status"] == "closed"
    again = await desk.post(town.member, f"{path}/arrival", code=code)
    assert again.json()["code"] == "bad_transition"


async def test_a_code_holds_for_its_step_and_the_next_and_then_no_more(
    desk: Desk, town: Town, session: AsyncSession, move_clock: Move
) -> None:
    into = timedelta(seconds=30 - clock.now().timestamp() % 30 + 2)  # two seconds into a step
    move_clock(into)
    order, _ = await begun(session, town)
    other = await make_seat(session, order, await make_registration(session, town.community))
    code = await shown(desk, town, order)
    path = f"/orders/{order.id}/arrival"
    move_clock(into + timedelta(seconds=60))
    old = await desk.post(town.member, path, code=code)
    assert (old.status_code, old.json()["code"]) == (409, "code_expired")
    assert await shown(desk, town, order) != code
    move_clock(into + timedelta(seconds=30))
    for person in (town.member, await session.get_one(Person, other.person_id)):
        assert (await desk.post(person, path, code=code)).status_code == 200


async def test_a_wrong_code_is_refused_and_after_ten_tries_nobody_guesses_on(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order, seat = await begun(session, town)
    code = await shown(desk, town, order)
    path = f"/orders/{order.id}/arrival"
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(10):
        refused = await desk.post(town.member, path, code=wrong)
        assert refused.json()["errors"][0]["pointer"] == "/code"
    late = await desk.post(town.member, path, code=code)
    assert (late.status_code, late.json()["code"]) == (429, "too_many_requests")
    assert seat.status is SeatStatus.TAKEN


async def test_a_code_is_of_one_order(desk: Desk, town: Town, session: AsyncSession) -> None:
    order, _ = await begun(session, town)
    elsewhere = await make_order(session, town.community)
    code = await shown(desk, town, elsewhere)
    refused = await desk.post(town.member, f"/orders/{order.id}/arrival", code=code)
    assert refused.status_code == 422


async def test_only_who_has_a_place_and_is_not_its_organiser_enters_it(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order, _ = await begun(session, town, seats=3)
    code = await shown(desk, town, order)
    await make_seat(session, order, await make_registration(session, town.community, town.helper))
    path = f"/orders/{order.id}/arrival"
    own = await desk.post(town.helper, path, code=code)
    assert (own.status_code, own.json()["code"]) == (409, "own_seat")
    waiting = await make_registration(session, town.community, town.clerk)
    await make_seat(session, order, waiting, status=SeatStatus.WAITING)
    assert (await desk.post(town.clerk, path, code=code)).status_code == 403
    from_afar = await desk.post(
        await make_staff(session, Role.COMMUNITY_CLERK, town.community), path, code=code
    )
    assert from_afar.status_code == 403


@pytest.mark.parametrize("status", [OrderStatus.DRAFT, OrderStatus.CLOSED])
async def test_there_is_no_code_of_what_does_not_take_place(
    desk: Desk, town: Town, session: AsyncSession, status: OrderStatus
) -> None:
    order = await make_order(session, town.community, status=status)
    path = f"/orders/{order.id}/venue-code"
    assert (await desk.get(town.clerk, path))["code"] == "bad_transition"


async def test_the_code_is_for_the_organiser_only_and_holds_from_the_begin_on(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community)
    await make_seat(session, order, town.registration)
    path = f"/orders/{order.id}"
    assert (await desk.get(town.member, f"{path}/venue-code"))["code"] == "forbidden"
    afar = await make_staff(session, Role.COMMUNITY_CLERK, await make_community(session))
    assert (await desk.get(afar, f"{path}/venue-code"))["code"] == "not_found"
    early = await desk.post(town.member, f"{path}/arrival", code=await shown(desk, town, order))
    assert early.json()["code"] == "not_begun"


async def test_one_alone_does_not_begin_by_code_what_two_must_do(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order, _ = await begun(session, town, seats=2, flags=["two_person"])
    path = f"/orders/{order.id}/arrival"
    code = await shown(desk, town, order)
    assert (await desk.post(town.member, path, code=code)).json()["code"] == "two_needed"
    await make_seat(session, order, await make_registration(session, town.community))
    assert (await desk.post(town.member, path, code=code)).status_code == 200


async def test_who_taps_while_the_organiser_enters_him_came_once(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
        order = await make_order(session, community, starts_at=clock.now())
        seat = await make_seat(session, order)
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:

        async def ask(method: str, person: Any, path: str, **body: Any) -> Any:
            head = {"Authorization": f"Bearer {committed.state.tokens.sign(person)}"}
            url = f"/api/v1/orders/{order.id}/{path}"
            return await client.request(method, url, headers=head, json=body or None)

        code = (await ask("GET", clerk.id, "venue-code")).json()["code"]
        taps = [ask("POST", seat.person_id, "arrival", code=code) for _ in range(4)]
        entry = ask("POST", clerk.id, "attendance", present=[str(seat.id)])
        answers = await asyncio.gather(*taps, entry)
    assert {answer.status_code for answer in answers[:4]} == {200}
    assert answers[4].status_code in (200, 409)
    async with committed.state.sessions() as session:
        steps = await session.scalars(select(SeatStep.action).where(SeatStep.seat_id == seat.id))
        assert steps.all() == ["attend"]
