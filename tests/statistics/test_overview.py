"""The overview of an organization: the same as the three pages it replaces, in two statements."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, database
from app.core.errors import Forbidden, NotFound
from app.core.ids import new_id
from app.core.paging import Paging
from app.models.order import OrderStatus
from app.models.organization import Organization
from app.models.person import Role
from app.models.report import ShownVotes
from app.permissions import Actor
from app.statistics import reading, summing
from app.statistics.period import Period
from tests.factories.members import make_member, make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record
from tests.factories.organizations import make_organization
from tests.statistics.town import City, make_city

Count = Callable[[], AbstractContextManager[list[str]]]
ALL = Paging(100, None)
HALF_A_YEAR = timedelta(days=160)


async def fill(session: AsyncSession, city: City, community: Organization, people: int) -> None:
    """So many members of the employers in turn, who serve now; one served and left long ago."""
    for number in range(people):
        employer = city.employers[number % 2]
        row = await make_registration(session, community, employer=employer)
        await make_record(session, row, source_kind=("order", "shift", "wish")[number % 3])
        await make_need(session, community, kind=("help_request", "suggestion")[number % 2])
    order = await make_order(session, community, status=OrderStatus.EXPIRED)
    order.unserved_at, order.no_taker_reason = clock.now(), "time_mismatch"
    long_ago = clock.today() - HALF_A_YEAR
    left = await make_registration(session, community, registered_on=long_ago)
    left.ended_on = long_ago + timedelta(days=50)
    await make_record(session, left, served_on=long_ago, is_work_time=True)
    session.add(
        ShownVotes(subject_id=community.id, valid=9, satisfied=8, raters=5, until_on=clock.today())
    )


@pytest.fixture
async def city(session: AsyncSession) -> City:
    """Two districts; few and enough people; a community that is closed, and a grid and a branch."""
    made = await make_city(session)
    far = await make_organization(session, "district", made.city, code="320612000000")
    there = await make_organization(session, "subdistrict", far, code="320612001000")
    made.communities += [
        await make_organization(
            session, "community", there, code=f"32061200100{n}", takes_part=True
        )
        for n in (1, 2)
    ]
    for community, people in zip(made.communities, (2, 7, 4, 3), strict=True):
        await fill(session, made, community, people)
    made.communities[3].closed_on = clock.today()
    made.employers[0].stated_headcount = 40
    await make_member(session, made.employers[1])
    branch = await make_organization(session, "employer_branch", made.employers[0])
    member = await make_member(session, made.employers[0], branch_id=branch.id)
    grid = await make_organization(session, "grid", made.communities[0])
    row = await make_registration(session, made.communities[0], member=member, grid_id=grid.id)
    await make_record(session, row)
    await session.flush()
    await summing.rebuild(session)
    return made


def places(city: City) -> dict[str, tuple[Organization, Role]]:
    """Every place that has an overview, and who reads it."""
    return {
        "city": (city.city, Role.CITY_ADMIN),
        "district": (city.district, Role.DISTRICT_ADMIN),
        "subdistrict": (city.subdistrict, Role.SUBDISTRICT_ADMIN),
        "community": (city.communities[0], Role.COMMUNITY_CLERK),
        "employer": (city.employers[0], Role.EMPLOYER_CLERK),
    }


async def three(reader: Any, actor: Actor, place: Organization, period: Period) -> Any:
    """What the three pages say, put together as the overview says it."""
    own = await reading.show(reader, actor, place.id, period)
    kinds = await reading.show(reader, actor, place.id, replace(period, by="kind"))
    below = await reading.page_below(reader, actor, ALL, place.id, None, period)
    months = own.pop("lines")
    del own["by"]
    return own | {
        "lineage": place.lineage,
        "months": months,
        "kinds": kinds["lines"],
        "below": below,
    }


@pytest.mark.parametrize("name", ["city", "district", "subdistrict", "community", "employer"])
@pytest.mark.parametrize("is_past", [False, True])
async def test_it_says_what_three_pages_say(
    session: AsyncSession, city: City, name: str, is_past: bool
) -> None:
    reader = await database.reader_of(session)
    place, role = places(city)[name]
    month = clock.today() - HALF_A_YEAR
    period = Period.of(month, month, "month") if is_past else Period.of(None, None, "month")
    above = Actor(new_id(), {Role.CITY_ADMIN: (city.city.id,)})
    for actor in (Actor(new_id(), {role: (place.id,)}), above):
        seen = await reading.overview(reader, actor, ALL, place.id, period)
        assert seen == await three(reader, actor, place, period)
        assert seen["months"]
        assert seen["below"].items


async def test_who_is_few_is_hidden_in_it(session: AsyncSession, city: City) -> None:
    reader = await database.reader_of(session)
    above = Actor(new_id(), {Role.CITY_ADMIN: (city.city.id,)})
    month = clock.today() - HALF_A_YEAR
    period = Period.of(month, month, "month")
    seen = await reading.overview(reader, above, ALL, city.subdistrict.id, period)
    assert [each["served"] for each in seen["below"].items] == [None, None]
    assert [each["needs"] for each in seen["below"].items] == [0, 0]
    assert [each["satisfaction"] for each in seen["below"].items] == ["85%—95%"] * 2
    assert seen["are_people_hidden"]


async def test_it_goes_on_page_by_page_in_the_order_of_codes(
    session: AsyncSession, city: City
) -> None:
    reader = await database.reader_of(session)
    actor = Actor(new_id(), {Role.CITY_ADMIN: (city.city.id,)})
    period, seen = Period.of(None, None, "month"), list[str]()
    cursor: str | None = None
    for _ in range(2):
        found = await reading.overview(reader, actor, Paging(1, cursor), city.city.id, period)
        seen += [each["organization_name"] for each in found["below"].items]
        cursor = found["below"].next_cursor
    assert cursor is None
    districts = [await session.get_one(Organization, city.district.id)]
    far = await session.get_one(Organization, city.communities[2].lineage[1])
    assert seen == [each.name for each in (far, *districts)]


async def test_a_level_costs_two_statements(
    session: AsyncSession, city: City, count_statements: Count
) -> None:
    reader = await database.reader_of(session)
    for name, (place, role) in places(city).items():
        actor = Actor(new_id(), {role: (place.id,)})
        with count_statements() as seen:
            await reading.overview(reader, actor, ALL, place.id, Period.of(None, None, "month"))
        assert len(seen) <= (3 if name in ("community", "employer") else 2)


async def test_it_is_of_those_that_have_summaries_and_for_their_readers(
    session: AsyncSession, city: City
) -> None:
    reader = await database.reader_of(session)
    period = Period.of(None, None, "month")
    clerk = Actor(new_id(), {Role.COMMUNITY_CLERK: (city.communities[0].id,)})
    grid = await make_organization(session, "grid", city.communities[0])
    for place, error in ((grid, NotFound), (city.communities[1], Forbidden)):
        with pytest.raises(error):
            await reading.overview(reader, clerk, ALL, place.id, period)
