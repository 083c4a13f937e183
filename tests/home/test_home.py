"""A home page in one call: what the readings of its parts say, and as many statements for everybody."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.emergency import CallUpStatus, Reply
from app.models.member import RegistrationStatus, Resident
from app.models.need import NeedStatus
from app.models.order import OrderStatus, SeatStatus
from app.models.organization import Organization
from app.models.person import Person
from app.notifications import service as notifications
from tests.factories.emergency import make_call_up
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_person

Count = Callable[[], AbstractContextManager[list[str]]]
Headers = Callable[[Person], dict[str, str]]
STATEMENTS = 8  # with the one that asks who it is
HOURS = timedelta(hours=1)


class Home:
    """Asks as one person."""

    def __init__(self, client: AsyncClient, head: dict[str, str]) -> None:
        self.client, self.head = client, head

    async def get(self, path: str) -> Any:
        answer = await self.client.get(f"/api/v1/me/{path}", headers=self.head)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def person(session: AsyncSession) -> Person:
    return await make_person(session)


@pytest.fixture
def home(client: AsyncClient, sign_in: Headers, person: Person) -> Home:
    return Home(client, sign_in(person))


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    return await make_community(session)


def ids(lines: list[dict[str, Any]]) -> list[str]:
    return [line["id"] for line in lines]


async def test_who_has_nothing_yet_has_an_empty_home(home: Home) -> None:
    assert await home.get("home") == {
        "registration": None,
        "residences": [],
        "call_ups": [],
        "seats": [],
        "suited_orders": [],
        "needs_to_answer": [],
        "totals": None,
        "unread": 0,
    }


async def test_a_member_finds_his_registration_and_his_services_as_their_own_readings_say_them(
    session: AsyncSession, home: Home, person: Person, community: Organization
) -> None:
    row = await make_registration(session, community, person)
    await make_record(session, row)
    await make_record(session, row, is_work_time=True, minutes=30)
    seen = await home.get("home")
    own = (await home.get("registration"))["registration"]
    assert seen["registration"] == {name: own[name] for name in seen["registration"]}
    assert seen["registration"]["community_name"] == community.name
    assert seen["totals"] == await home.get("records/totals")
    assert seen["totals"] == {"services": 2, "minutes": 60, "work_time_minutes": 30}


async def test_seats_that_are_not_over_come_the_soonest_first_and_no_more_than_three(
    session: AsyncSession, home: Home, person: Person, community: Organization
) -> None:
    row = await make_registration(session, community, person)

    async def seat(hours: int, status: SeatStatus = SeatStatus.TAKEN) -> str:
        start = clock.now() + hours * HOURS
        order = await make_order(session, community, starts_at=start, ends_at=start + HOURS / 2)
        return str((await make_seat(session, order, row, status=status)).id)

    await seat(-2)  # it is over
    await seat(1, SeatStatus.RELEASED)
    far, near, waited, _ = [
        await seat(9),
        await seat(2),
        await seat(3, SeatStatus.WAITING),
        await seat(20),
    ]
    seats = (await home.get("home"))["seats"]
    assert ids(seats) == [near, waited, far]
    own = {each["id"]: each for each in (await home.get("seats"))["items"]}
    assert seats == [own[near], own[waited], own[far]]


async def test_suited_orders_are_the_first_of_their_list_without_reasons(
    session: AsyncSession, home: Home, person: Person, community: Organization
) -> None:
    await make_registration(session, community, person, skills=["smartphone_teaching"])
    for number in range(4):
        await make_order(session, community, skills=["smartphone_teaching"][: number % 2])
    found = (await home.get("suited-orders"))["items"][:3]
    assert len(found) == 3
    for line in found:
        del line["reasons"]
    assert (await home.get("home"))["suited_orders"] == found


async def test_call_ups_that_stand_come_first_where_an_answer_is_missing(
    session: AsyncSession, home: Home, person: Person, community: Organization
) -> None:
    row = await make_registration(session, community, person)
    answered, later, sooner = [
        await make_call_up(session, community, [row], gather_at=clock.now() + hours * HOURS)
        for hours in (1, 5, 2)
    ]
    await session.execute(
        update(Reply).where(Reply.call_up_id == answered.id).values(reply="can_come")
    )
    await make_call_up(session, community, [row], status=CallUpStatus.STOOD_DOWN)
    seen = (await home.get("home"))["call_ups"]
    assert ids(seen) == [str(each.id) for each in (sooner, later, answered)]
    assert [each["reply"] for each in seen] == [None, None, "can_come"]
    own = {each["id"]: each for each in (await home.get("call-ups"))["items"]}
    assert seen == [own[each["id"]] for each in seen]


async def test_a_resident_finds_where_he_lives_and_what_waits_for_his_answer(
    session: AsyncSession, home: Home, person: Person, community: Organization
) -> None:
    session.add(Resident(community_id=community.id, person_id=person.id, name=person.name))
    asked, done = [
        await make_need(session, community, person, status=status)
        for status in (NeedStatus.ASKED_BACK, NeedStatus.DONE)
    ]
    for status in (NeedStatus.SUBMITTED, NeedStatus.SOLVED):
        await make_need(session, community, person, status=status)
    await make_need(session, community, status=NeedStatus.DONE)  # another's
    seen = await home.get("home")
    assert seen["residences"] == await home.get("residences")
    assert ids(seen["needs_to_answer"]) == [str(asked.id), str(done.id)]
    own = {each["id"]: each for each in (await home.get("needs"))["items"]}
    assert seen["needs_to_answer"] == [own[str(asked.id)], own[str(done.id)]]
    assert (seen["registration"], seen["totals"]) == (None, None)


async def test_unread_are_the_lines_that_nobody_has_opened(
    session: AsyncSession, home: Home, person: Person
) -> None:
    for fact in range(3):
        await notifications.tell(
            session, fact, "record_added", [person.id], ("order", new_id()), hours=fact
        )
    first = (await home.get("notifications"))["items"][0]["id"]
    read = {"notification_ids": [first]}
    await home.client.post("/api/v1/me/notifications/read", json=read, headers=home.head)
    assert (await home.get("home"))["unread"] == 2


async def test_a_registration_that_is_over_leaves_what_was_served(
    session: AsyncSession, home: Home, person: Person, community: Organization
) -> None:
    row = await make_registration(session, community, person, status=RegistrationStatus.ENDED)
    await make_record(session, row)
    await make_order(session, community, status=OrderStatus.OPEN)
    seen = await home.get("home")
    assert seen["registration"]["status"] == "ended"
    assert (seen["registration"]["open_to"], seen["suited_orders"]) == ([], [])
    assert seen["totals"]["services"] == 1


async def test_a_full_home_costs_as_many_statements_as_an_empty_one(
    session: AsyncSession,
    home: Home,
    person: Person,
    community: Organization,
    count_statements: Count,
) -> None:
    with count_statements() as of_empty:
        await home.get("home")
    row = await make_registration(session, community, person)
    session.add(Resident(community_id=community.id, person_id=person.id, name=person.name))
    for days in (1, 2):
        start = clock.now() + timedelta(days=days)
        await make_seat(session, await make_order(session, community, starts_at=start), row)
        await make_order(session, community, starts_at=start + timedelta(days=5))
        await make_need(session, community, person, status=NeedStatus.DONE)
        await make_record(session, row)
        await make_call_up(session, community, [row])
    with count_statements() as of_full:
        seen = await home.get("home")
    assert [name for name, part in seen.items() if not part] == ["unread"]
    assert len(of_empty) == len(of_full) == STATEMENTS
