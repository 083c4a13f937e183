"""Finding a place: the way up, communities by name, buildings, and what a building suggests."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.core.ids import new_id
from app.models.organization import Organization
from app.organizations import places
from tests.factories.organizations import make_community, make_organization

PATH = "/api/v1/organizations"
Counting = Callable[[], AbstractContextManager[list[str]]]


async def test_the_way_up_begins_at_the_root(
    client: AsyncClient, session: AsyncSession, count_statements: Counting
) -> None:
    community = await make_community(session, name="学田社区")
    with count_statements() as seen:
        answer = await client.get(f"{PATH}/{community.id}/path")
    assert [one["kind"] for one in answer.json()] == [
        "city",
        "district",
        "subdistrict",
        "community",
    ]
    assert len(seen) == 1
    assert (await client.get(f"{PATH}/{new_id()}/path")).status_code == 404


async def test_communities_that_take_part_are_found_by_a_part_of_their_name(
    client: AsyncClient, session: AsyncSession
) -> None:
    community = await make_community(session, name="学田社区")
    street = await session.get_one(Organization, community.parent_id)
    await make_organization(session, "community", street, name="学田二社区", takes_part=True)
    await make_organization(session, "community", street, name="学田三社区")
    await make_community(session, name="学田四社区")
    query = {"under": str(community.lineage[0]), "q": "学田", "limit": "1"}
    first = (await client.get("/api/v1/communities", params=query)).json()
    second = (
        await client.get("/api/v1/communities", params=query | {"cursor": first["next_cursor"]})
    ).json()
    names = [item["name"] for item in first["items"] + second["items"]]
    assert (sorted(names), second["next_cursor"]) == (["学田二社区", "学田社区"], None)
    assert first["items"][0]["subdistrict_name"] == street.name
    assert first["items"][0]["district_name"].startswith("district")
    everything = {"under": str(street.id)}
    found = (await client.get("/api/v1/communities", params=everything)).json()
    assert len(found["items"]) == 2


async def test_a_percent_sign_finds_only_itself(client: AsyncClient, session: AsyncSession) -> None:
    community = await make_community(session)
    query = {"under": str(community.lineage[0]), "q": "%"}
    assert (await client.get("/api/v1/communities", params=query)).json()["items"] == []


async def test_buildings_of_a_compound_come_by_number(
    client: AsyncClient, session: AsyncSession, count_statements: Counting
) -> None:
    community = await make_community(session)
    compound = await make_organization(session, "compound", community)
    grids = [await make_organization(session, "grid", community) for _ in range(2)]
    for number in (10, 9, 2):
        await make_organization(
            session,
            "building",
            grids[number % 2],
            name=f"{number}幢",
            position=number,
            compound_id=compound.id,
        )
    url = f"{PATH}/{compound.id}/buildings"
    with count_statements() as seen:
        first = (await client.get(url, params={"limit": "2"})).json()
    assert [item["name"] for item in first["items"]] == ["2幢", "9幢"]
    assert first["items"][1]["grid_name"] == grids[1].name
    assert len(seen) == 1
    rest = (await client.get(url, params={"cursor": first["next_cursor"]})).json()
    assert [item["name"] for item in rest["items"]] == ["10幢"]


async def test_a_building_suggests_its_compound_grid_branch_and_group(
    session: AsyncSession, count_statements: Counting
) -> None:
    community = await make_community(session)
    compound = await make_organization(session, "compound", community)
    grid = await make_organization(session, "grid", community)
    building = await make_organization(session, "building", grid, compound_id=compound.id)
    assert await places.suggest(session, building.id) == (compound.id, grid.id, None, None)
    branch = await make_organization(session, "functional_branch", community)
    assert await places.suggest(session, building.id) == (compound.id, grid.id, branch.id, None)
    group = await make_organization(session, "functional_group", branch, grid_id=grid.id)
    with count_statements() as seen:
        found = await places.suggest(session, building.id)
    assert found == (compound.id, grid.id, branch.id, group.id)
    assert len(seen) == 1
    with pytest.raises(NotFound):
        await places.suggest(session, grid.id)
