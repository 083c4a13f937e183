"""Who could be asked for an order and what suits a member: ranked, with the reasons."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.member import Qualification, Registration, RegistrationStatus
from app.models.order import Order, OrderStatus, SeatStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.record import RecordStatus
from app.orders import bands
from app.policies import content
from tests.factories.members import make_member, make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record, make_seat
from tests.factories.organizations import make_organization
from tests.factories.people import make_person, make_staff
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Counter = Callable[[], AbstractContextManager[list[str]]]
PHONE = "smartphone_teaching"
EVENING = "weekday_evening"


class Streets:
    """Two compounds and two grids of a community, with the building where the order is."""

    def __init__(self, grid: Organization, compound: Organization, building: Organization) -> None:
        self.grid, self.compound, self.building = grid, compound, building


@pytest.fixture
async def streets(session: AsyncSession, town: Town) -> Streets:
    grid = await make_organization(session, "grid", town.community)
    compound = await make_organization(session, "compound", town.community)
    building = await make_organization(session, "building", grid, compound_id=compound.id)
    return Streets(grid, compound, building)


async def candidates(desk: Desk, who: Person, order: Order, query: str = "") -> Any:
    return await desk.get(who, f"/orders/{order.id}/candidates{query}")


def codes(line: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in line["reasons"]]


async def test_members_stand_by_skill_then_distance_then_time_then_load_each_with_its_reasons(
    session: AsyncSession, desk: Desk, town: Town, streets: Streets
) -> None:
    order = await make_order(
        session, town.community, building_id=streets.building.id, skills=[PHONE], bands=[EVENING]
    )

    async def member(**columns: Any) -> Registration:
        return await make_registration(session, town.community, **columns)

    busy = await member(grid_id=streets.grid.id, availability=[EVENING])
    await make_record(session, busy)
    fresh = await member(grid_id=streets.grid.id, availability=[EVENING])
    for status in (RecordStatus.PENDING_APPROVAL, RecordStatus.REJECTED, RecordStatus.VOIDED):
        await make_record(session, fresh, status=status)
    never_free = await member(grid_id=streets.grid.id)
    beside = await member(compound_id=streets.compound.id)
    same_house = await member(building_id=streets.building.id)
    skilled = await member(skills=[PHONE, "driving"])
    page = await candidates(desk, town.clerk, order)
    ids = [line["id"] for line in page["items"]]
    wanted = [skilled, same_house, beside, fresh, busy, never_free, town.registration]
    assert ids == [str(each.id) for each in wanted]
    first, second = page["items"][:2]
    assert (first["matched"], codes(first)) == ([PHONE], ["skill", "community", "load"])
    assert "智能手机" in first["reasons"][0]["name"]
    assert codes(second) == ["building", "load"]
    assert codes(page["items"][3]) == ["grid", "time", "load"]
    assert page["items"][4]["served"] == 1
    assert page["items"][4]["reasons"][-1]["name"] == "近一年服务1次，少者优先"


async def test_pages_of_candidates_follow_on_and_cost_as_many_statements_each(
    session: AsyncSession, desk: Desk, town: Town, count_statements: Counter
) -> None:
    order = await make_order(session, town.community, skills=[PHONE])
    another = await make_order(session, town.community)
    for served in (2, 0, 1, 0):
        each = await make_registration(session, town.community)
        for _ in range(served):
            await make_record(session, each)
        # neither stands on the list nor takes a place on it
        busy = await make_registration(session, town.community, skills=[PHONE] if served else [])
        await make_seat(session, another, busy)
    await make_registration(session, town.community, skills=[PHONE])
    whole = await candidates(desk, town.clerk, order)
    seen, more, costs = [], "", []
    while more is not None:
        with count_statements() as counted:
            page = await candidates(desk, town.clerk, order, f"?limit=2{more}")
        costs.append(len(counted))
        seen += page["items"]
        more = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert seen == whole["items"]
    assert [line["served"] for line in seen] == [0, 0, 0, 0, 1, 2]
    assert [len(line["matched"]) for line in seen] == [1, 0, 0, 0, 0, 0]
    assert set(costs) == {costs[0]} and costs[0] <= 4


async def test_who_cannot_come_stands_on_no_list(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    need = await make_need(session, town.community)
    order = await make_order(session, town.community, needs=(need,))
    await make_registration(
        session, town.community, await session.get_one(Person, need.requester_id)
    )
    promised = await make_registration(session, town.community)
    await make_seat(session, await make_order(session, town.community), promised)
    asked = await make_registration(session, town.community)
    await make_seat(session, order, asked, status=SeatStatus.OFFERED)
    await make_registration(session, town.community, status=RegistrationStatus.SUSPENDED)
    await make_registration(session)
    page = await candidates(desk, town.clerk, order)
    assert [line["id"] for line in page["items"]] == [str(town.registration.id)]


async def test_only_who_is_qualified_stands_there_for_a_licensed_service(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    order = await make_order(session, town.community, licences=["lawyer"], clearances=["minors"])

    async def member(*codes: str) -> Registration:
        made = await make_registration(session, town.community)
        verified = {"member_id": made.member_id, "verified_on": clock.today()}
        session.add_all(Qualification(code=code, **verified) for code in codes)
        return made

    able = await member("lawyer", "minors")
    half = await member("lawyer")
    page = await candidates(desk, town.clerk, order)
    assert [line["id"] for line in page["items"]] == [str(able.id)]
    path = f"/orders/{order.id}/dispatch"
    refused = await desk.post(town.clerk, path, registration_id=str(half.id))
    assert refused.json()["code"] == "cannot_come"
    assert (await desk.post(town.clerk, path, registration_id=str(able.id))).status_code == 201


async def test_a_protected_member_is_a_candidate_for_the_secretary_only(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    order = await make_order(session, town.community)
    hidden = await make_registration(
        session,
        town.community,
        member=await make_member(session, person=await make_person(session), is_protected=True),
    )
    secretary = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
    for_clerk = await candidates(desk, town.clerk, order)
    for_secretary = await candidates(desk, secretary, order)
    assert str(hidden.id) not in {line["id"] for line in for_clerk["items"]}
    assert str(hidden.id) in {line["id"] for line in for_secretary["items"]}


async def test_a_member_sees_no_candidates_and_a_stranger_no_order(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    order = await make_order(session, town.community)
    assert (await candidates(desk, town.member, order))["status"] == 403
    assert (await candidates(desk, await make_person(session), order))["status"] == 404


async def test_a_candidate_is_asked_and_decides_himself(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    order = await make_order(session, town.community)
    (line,) = (await candidates(desk, town.clerk, order))["items"]
    asked = await desk.post(town.clerk, f"/orders/{order.id}/dispatch", registration_id=line["id"])
    assert asked.json()["status"] == "offered"
    assert (await candidates(desk, town.clerk, order))["items"] == []
    declined = await desk.post(town.member, f"/seats/{asked.json()['id']}/decline")
    assert declined.json()["status"] == "declined"


async def test_open_orders_stand_for_a_member_by_the_same_reasons(
    session: AsyncSession, desk: Desk, town: Town, streets: Streets
) -> None:
    mine = town.registration
    mine.skills, mine.availability = [PHONE], [EVENING]
    mine.grid_id, mine.building_id = streets.grid.id, streets.building.id
    late = clock.now() + timedelta(days=4)
    plain = await make_order(session, town.community)
    later = await make_order(session, town.community, starts_at=late)
    evening = await make_order(session, town.community, starts_at=late, bands=[EVENING])
    at_home = await make_order(session, town.community, building_id=streets.building.id)
    skilled = await make_order(session, town.community, skills=[PHONE])
    full = await make_order(session, town.community)
    await make_seat(session, full)
    await make_order(session, town.community, status=OrderStatus.DRAFT)
    await make_order(session)
    page = await desk.get(town.member, "/me/suited-orders")
    wanted = [skilled, at_home, evening, plain, later]
    assert [line["id"] for line in page["items"]] == [str(each.id) for each in wanted]
    assert [codes(line) for line in page["items"][:3]] == [
        ["skill", "community"],
        ["building"],
        ["community", "time"],
    ]
    first = await desk.get(town.member, "/me/suited-orders?limit=2")
    rest = await desk.get(town.member, f"/me/suited-orders?cursor={first['next_cursor']}")
    assert first["items"] + rest["items"] == page["items"]


async def test_nothing_is_suggested_to_who_is_not_registered(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    await make_order(session, town.community)
    page = await desk.get(await make_person(session), "/me/suited-orders")
    assert page == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        (datetime(2026, 11, 27, 11, 0, tzinfo=UTC), [EVENING]),  # Friday, 19:00 in Shanghai
        (datetime(2026, 11, 27, 4, 0, tzinfo=UTC), ["lunch_break", "weekday_day"]),
        (datetime(2026, 11, 28, 2, 0, tzinfo=UTC), ["weekend_day"]),
        (datetime(2026, 10, 1, 2, 0, tzinfo=UTC), ["holiday"]),  # a Thursday, national day
        (datetime(2026, 11, 27, 17, 0, tzinfo=UTC), []),  # at night
    ],
)
async def test_a_time_falls_into_the_bands_of_its_local_day(
    session: AsyncSession, moment: datetime, found: list[str]
) -> None:
    assert bands.at(await content.section(session, bands.SECTION), moment) == found


async def test_an_order_carries_the_bands_of_its_time_and_moves_them_with_it(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    starts_at = datetime.combine(clock.today() + timedelta(days=9), datetime.min.time(), clock.ZONE)
    starts_at += timedelta(hours=19)
    drafted = await desk.post(
        town.clerk,
        f"/organizations/{town.community.id}/orders",
        title="教用手机",
        category="phone_teaching",
        starts_at=starts_at.isoformat(),
        ends_at=(starts_at + timedelta(hours=1)).isoformat(),
        publish=True,
    )
    order = await session.get_one(Order, drafted.json()["id"])
    known = await content.section(session, bands.SECTION)
    assert order.bands == bands.at(known, starts_at) != []
    night = starts_at + timedelta(hours=4)
    await desk.patch(
        town.clerk,
        f"/orders/{order.id}",
        version=order.version,
        starts_at=night.isoformat(),
        ends_at=(night + timedelta(hours=1)).isoformat(),
    )
    await session.refresh(order)
    assert order.bands == []


@pytest.mark.parametrize(("difficulty", "target"), [(2, "person"), (3, "group"), (5, "branch")])
async def test_the_difficulty_proposes_for_whom_it_is(
    desk: Desk, town: Town, difficulty: int, target: str
) -> None:
    assert await aims(desk, town, difficulty=difficulty) == (difficulty, target)


async def test_the_community_says_itself_for_whom_it_is_and_changes_it(
    desk: Desk, town: Town
) -> None:
    assert await aims(desk, town) == (1, "person")
    assert await aims(desk, town, difficulty=4, target="person") == (4, "person")
    assert await aims(desk, town, target="team") == (1, "team")
    drafted = await draft(desk, town, difficulty=4)
    path = f"/orders/{drafted['id']}"
    changed = await desk.patch(town.clerk, path, version=drafted["version"], target="person")
    assert changed.json()["target"] == "person"
    seen = await desk.get(town.clerk, path)
    assert (seen["difficulty"], seen["target"]) == (4, "person")
    for body in ({"target": "everybody"}, {"difficulty": 6}):
        answer = await desk.patch(town.clerk, path, version=seen["version"], **body)
        assert answer.status_code == 422


async def draft(desk: Desk, town: Town, **more: Any) -> Any:
    starts_at = clock.now() + timedelta(days=3)
    answer = await desk.post(
        town.clerk,
        f"/organizations/{town.community.id}/orders",
        title="教用手机",
        category="phone_teaching",
        starts_at=starts_at.isoformat(),
        ends_at=(starts_at + timedelta(hours=1)).isoformat(),
        **more,
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def aims(desk: Desk, town: Town, **more: Any) -> tuple[int, str]:
    drafted = await draft(desk, town, **more)
    return drafted["difficulty"], drafted["target"]
