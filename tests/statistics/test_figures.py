"""Figures over HTTP: who sees what, by month, kind and category, on every level."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.need import Acceptance, AcceptanceStatus, NeedStep
from app.models.order import OrderStatus
from app.models.organization import Organization, Policy
from app.models.person import Person, Role
from app.statistics import summing
from tests.factories.members import make_member, make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record
from tests.factories.organizations import make_organization
from tests.factories.people import make_staff
from tests.factories.reports import make_service
from tests.statistics.town import City, make_city

S = AcceptanceStatus
Headers = Callable[[Person], dict[str, str]]
Count = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
async def city(session: AsyncSession) -> City:
    return await make_city(session)


class Window:
    """Reads statistics as somebody."""

    def __init__(self, client: AsyncClient, sign_in: Headers) -> None:
        self.client, self.sign_in = client, sign_in

    async def see(self, who: Person, place: Organization, **query: Any) -> Any:
        """An organization's own figures."""
        path = f"/api/v1/organizations/{place.id}/statistics"
        answer = await self.client.get(path, params=query, headers=self.sign_in(who))
        return answer.json() | {"code_of": answer.status_code}

    async def below(self, who: Person, place: Organization, **query: Any) -> Any:
        """What stands below."""
        path = f"/api/v1/organizations/{place.id}/statistics/below"
        answer = await self.client.get(path, params=query, headers=self.sign_in(who))
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]


@pytest.fixture
def window(client: AsyncClient, sign_in: Headers) -> Window:
    return Window(client, sign_in)


async def served(session: AsyncSession, city: City, *people: int) -> None:
    """So many members in each community, each with a service of an hour; summaries stand."""
    for community, count in zip(city.communities, people, strict=True):
        for _ in range(count):
            row = await make_registration(session, community, employer=city.employers[0])
            await make_record(session, row)
    await summing.rebuild(session)


async def test_a_community_sees_its_own_people_however_few(
    session: AsyncSession, city: City, window: Window
) -> None:
    community = city.communities[0]
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    row = await make_registration(session, community, employer=city.employers[0])
    await make_service(session, row, answer=AcceptanceStatus.SOLVED)
    await make_record(session, row, source_kind="shift", is_work_time=True, minutes=30)
    need = await make_need(session, community, created_at=clock.now() - timedelta(hours=5))
    session.add(NeedStep(need_id=need.id, action="accept", left="submitted", entered="accepted"))
    order = await make_order(session, community, status=OrderStatus.EXPIRED)
    order.unserved_at, order.no_taker_reason = clock.now(), "wrong_time"
    await summing.rebuild(session)
    seen = await window.see(clerk, community)
    wanted = {
        "registered": 1,
        "served": 1,
        "services": 2,
        "volunteer_minutes": 60,
        "work_minutes": 30,
        "needs": 2,
        "solved": 1,
        "resolution_percent": 100.0,
        "responses": 1,
        "in_time": 1,
        "in_time_percent": 100.0,
        "response_hours": 8,
        "solution_hours": 1,
        "orders": 2,
        "orders_taken": 1,
        "orders_unmet": 1,
        "service_percent": 100.0,
        "registration_percent": None,
        "satisfaction": "评价较少，不计算比例",
        "votes": None,
        "are_people_hidden": False,
    }
    assert {name: seen[name] for name in wanted} == wanted
    assert len(seen["lines"]) == 12
    assert seen["lines"][-1]["services"] == 2
    assert seen["lines"][0]["registered"] == 0
    kinds = await window.see(clerk, community, by="kind")
    found = {(line["group"], line["key"]): line for line in kinds["lines"]}
    assert set(found) == {
        ("mode", "order"),
        ("mode", "shift"),
        ("need_kind", "help_request"),
        ("order_size", "micro_service"),
        ("unmet_reason", "wrong_time"),
    }
    assert found["mode", "shift"]["work_minutes"] == 30
    by = await window.see(clerk, community, by="category")
    assert {line["key"] for line in by["lines"]} == {"", "phone_teaching"}


async def test_a_rate_of_which_most_was_noted_down_for_residents_says_so(
    session: AsyncSession, city: City, window: Window
) -> None:
    community = city.communities[0]
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    row = await make_registration(session, community, employer=city.employers[0])
    for answer in (S.SOLVED, S.PARTLY, S.SOLVED, S.SILENT):
        await make_service(session, row, answer=answer)
    rows = (await session.scalars(select(Acceptance).order_by(Acceptance.id))).all()

    async def shown(*ways: str | None) -> tuple[int, bool, bool]:
        for each, way in zip(rows, ways, strict=True):
            each.on_behalf_way = way
        await session.flush()
        await summing.rebuild(session)
        seen = await window.see(clerk, community)
        return (
            seen["on_behalf"],
            seen["is_mostly_on_behalf"],
            seen["lines"][-1]["is_mostly_on_behalf"],
        )

    assert await shown(None, "visit", None, None) == (1, False, False)
    assert await shown("call_back", "visit", None, "call_back") == (2, True, True)
    session.add(
        Policy(
            organization_id=community.id,
            key="rating.proxy_share_notice_percent",
            value={"value": 70},
            effective_on=clock.today(),
            basis="",
            created_at=clock.now(),
        )
    )
    assert await shown("call_back", "visit", None, None) == (2, False, False)


