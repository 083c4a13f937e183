"""The calendar feed, read with the parser of the library that phones' makers test against."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, ids
from app.models.emergency import ShiftSeat, ShiftSeatStatus
from app.models.member import Registration
from app.models.notice import CalendarToken
from app.models.order import SeatStatus
from app.models.person import Person
from tests.factories.emergency import make_call_up, make_shift
from tests.factories.members import make_registration
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community

Headers = Callable[[Person], dict[str, str]]
Move = Callable[[timedelta], None]
DAY = timedelta(days=1)
MINE = "/api/v1/me/calendar"


@pytest.fixture
async def member(session: AsyncSession) -> Registration:
    return await make_registration(session)


@pytest.fixture
async def head(session: AsyncSession, member: Registration, sign_in: Headers) -> dict[str, str]:
    return sign_in(await session.get_one(Person, member.person_id))


async def issue(client: AsyncClient, head: dict[str, str]) -> str:
    """The path of a new address."""
    answer = await client.post(MINE, headers=head)
    assert answer.status_code == 201
    return str(answer.json()["address"]).removeprefix("http://127.0.0.1:8000")


def events(answer: Response) -> list[Any]:
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_the_feed_says_what_when_and_where(
    client: AsyncClient, session: AsyncSession, member: Registration, head: dict[str, str]
) -> None:
    """Escaped, folded, in UTC; and nothing of the resident."""
    title = "教用手机；带好\\手机, 充电线和说明书，还有一副老花镜以及足够的耐心"
    order = await make_order(
        session,
        title=title,
        place="社区活动室, 二楼",
        is_at_home=True,
        door="3幢201室",
        contact_name="赵桂英",
        contact_phone="13900000000",
    )
    seat = await make_seat(session, order, member)
    await make_seat(session, order)  # somebody else's
    await make_seat(session, None, member, status=SeatStatus.WAITING)
    answer = await client.get(await issue(client, head))
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    (event,) = events(answer)
    assert str(event["summary"]) == title
    assert str(event["location"]) == "社区活动室, 二楼"
    assert event.decoded("dtstart") == order.starts_at.replace(microsecond=0)
    assert event.decoded("dtend").tzinfo is UTC or event.decoded("dtend").utcoffset() == 0 * DAY
    assert (event["uid"], event["status"]) == (f"{seat.id}@shuangbaodao", "CONFIRMED")
    lines = answer.content.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert any(line.startswith(b" ") for line in lines)
    for private in ("3幢201室", "赵桂英", "13900000000"):
        assert private not in answer.content.replace(b"\r\n ", b"").decode()


async def test_a_confidential_service_is_called_so(
    client: AsyncClient, session: AsyncSession, member: Registration, head: dict[str, str]
) -> None:
    """The feed is read by a phone maker's servers. Source: practice.md R20."""
    order = await make_order(session, title="核对账目", is_confidential=True)
    await make_seat(session, order, member)
    (event,) = events(await client.get(await issue(client, head)))
    assert str(event["summary"]) == "保密服务"


async def test_a_change_has_the_same_name_and_a_higher_number(
    client: AsyncClient,
    session: AsyncSession,
    member: Registration,
    head: dict[str, str],
    move_clock: Move,
) -> None:
    order = await make_order(session)
    await make_seat(session, order, member)
    path = await issue(client, head)
    (before,) = events(await client.get(path))
    move_clock(timedelta(minutes=5))
    order.place = "社区礼堂"
    await session.commit()
    (after,) = events(await client.get(path))
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert str(after["location"]) == "社区礼堂"


async def test_what_was_let_go_is_cancelled_for_a_while(
    client: AsyncClient,
    session: AsyncSession,
    member: Registration,
    head: dict[str, str],
    move_clock: Move,
) -> None:
    order = await make_order(session, starts_at=clock.now() + 60 * DAY)
    seat = await make_seat(session, order, member)
    path = await issue(client, head)
    (before,) = events(await client.get(path))
    move_clock(timedelta(minutes=5))
    seat.status = SeatStatus.RELEASED
    await session.commit()
    (after,) = events(await client.get(path))
    assert (after["uid"], after["status"]) == (before["uid"], "CANCELLED")
    assert after["sequence"] > before["sequence"]
    move_clock(40 * DAY)
    assert events(await client.get(path)) == []


