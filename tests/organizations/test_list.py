"""The tree of organizations as anybody reads it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from tests.factories.organizations import make_community, make_organization

PATH = "/api/v1/organizations"


async def test_a_list_goes_page_by_page_in_official_order(
    client: AsyncClient, session: AsyncSession
) -> None:
    community = await make_community(session)
    for position in (3, 1, 2):
        await make_organization(session, "grid", community, name=f"G{position}", position=position)
    query = {"parent_id": str(community.id), "kind": "grid", "limit": "2"}
    first = (await client.get(PATH, params=query)).json()
    assert [item["name"] for item in first["items"]] == ["G1", "G2"]
    second = (await client.get(PATH, params=query | {"cursor": first["next_cursor"]})).json()
    assert ([item["name"] for item in second["items"]], second["next_cursor"]) == (["G3"], None)


async def test_only_communities_that_take_part_are_offered(
    client: AsyncClient, session: AsyncSession
) -> None:
    community = await make_community(session)
    subdistrict = str(community.parent_id)
    parent = await session.get_one(type(community), community.parent_id)
    await make_organization(session, "community", parent, takes_part=False)
    query = {"parent_id": subdistrict, "kind": "community", "taking_part": "true"}
    answer = (await client.get(PATH, params=query)).json()
    assert [item["id"] for item in answer["items"]] == [str(community.id)]


@pytest.mark.parametrize("limit", ["1", "50"])
async def test_a_list_costs_one_statement_whatever_its_length(
    client: AsyncClient,
    session: AsyncSession,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
    limit: str,
) -> None:
    community = await make_community(session)
    for _ in range(5):
        await make_organization(session, "grid", community)
    query = {"parent_id": str(community.id), "kind": "grid", "limit": limit}
    with count_statements() as seen:
        assert (await client.get(PATH, params=query)).status_code == 200
    assert len(seen) == 1


async def test_a_cursor_of_another_list_is_refused_by_name(
    client: AsyncClient, session: AsyncSession
) -> None:
    community = await make_community(session)
    for _ in range(2):
        await make_organization(session, "grid", community)
    query = {"parent_id": str(community.id), "kind": "grid", "limit": "1"}
    cursor = (await client.get(PATH, params=query)).json()["next_cursor"]
    answer = await client.get(PATH, params=query | {"kind": "compound", "cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/cursor"


async def test_one_organization_names_its_parent(
    client: AsyncClient, session: AsyncSession
) -> None:
    community = await make_community(session, name="学田社区")
    grid = await make_organization(session, "grid", community)
    answer = (await client.get(f"{PATH}/{grid.id}")).json()
    assert (answer["name"], answer["parent_name"]) == (grid.name, "学田社区")


async def test_an_unknown_organization_is_not_found(client: AsyncClient) -> None:
    answer = await client.get(f"{PATH}/{new_id()}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_an_empty_place_is_told_from_one_that_is_not_there(
    client: AsyncClient, session: AsyncSession
) -> None:
    community = await make_community(session)
    compound = await make_organization(session, "compound", community)
    closed = await make_organization(session, "compound", community, closed_on=clock.today())
    places = {
        "/api/v1/organizations/{}/buildings": compound,
        "/api/v1/organizations?kind=grid&parent_id={}": community,
        "/api/v1/communities?under={}": compound,
        "/api/v1/board/{}": community,
    }
    for path, place in places.items():
        answer = await client.get(path.format(place.id))
        assert (answer.status_code, answer.json()["items"]) == (200, []), path
        for missing in (new_id(), closed.id):
            assert (await client.get(path.format(missing))).status_code == 404, path
    for path, wrong in (
        ("/api/v1/organizations/{}/buildings", community),
        ("/api/v1/board/{}", compound),
    ):
        assert (await client.get(path.format(wrong.id))).status_code == 404, path
