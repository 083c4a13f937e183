"""The figures below an organization as GeoJSON: the overview's, joined by code, with no place made up."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock, database
from app.core.paging import Paging
from app.models.organization import Organization
from app.models.person import Person, Role
from app.permissions import Actor
from app.statistics import layer, reading
from app.statistics.period import Period
from app.statistics.schemas import OrganizationFigures
from tests.factories.people import make_person, make_staff
from tests.statistics.test_overview import ALL, HALF_A_YEAR, city, places
from tests.statistics.town import City

__all__ = ["city"]

Count = Callable[[], AbstractContextManager[list[str]]]
Headers = Callable[[Person], dict[str, str]]
LEVELS = ["city", "district", "subdistrict", "community", "employer"]


class Desk:
    """Asks for layers."""

    def __init__(self, client: AsyncClient, sign_in: Headers) -> None:
        self.client, self.sign_in = client, sign_in

    async def ask(self, who: Person, place: Organization, **query: str) -> Response:
        path = f"/api/v1/organizations/{place.id}/statistics/layer"
        return await self.client.get(path, params=query, headers=self.sign_in(who))

    async def get(self, who: Person, place: Organization, **query: str) -> Any:
        answer = await self.ask(who, place, **query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/geo+json"
        return answer.json()


@pytest.fixture
def desk(client: AsyncClient, sign_in: Headers) -> Desk:
    return Desk(client, sign_in)


@pytest.mark.parametrize("name", LEVELS)
async def test_its_features_are_the_overviews_lines_in_the_order_of_codes(
    session: AsyncSession, city: City, desk: Desk, name: str
) -> None:
    place, role = places(city)[name]
    who = await make_staff(session, role, place)
    seen = await desk.get(who, place)
    actor = Actor(who.id, {role: (place.id,)})
    period = Period.of(None, None, "month")
    row = await reading.overview(await database.reader_of(session), actor, ALL, place.id, period)
    assert (seen["since"], seen["until"]) == (row["since"].isoformat(), row["until"].isoformat())
    assert seen["type"] == "FeatureCollection"
    assert [each["properties"] for each in seen["features"]] == [
        OrganizationFigures.model_validate(each).model_dump(mode="json")
        for each in row["below"].items
    ]
    assert seen["features"]
    for each in seen["features"]:
        below = await session.get_one(Organization, each["properties"]["organization_id"])
        assert (each["type"], each["geometry"]) == ("Feature", None)
        assert each["id"] == below.code or (below.code, each["id"]) == (None, str(below.id))
    codes = [each["id"] for each in seen["features"]]
    assert codes == sorted(codes)


async def test_who_is_few_is_null_in_it(session: AsyncSession, city: City, desk: Desk) -> None:
    above = await make_staff(session, Role.CITY_ADMIN, city.city)
    month = (clock.today() - HALF_A_YEAR).isoformat()
    seen = await desk.get(above, city.subdistrict, **{"from": month, "to": month})
    lines = [each["properties"] for each in seen["features"]]
    assert [each["id"] for each in seen["features"]] == [each.code for each in city.communities[:2]]
    assert [each["served"] for each in lines] == [None, None]
    assert [each["volunteer_minutes"] for each in lines] == [None, None]
    assert [each["needs"] for each in lines] == [0, 0]


@pytest.mark.parametrize("name", LEVELS)
async def test_it_costs_what_the_overview_costs(
    session: AsyncSession, city: City, count_statements: Count, name: str
) -> None:
    reader = await database.reader_of(session)
    place, role = places(city)[name]
    actor, period = Actor(None, {role: (place.id,)}), Period.of(None, None, "month")
    with count_statements() as of_overview:
        await reading.overview(reader, actor, Paging(layer.MOST, None), place.id, period)
    with count_statements() as of_layer:
        await layer.show(reader, actor, place.id, period)
    assert len(of_layer) == len(of_overview) <= 3


async def test_it_is_refused_as_the_overview_is(
    session: AsyncSession, city: City, desk: Desk
) -> None:
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, city.communities[0])
    assert (await desk.ask(clerk, city.communities[1])).status_code == 403
    assert (await desk.ask(await make_person(session), city.city)).status_code == 403
    office = await make_staff(session, Role.CITY_ADMIN, city.city)
    wrong = await desk.ask(office, city.city, **{"from": "2026-02-01", "to": "2026-01-01"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
