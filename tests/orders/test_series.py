"""Recurring orders: made ahead once each, changed with their series unless somebody changed them."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.deadlines import advance_next
from app.models.order import Order, OrderStatus
from app.models.order_series import Frequency, OrderSeries, SeriesStep
from app.orders import recurrence, series
from tests.factories.members import make_registration
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.orders.town import Desk, Town, desk, town
from tests.posts.town import Sessions, told, work

__all__ = ["desk", "town"]

Move = Callable[[timedelta], None]
Counter = Callable[[], AbstractContextManager[list[str]]]
EVERY_DAY = {"frequency": "weekly", "weekdays": [1, 2, 3, 4, 5, 6, 7]}


def form(**fields: Any) -> dict[str, Any]:
    """Weekly on the weekday of tomorrow, holidays or not."""
    first = clock.today() + timedelta(days=1)
    return {
        "title": "周末阅读角",
        "category": "phone_teaching",
        "seats": 2,
        "rule": {"frequency": "weekly", "weekdays": [first.isoweekday()]},
        "starts_on": first.isoformat(),
        "begins_at": "19:30",
        "minutes": 90,
        "skips_holidays": False,
    } | fields


def all_of(town: Town) -> str:
    return f"/organizations/{town.community.id}/order-series"


async def begun(desk: Desk, town: Town, **fields: Any) -> Any:
    return (await desk.post(town.clerk, all_of(town), **form(**fields))).json()


async def orders(session: AsyncSession) -> list[Order]:
    """By their day."""
    found = await session.scalars(
        select(Order).order_by(Order.starts_at), execution_options={"populate_existing": True}
    )
    return list(found)


def rule(**columns: Any) -> OrderSeries:
    return OrderSeries(
        **{
            "starts_on": date(2026, 1, 1),
            "every": 1,
            "weekdays": [],
            "frequency": Frequency.MONTHLY,
        }
        | columns
    )


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"month_day": 31}, ["01-31", "02-28", "03-31"]),
        ({"month_day": 15, "every": 2}, ["01-15", "03-15"]),
        ({"month_week": 2, "weekdays": [6]}, ["01-10", "02-14", "03-14"]),
        ({"month_week": -1, "weekdays": [7]}, ["01-25", "02-22", "03-29"]),
        (
            {"frequency": Frequency.WEEKLY, "weekdays": [1, 4], "every": 4},
            ["01-01", "01-26", "01-29", "02-23", "02-26", "03-23", "03-26"],
        ),
        ({"month_day": 15, "ends_on": date(2026, 2, 15)}, ["01-15", "02-15"]),
    ],
)
def test_a_rule_names_its_days(said: dict[str, Any], wanted: list[str]) -> None:
    found = recurrence.days(rule(**said), date(2025, 12, 1), date(2026, 3, 31))
    assert [day.strftime("%m-%d") for day in found] == wanted


async def test_the_story_of_a_series(
    desk: Desk,
    town: Town,
    session: AsyncSession,
    sessions: Sessions,
    move_clock: Move,
    count_statements: Counter,
) -> None:
    last = clock.today() + timedelta(days=36)
    with count_statements() as spent:
        made = await begun(desk, town, ends_on=last.isoformat())
    assert len(spent) <= 12
    path = f"/order-series/{made['id']}"
    await work(sessions)
    with count_statements() as spent:
        shown = await desk.get(town.clerk, path)
    assert len(spent) <= 4
    first = datetime.combine(clock.today() + timedelta(days=1), time(19, 30), clock.ZONE)
    assert [datetime.fromisoformat(each["starts_at"]) for each in shown["occurrences"]] == [
        first + timedelta(weeks=week) for week in range(4)
    ]
    assert {each["status"] for each in shown["occurrences"]} == {"open"}
    assert (shown["begins_at"], shown["open_to"]) == ("19:30", ["pause", "end"])
    order_id = shown["occurrences"][0]["id"]
    assert (await desk.post(town.member, f"/orders/{order_id}/seats")).status_code == 201
    with count_statements() as spent:
        changed = await desk.patch(town.clerk, path, version=1, title="读书会", begins_at="19:00")
    assert (len(spent) <= 12, changed.json()["version"]) == (True, 2)
    await work(sessions)
    assert {
        (row.title, row.starts_at.astimezone(clock.ZONE).hour) for row in await orders(session)
    } == {("读书会", 19)}
    paused = await desk.post(town.clerk, f"{path}/pause")
    assert paused.json()["status"] == "paused"
    move_clock(timedelta(days=7))
    await work(sessions)
    assert len(await orders(session)) == 4
    await desk.post(town.clerk, f"{path}/resume")
    await work(sessions)
    assert len(await orders(session)) == 5
    move_clock(timedelta(days=38))
    await work(sessions)
    assert (await desk.get(town.clerk, path))["status"] == "ended"
    assert (await told(sessions))["series_over"] == (
        {town.clerk.id},
        "读书会已到最后一天，需要的可重新设立。",
    )
    steps = await session.scalars(select(SeriesStep).order_by(SeriesStep.id))
    assert [(one.action, one.left, one.entered, one.reason) for one in steps] == [
        ("draft", None, "active", None),
        ("change", "active", "active", "title,begins_at"),
        ("pause", "active", "paused", None),
        ("resume", "paused", "active", None),
        ("run_out", "active", "ended", None),
    ]
    (line,) = (await desk.get(town.clerk, f"{all_of(town)}?status=ended"))["items"]
    assert (line["title"], line["ends_on"]) == ("读书会", last.isoformat())


async def test_the_end_of_a_confidential_series_says_no_title(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    last = clock.today() + timedelta(days=1)
    made = await begun(desk, town, category="family", title="王家调解", ends_on=last.isoformat())
    path = f"/order-series/{made['id']}"
    assert (await desk.patch(town.clerk, path, version=1, title="李家调解")).status_code == 200
    move_clock(timedelta(days=3))
    await work(sessions)
    people, text = (await told(sessions))["series_over"]
    assert (people, text) == ({town.clerk.id}, "保密服务已到最后一天，需要的可重新设立。")


async def test_one_that_somebody_changed_keeps_its_changes(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    made = await begun(desk, town)
    await work(sessions)
    own = (await orders(session))[1]
    answer = await desk.patch(
        town.clerk, f"/orders/{own.id}", version=own.version, place="小区东门"
    )
    assert answer.status_code == 200
    path = f"/order-series/{made['id']}"
    await desk.patch(town.clerk, path, version=1, place="社区活动室", seats=5)
    await work(sessions)
    found = await orders(session)
    assert [(row.place, row.seats) for row in found] == [
        ("社区活动室", 5),
        ("小区东门", 2),
        ("社区活动室", 5),
        ("社区活动室", 5),
    ]
    lines = (await desk.get(town.clerk, path))["occurrences"]
    assert [line["follows_series"] for line in lines] == [True, False, True, True]


async def test_one_cancelled_by_hand_is_not_made_again(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    await begun(desk, town)
    await work(sessions)
    gone = (await orders(session))[1]
    await desk.post(town.clerk, f"/orders/{gone.id}/cancel", reason_code="venue")
    move_clock(timedelta(hours=24))
    await work(sessions)
    assert len({row.series_day for row in await orders(session)}) == len(await orders(session))
    assert gone.status is OrderStatus.CANCELLED


async def test_a_new_rule_takes_back_what_nobody_took_and_leaves_the_rest(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    made = await begun(desk, town)
    await work(sessions)
    taken, *free = await orders(session)
    await desk.post(town.member, f"/orders/{taken.id}/seats")
    path = f"/order-series/{made['id']}"
    old = form()["rule"]
    other = {"frequency": "weekly", "weekdays": [old["weekdays"][0] % 7 + 1]}
    changed = await desk.patch(town.clerk, path, version=1, rule=other)
    assert changed.status_code == 200
    await work(sessions)
    found = {row.id: row.status for row in await orders(session)}
    assert found[taken.id] is OrderStatus.OPEN
    assert {found[row.id] for row in free} == {OrderStatus.CANCELLED}
    assert sorted(found.values()).count(OrderStatus.OPEN) == 5
    await desk.patch(town.clerk, path, version=2, rule=old)
    await work(sessions)
    ahead = (await desk.get(town.clerk, path))["occurrences"]
    assert (len(ahead), str(taken.id) in {each["id"] for each in ahead}) == (4, True)


async def test_a_change_that_does_not_suit_who_comes_leaves_that_order_as_it_was(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    made = await begun(desk, town)
    await work(sessions)
    taken, crowded, *_ = await orders(session)
    await desk.post(town.member, f"/orders/{taken.id}/seats")
    begins = taken.starts_at - timedelta(hours=2)
    busy = await make_order(session, town.community, starts_at=begins)
    await make_seat(session, busy, town.registration)
    for _ in range(2):
        await make_seat(session, crowded, await make_registration(session, town.community))
    await session.commit()
    path = f"/order-series/{made['id']}"
    await desk.patch(town.clerk, path, version=1, begins_at="17:30", seats=1)
    await work(sessions)
    lines = (await desk.get(town.clerk, path))["occurrences"]
    assert [(line["follows_series"], line["seats"]) for line in lines] == [
        (False, 2),
        (False, 2),
        (True, 1),
        (True, 1),
    ]


async def test_an_ended_series_takes_back_only_what_nobody_took(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    made = await begun(desk, town)
    await work(sessions)
    taken, *free = await orders(session)
    await desk.post(town.member, f"/orders/{taken.id}/seats")
    path = f"/order-series/{made['id']}"
    ended = await desk.post(town.clerk, f"{path}/end", reason="志愿者不足")
    assert ended.json()["status"] == "ended"
    await work(sessions)
    assert [row.status for row in await orders(session)] == [OrderStatus.OPEN] + [
        OrderStatus.CANCELLED
    ] * len(free)
    for step, body in (("resume", {}), ("pause", {}), ("end", {"reason": "x"})):
        refused = await desk.post(town.clerk, f"{path}/{step}", **body)
        assert refused.json()["code"] == "bad_transition"
    late = await desk.patch(town.clerk, path, version=ended.json()["version"], seats=1)
    assert late.json()["code"] == "bad_transition"


async def test_a_paused_series_is_changed_and_goes_on_as_changed(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    made = await begun(desk, town)
    path = f"/order-series/{made['id']}"
    await desk.post(town.clerk, f"{path}/pause")
    assert (await desk.patch(town.clerk, path, version=2, seats=4)).status_code == 200
    await work(sessions)
    assert await orders(session) == []
    await desk.post(town.clerk, f"{path}/resume")
    await work(sessions)
    assert {row.seats for row in await orders(session)} == {4}


async def test_holidays_are_skipped_as_the_policy_says(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: Move
) -> None:
    new_year = date(clock.today().year + 2, 1, 1)
    move_clock(timedelta(days=(new_year - clock.today()).days - 8))
    kept = form(starts_on=new_year.isoformat())
    del kept["skips_holidays"]
    made = (await desk.post(town.clerk, all_of(town), **kept)).json()
    await work(sessions)
    assert len(await orders(session)) == 2
    path = f"/order-series/{made['id']}"
    await desk.patch(town.clerk, path, version=1, skips_holidays=False)
    await work(sessions)
    assert len(await orders(session)) == 3


async def test_nothing_is_made_beyond_the_insurance(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    risky = {"category": "school_road", "template": "school_guard"}
    refused = await begun(desk, town, **risky)
    assert refused["code"] == "not_insured"
    until = (clock.today() + timedelta(days=9)).isoformat()
    made = await begun(desk, town, **risky, insured_until=until)
    await work(sessions)
    assert len(await orders(session)) == 2
    longer = (clock.today() + timedelta(days=16)).isoformat()
    path = f"/order-series/{made['id']}"
    await desk.patch(town.clerk, path, version=1, insured_until=longer)
    await work(sessions)
    assert {
        row.insured_until.isoformat() for row in await orders(session) if row.insured_until
    } == {longer}
    assert len(await orders(session)) == 3


async def test_a_template_says_what_a_series_does(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    body = form(template="phone_class")
    del body["seats"], body["category"]
    assert (await desk.post(town.clerk, all_of(town), **body)).status_code == 201
    await work(sessions)
    assert {(row.seats, row.template, row.created_by_id) for row in await orders(session)} == {
        (3, "phone_class", town.clerk.id)
    }


TODAY = clock.today()


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"rule": {"frequency": "weekly"}}, "/rule"),
        ({"rule": {"frequency": "weekly", "weekdays": [1], "month_day": 1}}, "/rule"),
        ({"rule": {"frequency": "monthly"}}, "/rule"),
        ({"rule": {"frequency": "monthly", "month_week": 0, "weekdays": [1]}}, "/rule"),
        ({"rule": {"frequency": "monthly", "month_week": 1, "weekdays": [1, 2]}}, "/rule"),
        ({"rule": {"frequency": "monthly", "month_day": 1, "weekdays": [1]}}, "/rule"),
        ({"ends_on": TODAY.isoformat()}, "/ends_on"),
        (
            {
                "ends_on": (TODAY - timedelta(days=9)).isoformat(),
                "starts_on": (TODAY - timedelta(days=10)).isoformat(),
            },
            "/rule",
        ),
        ({"begins_at": "24:00"}, "/begins_at"),
        ({"category": "suspected_harm"}, "/category"),
        ({"category": "haircut", "seats": 1}, "/seats"),
        ({"marks": ["x"]}, "/marks/0"),
    ],
)
async def test_a_series_that_makes_no_sense_is_refused(
    desk: Desk, town: Town, session: AsyncSession, fields: dict[str, Any], pointer: str
) -> None:
    refused = await begun(desk, town, **fields)
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert await session.scalar(select(func.count()).select_from(OrderSeries)) == 0


async def test_only_the_communitys_staff_has_series_and_an_old_version_is_stale(
    desk: Desk, town: Town
) -> None:
    assert (await desk.post(town.member, all_of(town), **form())).status_code == 403
    made = await begun(desk, town)
    path = f"/order-series/{made['id']}"
    assert (await desk.get(town.helper, path))["code"] == "not_found"
    assert (await desk.post(town.helper, f"{path}/pause")).status_code == 404
    assert (await desk.patch(town.clerk, path, version=7, seats=3)).json()[
        "code"
    ] == "stale_version"
    alone = await desk.patch(town.clerk, path, version=1, title=None)
    assert alone.json()["errors"][0]["pointer"] == "/title"


async def test_a_list_of_series_is_paged(desk: Desk, town: Town, count_statements: Counter) -> None:
    for title in ("一", "二", "三"):
        await begun(desk, town, title=title)
    with count_statements() as spent:
        first = await desk.get(town.clerk, f"{all_of(town)}?limit=2")
    assert len(spent) <= 4
    rest = await desk.get(town.clerk, f"{all_of(town)}?limit=2&cursor={first['next_cursor']}")
    titles = [line["title"] for page in (first, rest) for line in page["items"]]
    assert titles == ["三", "二", "一"]


async def test_two_workers_make_each_order_once(committed: FastAPI) -> None:
    sessions = committed.state.sessions
    async with sessions.begin() as session:
        community = await make_community(session)
        row = OrderSeries(
            community_id=community.id,
            title="每日巡查",
            category="phone_teaching",
            place="社区活动室",
            seats=2,
            frequency=Frequency.WEEKLY,
            weekdays=EVERY_DAY["weekdays"],
            starts_on=clock.today() + timedelta(days=1),
            begins_at=time(9, 0),
            minutes=60,
            skips_holidays=False,
            due_at=clock.now(),
        )
        session.add(row)
    await asyncio.gather(*(advance_next(sessions, series.DEADLINES) for _ in range(4)))
    async with sessions() as session:
        days = (await session.scalars(select(Order.series_day))).all()
        assert (len(days), len(set(days))) == (28, 28)
        found = await session.get_one(OrderSeries, row.id)
        assert found.due_at == clock.day_after(clock.today())
    # and where a worker has not seen what the other made, the key refuses
    async with sessions() as session:
        again = await session.scalar(select(Order).limit(1))
        assert again is not None
        session.add(
            Order(
                **{
                    column.key: getattr(again, column.key)
                    for column in Order.__table__.columns
                    if column.key not in ("id", "number")
                },
                number="DD-X",
            )
        )
        with pytest.raises(IntegrityError, match="uq_orders_series_id_series_day"):
            await session.flush()


async def test_an_edit_and_the_worker_at_once_leave_one_truth(committed: FastAPI) -> None:
    sessions = committed.state.sessions
    async with sessions.begin() as session:
        community = await make_community(session)
        row = OrderSeries(
            community_id=community.id,
            title="旧",
            category="phone_teaching",
            place="社区活动室",
            seats=2,
            frequency=Frequency.WEEKLY,
            weekdays=EVERY_DAY["weekdays"],
            starts_on=clock.today() + timedelta(days=1),
            begins_at=time(9, 0),
            minutes=60,
            skips_holidays=False,
            due_at=clock.now(),
        )
        session.add(row)

    async def edit() -> None:
        async with sessions.begin() as session:
            found = await session.get_one(OrderSeries, row.id, with_for_update=True)
            found.title, found.due_at = "新", clock.now()

    await asyncio.gather(advance_next(sessions, series.DEADLINES), edit())
    await advance_next(sessions, series.DEADLINES)
    async with sessions() as session:
        assert set((await session.scalars(select(Order.title))).all()) == {"新"}
        assert await session.scalar(select(func.count()).select_from(Order)) == 28


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"minutes": 5}, ["/minutes"]),
        ({"minutes": "x"}, ["/minutes"]),
        ({"rule": {"frequency": "weekly", "every": 0}}, ["/rule/every"]),
        ({"rule": {"weekdays": [1, 9]}}, ["/rule/frequency", "/rule/weekdays/1"]),
        ({"rule": {"frequency": "weekly", "weekdays": "x"}}, ["/rule/weekdays"]),
        ({"rule": 7}, ["/rule"]),
    ],
)
async def test_what_is_refused_of_a_change_is_named_as_in_the_payload(
    desk: Desk, town: Town, change: dict[str, Any], pointers: list[str]
) -> None:
    row = await begun(desk, town)
    answer = await desk.patch(town.clerk, f"/order-series/{row['id']}", version=1, **change)
    assert [each["pointer"] for each in answer.json()["errors"]] == pointers


async def test_what_is_refused_of_a_list_that_may_be_left_out(desk: Desk, town: Town) -> None:
    place = f"/organizations/{town.community.id}/plan-items"
    item = {"title": "邻居节", "month": "2027-05", "template": "neighbor_festival"}
    made = (await desk.post(town.clerk, place, **item)).json()
    for marks, pointer in (([7], "/marks/0"), ("x", "/marks")):
        answer = await desk.patch(town.clerk, f"/plan-items/{made['id']}", version=1, marks=marks)
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
