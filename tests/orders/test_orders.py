"""An order from the draft to the confirmed minutes, and what becomes of the needs behind it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.commitments import service as commitments
from app.core import clock
from app.core.ids import new_id
from app.models.house import AccessLog
from app.models.need import Need, NeedStatus, Route
from app.models.order import Commitment, Order, OrderStatus, Seat, SeatStatus, WeekCount
from app.models.outbox import OutboxEntry
from app.models.record import ServiceRecord
from app.needs import acceptance
from app.needs.events import AcceptanceMoved
from app.needs.schemas import Answer, NeedAnswerIn
from app.orders import clocks, service
from app.permissions import Actor
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_person
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Counter = Callable[[], AbstractContextManager[list[str]]]


def at(**delta: int) -> str:
    return (clock.now() + timedelta(**delta)).isoformat()


def draft(**fields: Any) -> dict[str, Any]:
    return {
        "title": "教用手机",
        "starts_at": at(days=3),
        "ends_at": at(days=3, hours=1),
        "seats": 2,
    } | fields


async def accepted(session: AsyncSession, town: Town, **columns: Any) -> Need:
    return await make_need(
        session,
        town.community,
        **{"status": NeedStatus.ACCEPTED, "route": Route.ORDER, "category": "phone_teaching"}
        | columns,
    )


def orders_of(town: Town) -> str:
    return f"/organizations/{town.community.id}/orders"


async def test_four_fields_make_a_published_order_from_a_need(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await accepted(session, town, category="visit_company")
    made = await desk.post(
        town.clerk, orders_of(town), **draft(need_ids=[str(need.id)], publish=True)
    )
    assert (made.status_code, made.json()["status"]) == (201, "open")
    order = await session.get_one(Order, made.json()["id"])
    assert (order.category, order.is_at_home, order.door) == ("visit_company", True, "3幢201室")
    assert order.contact_phone == need.contact_phone
    assert order.description is None
    assert order.release_until == order.starts_at - timedelta(hours=12)
    assert order.contact_from == order.starts_at - timedelta(hours=24)
    assert (order.week_limit, order.live_limit, order.due_at) == (3, 5, order.ends_at)
    again = await session.get_one(Need, need.id, populate_existing=True)
    assert again.status is NeedStatus.IN_HAND


async def test_a_draft_is_published_in_a_second_step(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await accepted(session, town)
    made = (await desk.post(town.clerk, orders_of(town), **draft(need_ids=[str(need.id)]))).json()
    assert made["status"] == "draft"
    assert (await desk.get(town.member, f"/orders/{made['id']}"))["code"] == "not_found"
    moved = await desk.post(town.clerk, f"/orders/{made['id']}/publish")
    assert moved.json()["status"] == "open"
    bare = (await desk.post(town.clerk, orders_of(town), **draft(category="errand"))).json()
    moved = await desk.post(town.clerk, f"/orders/{bare['id']}/publish")
    assert moved.json()["status"] == "open"
    titled = await desk.patch(
        town.clerk, f"/orders/{bare['id']}", version=moved.json()["version"], title="代取药品"
    )
    assert titled.status_code == 200
    again = await desk.post(town.clerk, f"/orders/{made['id']}/publish")
    assert again.status_code == 422 or again.json()["code"] == "bad_transition"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"starts_at": "2020-01-01T00:00:00Z"}, "/starts_at"),
        ({"starts_at": "2030-01-01T00:00:00"}, "/starts_at"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "/ends_at"),
        ({"ends_at": "2099-01-01T00:00:00Z"}, "/ends_at"),
        ({"seats": 0}, "/seats"),
        ({"seats": False}, "/seats"),
        ({"category": None}, "/category"),
        ({"category": "rockets"}, "/category"),
        ({"need_ids": ["0192f000-0000-7000-8000-000000000000"]}, "/need_ids"),
        ({"title": "x" * 31}, "/title"),
        ({"category": "haircut", "seats": 1, "publish": True}, "/seats"),
    ],
)
async def test_a_wrong_draft_names_its_field_and_leaves_nothing(
    desk: Desk, town: Town, session: AsyncSession, fields: dict[str, Any], pointer: str
) -> None:
    body = draft(category="phone_teaching") | fields
    refused = await desk.post(town.clerk, orders_of(town), **body)
    assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await session.scalars(select(Order))).all() == []


async def test_only_the_communitys_staff_drafts(desk: Desk, town: Town) -> None:
    body = draft(category="phone_teaching")
    assert (await desk.post(town.member, orders_of(town), **body)).status_code == 403
    nowhere = f"/organizations/{new_id()}/orders"
    assert (await desk.post(town.clerk, nowhere, **body)).status_code == 404


async def test_a_change_wants_the_version_and_moves_promises(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community, seats=3)
    seat = await make_seat(session, order, town.registration)
    path = f"/orders/{order.id}"
    fresh = await session.get_one(Order, order.id, populate_existing=True)
    stale = await desk.patch(town.clerk, path, version=fresh.version + 7, title="x")
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    few = await desk.patch(town.clerk, path, version=fresh.version, seats=1)
    assert few.status_code == 200
    session.add(
        WeekCount(
            person_id=town.member.id,
            week=commitments.week_of(order.starts_at),
            taken=1,
        )
    )
    await session.flush()
    moved = await desk.patch(
        town.clerk,
        path,
        version=few.json()["version"],
        starts_at=at(days=20),
        ends_at=at(days=20, hours=2),
        title="改期",
    )
    assert moved.status_code == 200, moved.text
    promise = (await session.scalars(select(Commitment))).one()
    await session.refresh(promise)
    assert (promise.source_id, promise.during.lower) != (seat.id, order.ends_at)
    weeks = await session.execute(select(WeekCount.taken).order_by(WeekCount.week))
    assert [row.taken for row in weeks] == [0, 1]
    same_week = await desk.patch(
        town.clerk, path, version=moved.json()["version"], ends_at=at(days=20, hours=3)
    )
    assert same_week.status_code == 200


async def test_a_change_within_bounds_only(desk: Desk, town: Town, session: AsyncSession) -> None:
    order = await make_order(session, town.community, seats=3)
    for _ in range(2):
        await make_seat(session, order)
    fresh = await session.get_one(Order, order.id, populate_existing=True)
    refused = await desk.patch(town.clerk, f"/orders/{order.id}", version=fresh.version, seats=1)
    assert refused.json()["errors"][0]["pointer"] == "/seats"
    early = await desk.patch(
        town.clerk, f"/orders/{order.id}", version=fresh.version, starts_at=at(days=-1)
    )
    assert early.json()["errors"][0]["pointer"] == "/starts_at"
    closed = await make_order(session, town.community, status=OrderStatus.CLOSED)
    late = await desk.patch(town.clerk, f"/orders/{closed.id}", version=1, title="x")
    assert late.json()["code"] == "bad_transition"
    bare = await make_order(session, town.community, status=OrderStatus.DRAFT)
    times = {"starts_at": at(days=1), "ends_at": at(days=1, hours=5)}
    moved = await desk.patch(town.clerk, f"/orders/{bare.id}", version=1, **times)
    assert moved.status_code == 200
    untaken = await make_order(session, town.community)
    moved = await desk.patch(town.clerk, f"/orders/{untaken.id}", version=1, **times)
    assert moved.status_code == 200


async def test_cancelling_frees_everybody_and_returns_the_needs(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, status=NeedStatus.IN_HAND, route=Route.ORDER)
    order = await make_order(session, town.community, needs=(need,))
    await make_seat(session, order, town.registration)
    path = f"/orders/{order.id}/cancel"
    refused = await desk.post(town.clerk, path, reason_code="mood")
    assert refused.json()["errors"][0]["pointer"] == "/reason_code"
    done = await desk.post(town.clerk, path, reason_code="weather")
    assert done.json()["status"] == "cancelled"
    assert (await session.scalars(select(Commitment))).all() == []
    await session.refresh(need)
    assert need.status is NeedStatus.ACCEPTED
    empty = await make_order(session, town.community)
    assert (
        await desk.post(town.clerk, f"/orders/{empty.id}/cancel", reason_code="weather")
    ).status_code == 200


async def test_an_order_that_nobody_took_expires_and_one_that_was_taken_does_not(
    town: Town, session: AsyncSession
) -> None:
    need = await make_need(session, town.community, status=NeedStatus.IN_HAND, route=Route.ORDER)
    order = await make_order(
        session, town.community, needs=(need,), starts_at=clock.now() - timedelta(hours=2)
    )
    await clocks.expire(session, order)
    assert (order.status, need.status) == (OrderStatus.EXPIRED, NeedStatus.ACCEPTED)
    taken = await make_order(session, town.community, starts_at=clock.now() - timedelta(hours=2))
    await make_seat(session, taken, town.registration)
    await clocks.expire(session, taken)
    assert taken.status is OrderStatus.OPEN


async def served(session: AsyncSession, town: Town, *needs: Need) -> tuple[Order, Seat]:
    order = await make_order(
        session,
        town.community,
        needs=needs,
        starts_at=clock.now() - timedelta(hours=1),
        ends_at=clock.now() + timedelta(minutes=30),
        seats=4,
    )
    return order, await make_seat(session, order, town.registration)


async def test_attendance_minutes_records_and_the_residents_answer(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    resident = await make_person(session)
    need = await make_need(
        session, town.community, resident, status=NeedStatus.IN_HAND, route=Route.ORDER
    )
    order, seat = await served(session, town, need)
    other = await make_seat(session, order)
    absent, excused = await make_seat(session, order), await make_seat(session, order)
    here = await desk.post(
        town.helper,
        f"/orders/{order.id}/attendance",
        present=[str(seat.id), str(other.id)],
        absent=[
            {"seat_id": str(absent.id)},
            {"seat_id": str(excused.id), "reason_code": "illness"},
        ],
    )
    assert here.json()["status"] == "in_progress", here.text
    refused = await desk.post(town.helper, f"/orders/{order.id}/complete")
    assert refused.status_code == 403
    done = await desk.post(
        town.clerk,
        f"/orders/{order.id}/complete",
        exceptions=[{"seat_id": str(other.id), "minutes": 45}],
    )
    assert done.json()["status"] == "pending_acceptance"
    records = await session.scalars(select(ServiceRecord).order_by(ServiceRecord.minutes))
    assert [record.minutes for record in records] == [45, 90]
    states = await session.scalars(
        select(Seat.status).where(Seat.order_id == order.id).order_by(Seat.id)
    )
    assert list(states) == [
        SeatStatus.CONFIRMED,
        SeatStatus.CONFIRMED,
        SeatStatus.NO_SHOW,
        SeatStatus.EXCUSED,
    ]
    await session.refresh(need)
    await acceptance.answer(
        session, Actor(resident.id), need.id, NeedAnswerIn(answer=Answer.SOLVED)
    )
    fact = await session.scalar(
        select(OutboxEntry.payload)
        .where(OutboxEntry.name == "acceptance.moved")
        .order_by(OutboxEntry.id.desc())
        .limit(1)
    )
    event = AcceptanceMoved.model_validate(fact)
    session.expunge(order)
    for _ in range(2):
        await service.on_acceptance_moved(session, 1, event)
    closed = await session.get_one(Order, order.id)
    assert closed.status is OrderStatus.CLOSED


async def test_an_order_waits_for_its_last_answer(town: Town, session: AsyncSession) -> None:
    needs = [
        await make_need(session, town.community, status=NeedStatus.IN_HAND, route=Route.ORDER)
        for _ in range(2)
    ]
    order, _ = await served(session, town, *needs)
    for need in needs:
        await acceptance.finish(session, Actor.system(), [need], order.id, [])
    event = AcceptanceMoved(
        acceptance_id=new_id(), need_id=needs[0].id, order_id=order.id, action="x", status="x"
    )
    await service.on_acceptance_moved(session, 1, event)
    assert order.status is OrderStatus.OPEN
    await service.on_acceptance_moved(session, 1, event.model_copy(update={"order_id": None}))


async def test_an_order_without_needs_is_closed_when_it_is_complete(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order, seat = await served(session, town)
    await desk.post(town.helper, f"/orders/{order.id}/attendance", present=[str(seat.id)])
    again = await desk.post(
        town.helper, f"/orders/{order.id}/attendance", absent=[{"seat_id": str(seat.id)}]
    )
    assert again.json()["code"] == "bad_transition"
    await session.refresh(order)
    late = await make_seat(session, order)
    more = await desk.post(
        town.helper, f"/orders/{order.id}/attendance", absent=[{"seat_id": str(late.id)}]
    )
    assert more.json()["status"] == "in_progress"
    done = await desk.post(town.clerk, f"/orders/{order.id}/complete", minutes=30)
    assert done.json()["status"] == "closed"


async def test_attendance_and_minutes_refuse_what_is_not_theirs(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order, seat = await served(session, town)
    path = f"/orders/{order.id}"
    later = await make_order(session, town.community)
    early = await desk.post(town.clerk, f"/orders/{later.id}/attendance")
    assert early.json()["code"] == "not_begun"
    cases: list[tuple[dict[str, Any], str]] = [
        ({"present": [str(new_id())]}, "/present/0"),
        ({"absent": [{"seat_id": str(new_id())}]}, "/absent/0/seat_id"),
        (
            {"absent": [{"seat_id": str(seat.id), "reason_code": "moon"}]},
            "/absent/0/reason_code",
        ),
    ]
    for body, pointer in cases:
        refused = await desk.post(town.clerk, f"{path}/attendance", **body)
        assert refused.json()["errors"][0]["pointer"] == pointer
    await desk.post(town.clerk, f"{path}/attendance", present=[str(seat.id)])
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"exceptions": [{"seat_id": str(new_id()), "minutes": 5}]}, "/exceptions"),
        ({"minutes": 700}, "/minutes"),
    ]
    for body, pointer in wrong:
        refused = await desk.post(town.clerk, f"{path}/complete", **body)
        assert refused.json()["errors"][0]["pointer"] == pointer


async def test_nobody_confirms_his_own_minutes(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    registration = await make_registration(session, town.community, town.clerk)
    order, other = await served(session, town)
    own = await make_seat(session, order, registration)
    path = f"/orders/{order.id}"
    for name in ("attendance", "complete"):
        himself = await desk.post(town.clerk, f"{path}/{name}", present=[str(own.id)])
        assert himself.json()["code"] == "own_seat"
    excused = [{"seat_id": str(own.id), "reason_code": "illness"}]
    himself = await desk.post(town.clerk, f"{path}/attendance", absent=excused)
    assert himself.json()["code"] == "own_seat"
    praise = await desk.post(town.clerk, f"/seats/{own.id}/mark", mark="commend")
    assert praise.json()["code"] == "own_seat"
    both = [str(own.id), str(other.id)]
    assert (await desk.post(town.helper, f"{path}/attendance", present=both)).status_code == 200
    refused = await desk.post(town.clerk, f"{path}/complete")
    assert refused.json()["code"] == "own_minutes"


async def test_a_mark_is_for_something_special(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    _, seat = await served(session, town)
    path = f"/seats/{seat.id}/mark"
    for body, pointer in (({"mark": "great"}, "/mark"), ({"mark": "concern"}, "/note")):
        refused = await desk.post(town.clerk, path, **body)
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert (await desk.post(town.member, path, mark="commend")).status_code == 403
    assert (await desk.post(town.clerk, path, mark="commend")).status_code == 200
    await session.refresh(seat)
    assert seat.mark == "commend"


async def test_lists_of_orders_by_reader(
    desk: Desk, town: Town, session: AsyncSession, client: AsyncClient
) -> None:
    made = [
        await make_order(session, town.community, starts_at=clock.now() + timedelta(days=day))
        for day in (3, 1, 2)
    ]
    await make_order(session, town.community, status=OrderStatus.DRAFT)
    await make_seat(session, made[0], town.registration)
    wanted = [str(made[place].id) for place in (1, 2, 0)]
    path = f"{orders_of(town)}/open?limit=2"
    first = await desk.get(town.member, path)
    rest = await desk.get(town.member, f"{path}&cursor={first['next_cursor']}")
    items = first["items"] + rest["items"]
    assert [item["id"] for item in items] == wanted
    assert [(item["is_mine"], item["is_full"]) for item in items] == [
        (False, False),
        (False, False),
        (True, True),
    ]
    staff = await desk.get(town.clerk, f"{orders_of(town)}?status=draft")
    assert [item["status"] for item in staff["items"]] == ["draft"]
    assert len((await desk.get(town.clerk, f"{orders_of(town)}/open"))["items"]) == 3
    board = (await client.get(f"/api/v1/board/{town.community.id}")).json()
    assert [item["id"] for item in board["items"]] == wanted
    assert set(board["items"][0]) == {
        "id",
        "title",
        "category",
        "place",
        "starts_at",
        "ends_at",
        "seats",
        "taken",
    }
    stranger = await make_person(session)
    assert (await desk.get(stranger, f"{orders_of(town)}/open"))["code"] == "forbidden"
    nowhere = f"/organizations/{new_id()}/orders/open"
    assert (await desk.get(stranger, nowhere))["code"] == "not_found"


async def test_one_order_shows_who_holds_seats_to_the_organiser_only(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    order = await make_order(session, town.community)
    seat = await make_seat(session, order, town.registration)
    mine = await desk.get(town.member, f"/orders/{order.id}")
    staff = await desk.get(town.clerk, f"/orders/{order.id}")
    assert (mine["seats_held"], mine["open_to"], mine["my_seat_id"]) == ([], [], str(seat.id))
    assert [held["name"] for held in staff["seats_held"]] == ["张三"]
    assert set(staff["open_to"]) == {"start", "complete", "cancel"}
    stranger = await make_person(session)
    assert (await desk.get(stranger, f"/orders/{order.id}"))["code"] == "not_found"


async def test_my_seats_come_with_their_orders_and_steps(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    for day in (1, 2, 3):
        order = await make_order(
            session, town.community, starts_at=clock.now() + timedelta(days=day)
        )
        await make_seat(session, order, town.registration)
    first = await desk.get(town.member, "/me/seats?limit=2")
    rest = await desk.get(town.member, f"/me/seats?limit=2&cursor={first['next_cursor']}")
    items = first["items"] + rest["items"]
    assert len(items) == 3
    assert items[0]["open_to"] == ["release"]


@pytest.mark.parametrize("limit", [1, 50])
async def test_reading_orders_costs_few_statements(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    count_statements: Counter,
    limit: int,
) -> None:
    for _ in range(4):
        order = await make_order(session, town.community)
    for who, path, cost in (
        (town.member, f"{orders_of(town)}/open?limit={limit}", 2),
        (town.clerk, f"{orders_of(town)}?limit={limit}", 3),
        (town.clerk, f"/orders/{order.id}", 3),
        (town.member, f"/me/seats?limit={limit}", 2),
    ):
        with count_statements() as seen:
            await desk.get(who, path)
        assert len(seen) == cost, path


async def test_door_and_phone_are_for_the_taker_in_time_logged_and_shown_to_the_resident(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    resident = await make_person(session)
    need = await make_need(session, town.community, resident)
    columns: dict[str, Any] = {
        "door": "3幢201室",
        "contact_name": "李梅",
        "contact_phone": "13800000000",
    }
    order = await make_order(
        session,
        town.community,
        needs=(need,),
        starts_at=clock.now() + timedelta(hours=5),
        **columns,
    )
    path = f"/orders/{order.id}/contact"
    assert (await desk.get(town.member, path))["code"] == "forbidden"
    await make_seat(session, order, town.registration)
    shown = await desk.get(town.member, path)
    assert (shown["door"], shown["phone"]) == ("3幢201室", "13800000000")
    (look,) = (await desk.get(resident, f"/needs/{need.id}/looks"))["items"]
    assert look["by_role"] == "seat_holder"
    assert len((await session.scalars(select(AccessLog))).all()) == 2
    order.contact_until = clock.now() - timedelta(minutes=1)
    await session.flush()
    assert (await desk.get(town.member, path))["code"] == "contact_closed"
    order.contact_from = None
    await session.flush()
    assert (await desk.get(town.member, path))["code"] == "contact_closed"


async def test_a_pass_says_genuine_surname_and_service_for_half_a_minute(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    client: AsyncClient,
    move_clock: Callable[[timedelta], None],
) -> None:
    order = await make_order(session, town.community, starts_at=clock.now() + timedelta(hours=5))
    seat = await make_seat(session, order, town.registration)
    path = f"/seats/{seat.id}/pass"
    code = (await desk.get(town.member, path))["code"]
    shown = (await client.get(f"/api/v1/passes/{code}")).json()
    assert shown == {"is_genuine": True, "who": "张同志（在职党员）", "title": "教用手机"}
    forged = ("0" if code[-1] != "0" else "1").join((code[:-1], ""))
    for bad in (forged, "g" * 42, "x", new_id().hex + code[32:]):
        assert (await client.get(f"/api/v1/passes/{bad}")).status_code in (404, 422)
    assert (await desk.get(town.clerk, path))["code"] == "not_found"
    move_clock(timedelta(seconds=65))
    assert (await client.get(f"/api/v1/passes/{code}")).status_code == 404
    code = (await desk.get(town.member, path))["code"]
    seat = await session.get_one(Seat, seat.id, populate_existing=True)
    early = await make_order(session, town.community, starts_at=clock.now() + timedelta(days=9))
    far = await make_seat(session, early, town.registration)
    assert (await desk.get(town.member, f"/seats/{far.id}/pass"))["code"] == "contact_closed"
    order.contact_until = clock.now() - timedelta(seconds=1)
    await session.flush()
    assert (await client.get(f"/api/v1/passes/{code}")).status_code == 404


async def test_a_code_that_is_no_seat_at_all_is_not_found(client: AsyncClient) -> None:
    assert (await client.get("/api/v1/passes/" + "f" * 42)).status_code == 404


async def test_a_seat_in_another_community_is_not_found(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    far = await make_order(session, await make_community(session))
    seat = await make_seat(session, far)
    assert (await desk.post(town.clerk, f"/seats/{seat.id}/mark", mark="none")).status_code == 404
    assert (await desk.post(town.clerk, f"/orders/{far.id}/cancel", reason_code="weather")).json()[
        "code"
    ] == "not_found"


async def test_every_write_costs_at_most_twelve_statements(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    need = await accepted(session, town)
    with count_statements() as seen:
        made = await desk.post(
            town.clerk, orders_of(town), **draft(need_ids=[str(need.id)], category="errand")
        )
    assert made.status_code == 201
    assert len(seen) <= 13  # the actor is the thirteenth