async def test_levels_see_people_where_they_are_enough_and_none_computed_back(
    session: AsyncSession, city: City, window: Window
) -> None:
    await served(session, city, 2, 4)
    office = await make_staff(session, Role.CITY_ADMIN, city.city)
    few, enough = await window.below(office, city.subdistrict)
    for each in (few, enough):  # the other would give the few back
        assert (each["registered"], each["served"], each["services"]) == (None, None, None)
        assert each["are_people_hidden"]
    for place in (*city.communities, city.subdistrict, city.district, city.city):
        seen = await window.see(office, place)
        is_low = place in city.communities
        assert seen["services"] == (None if is_low else 6)
        assert seen["registered"] == (None if is_low else 6)
    kinds = await window.see(office, city.city, by="kind")
    assert kinds["lines"][0]["services"] == 6
    kinds = await window.see(office, city.district, by="kind")
    assert kinds["lines"][0]["services"] is None


async def test_by_kind_the_city_hides_what_few_have_done(
    session: AsyncSession, city: City, window: Window
) -> None:
    await served(session, city, 4, 4)
    row = await make_registration(session, city.communities[0])
    await make_record(session, row, source_kind="wish")
    await summing.rebuild(session)
    office = await make_staff(session, Role.CITY_ADMIN, city.city)
    kinds = await window.see(office, city.city, by="kind")
    assert {line["key"]: line["services"] for line in kinds["lines"]} == {
        "order": None,
        "wish": None,
    }
    assert kinds["services"] == 9


async def test_an_employer_sees_each_of_its_members_and_no_other_does(
    session: AsyncSession, city: City, window: Window
) -> None:
    employer = city.employers[0]
    branch = await make_organization(session, "employer_branch", employer)
    member = await make_member(session, employer, branch_id=branch.id)
    row = await make_registration(session, city.communities[0], member=member)
    await make_record(session, row)
    await make_member(session, employer)
    await summing.rebuild(session)
    secretary = await make_staff(session, Role.EMPLOYER_SECRETARY, employer)
    seen = await window.see(secretary, employer)
    assert (seen["registered"], seen["served"], seen["services"]) == (1, 1, 1)
    assert (seen["headcount"], seen["registration_percent"]) == (2, 50.0)
    (below,) = await window.below(secretary, employer)
    assert (below["organization_id"], below["services"]) == (str(branch.id), 1)
    of_branch = await make_staff(session, Role.EMPLOYER_SECRETARY, branch)
    for by in ("month", "kind", "category"):
        seen = await window.see(of_branch, branch, by=by)
        assert (seen["registered"], seen["served"]) == (1, 1)
    assert (await window.see(of_branch, employer))["code_of"] == 403
    office = await make_staff(session, Role.DISTRICT_ADMIN, city.district)
    seen = await window.see(office, employer)
    assert (seen["registered"], seen["services"], seen["registration_percent"]) == (None,) * 3
    (of_level,) = await window.below(office, employer)
    assert of_level["services"] is None
    employers = await window.below(office, city.district, kind="employer")
    assert [each["headcount"] for each in employers] == [2, 0]


async def test_where_members_are_registered_is_told_to_others_only_where_they_are_enough(
    session: AsyncSession, city: City, client: AsyncClient, sign_in: Headers
) -> None:
    """Of the one table that all employers' rows make, so that no two rows give a cell back."""
    numbers = [[4, 2], [5, 6]]
    for employer, row in zip(city.employers, numbers, strict=True):
        for community, count in zip(city.communities, row, strict=True):
            for _ in range(count):
                await make_registration(session, community, employer=employer)
    secretary = await make_staff(session, Role.EMPLOYER_SECRETARY, city.employers[0])
    office = await make_staff(session, Role.DISTRICT_ADMIN, city.district)

    async def ask(who: Person, place: Organization, **query: Any) -> Any:
        path = f"/api/v1/organizations/{place.id}/statistics/communities"
        return (await client.get(path, params=query, headers=sign_in(who))).json()

    own = await ask(secretary, city.employers[0], limit=1)
    rest = await ask(secretary, city.employers[0], cursor=own["next_cursor"])
    assert [each["registered"] for each in (*own["items"], *rest["items"])] == [4, 2]
    for employer in city.employers:
        assert (await ask(office, employer))["items"] == []
    third = await make_organization(session, "employer", city.district)
    for _ in range(3):
        await make_registration(session, city.communities[1], employer=third)
    (shown,) = (await ask(office, third))["items"]
    assert (shown["community_id"], shown["registered"]) == (str(city.communities[1].id), 3)
    assert (await ask(office, city.district))["code"] == "not_found"