async def test_past_services_leave_after_a_month(
    client: AsyncClient,
    session: AsyncSession,
    member: Registration,
    head: dict[str, str],
    move_clock: Move,
) -> None:
    await make_seat(session, None, member)
    path = await issue(client, head)
    move_clock(20 * DAY)
    assert len(events(await client.get(path))) == 1
    move_clock(40 * DAY)
    assert events(await client.get(path)) == []


async def test_a_repeat_with_its_key_answers_no_address_that_is_dead(
    client: AsyncClient, member: Registration, head: dict[str, str]
) -> None:
    once = head | {"Idempotency-Key": "my-calendar-1"}
    first = await issue(client, once)
    await issue(client, head)
    again = await issue(client, once)
    assert again != first
    assert (await client.get(first)).status_code == 404
    assert (await client.get(again)).status_code == 200


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (ShiftSeatStatus.NAMED, None),
        (ShiftSeatStatus.TAKEN, "CONFIRMED"),
        (ShiftSeatStatus.CANCELLED, "CANCELLED"),
    ],
)
async def test_shifts_of_an_emergency_stand_in_it(
    client: AsyncClient,
    session: AsyncSession,
    member: Registration,
    head: dict[str, str],
    status: ShiftSeatStatus,
    shown: str | None,
) -> None:
    shift = await make_shift(session, await make_call_up(session, await make_community(session)))
    session.add(
        ShiftSeat(
            shift_id=shift.id,
            person_id=member.person_id,
            registration_id=member.id,
            status=status,
        )
    )
    await session.flush()
    found = events(await client.get(await issue(client, head)))
    assert [str(event["status"]) for event in found] == ([shown] if shown else [])


async def test_the_address_is_the_owners_to_renew_and_to_end(
    client: AsyncClient, session: AsyncSession, head: dict[str, str]
) -> None:
    assert (await client.get(MINE, headers=head)).json() == {"issued_at": None}
    first = await issue(client, head)
    assert (await client.get(MINE, headers=head)).json()["issued_at"] is not None
    second = await issue(client, head)
    assert (await client.get(first)).json()["code"] == "no_calendar"
    assert (await client.get(second)).status_code == 200
    stored = await session.scalar(select(CalendarToken.token_hash))
    secret = second.removeprefix("/calendar/").removesuffix("/services.ics")
    assert stored == ids.digest(secret) != secret
    assert (await client.delete(MINE, headers=head)).status_code == 204
    assert (await client.get(second)).status_code == 404
    assert (await client.get(MINE, headers=head)).json() == {"issued_at": None}


async def test_a_closed_account_has_no_calendar(
    client: AsyncClient, session: AsyncSession, member: Registration, head: dict[str, str]
) -> None:
    path = await issue(client, head)
    (await session.get_one(Person, member.person_id)).closed_at = clock.now()
    await session.commit()
    assert (await client.get(path)).status_code == 404


async def test_who_has_it_already_is_sent_nothing(
    client: AsyncClient, session: AsyncSession, member: Registration, head: dict[str, str]
) -> None:
    order = await make_order(session)
    await make_seat(session, order, member)
    path = await issue(client, head)
    first = await client.get(path)
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    for sent, status in (
        ({"If-None-Match": tag}, 304),
        ({"If-None-Match": '"other"', "If-Modified-Since": changed}, 200),
        ({"If-Modified-Since": changed}, 304),
        ({"If-Modified-Since": "Mon, 02 Mar 2020 10:00:00 GMT"}, 200),
        ({"If-Modified-Since": "Mon, 02 Mar 2037 10:00:00 -0000"}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Modified-Since": "Mon, 02 Mar 99999999999999 10:00:00 GMT"}, 200),
        ({}, 200),
    ):
        answer = await client.get(path, headers=sent)
        assert (answer.status_code, answer.headers["etag"]) == (status, tag)
    order.title = "教用电脑"
    await session.commit()
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 200


@pytest.mark.parametrize("services", [1, 12])
async def test_it_costs_three_statements(
    client: AsyncClient,
    session: AsyncSession,
    member: Registration,
    head: dict[str, str],
    count_statements: Callable[[], AbstractContextManager[list[str]]],
    services: int,
) -> None:
    for number in range(services):
        order = await make_order(session, starts_at=clock.now() + (number + 1) * DAY)
        await make_seat(session, order, member)
    path = await issue(client, head)
    with count_statements() as seen:
        assert len(events(await client.get(path))) == services
    assert len(seen) == 3