async def test_a_grid_is_counted_without_what_is_confidential(
    session: AsyncSession, city: City, window: Window
) -> None:
    community = city.communities[0]
    grid = await make_organization(session, "grid", community)
    building = await make_organization(session, "building", grid)
    row = await make_registration(session, community, grid_id=grid.id)
    await make_record(session, row)
    await make_record(session, row, category="family")
    place: dict[str, Any] = {"building_id": building.id}
    await make_need(session, community, category="phone_teaching", **place)
    await make_need(session, community, category="family", **place)
    await make_need(session, community, kind="about_member", **place)
    await make_order(session, community, **place)
    await make_order(session, community, is_confidential=True, **place)
    await summing.rebuild(session)
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    seen = await window.see(clerk, grid, by="kind")
    assert (seen["needs"], seen["orders"], seen["services"], seen["registered"]) == (1, 1, 1, 1)
    (below,) = await window.below(clerk, community)
    assert (below["needs"], below["served"]) == (1, 1)
    assert (await window.see(clerk, community))["needs"] == 3


async def test_what_stands_below_comes_in_the_order_of_codes_and_page_by_page(
    session: AsyncSession,
    city: City,
    client: AsyncClient,
    sign_in: Headers,
    count_statements: Count,
) -> None:
    """There is no parameter to sort by."""
    office = await make_staff(session, Role.SUBDISTRICT_ADMIN, city.subdistrict)
    path = f"/api/v1/organizations/{city.subdistrict.id}/statistics/below"
    sorted_by = await client.get(path, params={"sort": "served"}, headers=sign_in(office))
    assert sorted_by.status_code == 422
    with count_statements() as seen:
        first = (await client.get(path, params={"limit": 1}, headers=sign_in(office))).json()
    assert len(seen) <= 4
    cursor = first["next_cursor"]
    second = (await client.get(path, params={"cursor": cursor}, headers=sign_in(office))).json()
    ids = [each["organization_id"] for each in (*first["items"], *second["items"])]
    assert ids == [str(each.id) for each in city.communities]
    grids = await client.get(path, params={"kind": "grid"}, headers=sign_in(office))
    assert grids.json()["items"] == []


@pytest.mark.parametrize(
    "query",
    [{"from": "2026-05-01", "to": "2026-04-30"}, {"from": "2020-01-01", "to": "2023-01-01"}],
)
async def test_a_period_ends_after_it_begins_and_within_three_years(
    session: AsyncSession, city: City, window: Window, query: dict[str, str]
) -> None:
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, city.communities[0])
    refused = await window.see(clerk, city.communities[0], **query)
    assert (refused["code_of"], refused["errors"][0]["pointer"]) == (422, "/to")


async def test_who_has_no_part_in_it_sees_nothing(
    session: AsyncSession, city: City, window: Window
) -> None:
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, city.communities[0])
    assert (await window.see(clerk, city.communities[1]))["code_of"] == 403
    assert (await window.see(clerk, city.subdistrict))["code_of"] == 403
    compound = await make_organization(session, "compound", city.communities[0])
    assert (await window.see(clerk, compound))["code_of"] == 404


async def test_months_are_local_and_earlier_ones_stand_apart(
    session: AsyncSession, city: City, window: Window
) -> None:
    community = city.communities[0]
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    row = await make_registration(session, community, registered_on=date(2026, 3, 2))
    row.ended_on = date(2026, 5, 9)
    await make_record(session, row, served_on=date(2026, 3, 31))
    await make_need(session, community, created_at=clock.day_starts(date(2026, 4, 1)))
    await summing.rebuild(session)
    query = {"from": "2026-02-10", "to": "2026-05-20"}
    seen = await window.see(clerk, community, **query)
    assert [line["registered"] for line in seen["lines"]] == [0, 1, 1, 0]
    assert [line["services"] for line in seen["lines"]] == [0, 1, 0, 0]
    assert [line["needs"] for line in seen["lines"]] == [0, 0, 1, 0]
    assert (seen["since"], seen["until"]) == ("2026-02-01", "2026-05-31")
