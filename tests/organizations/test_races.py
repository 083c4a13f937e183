"""Two at once: a file is applied once, a code is given once, a leaf never loses its branch."""

import asyncio
import io
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from app.models.organization import Organization
from app.models.person import Role
from app.organizations import divisions
from app.permissions import Actor
from tests.factories.people import make_staff
from tests.organizations.test_divisions import SMALL, count_crooked, find


@pytest.fixture
async def admin(committed: FastAPI) -> AsyncIterator[tuple[AsyncClient, Organization]]:
    """Runs a city that is committed, signed in; and its community."""
    async with committed.state.sessions.begin() as session:
        plan = await divisions.stage(session, io.BytesIO(SMALL.encode()))
        await divisions.write(session, Actor.system(), plan, close_vanished=False)
        person = await make_staff(session, Role.CITY_ADMIN, await find(session, "320600"))
        community = await find(session, "320613001001")
    headers = {"Authorization": f"Bearer {committed.state.tokens.sign(person.id)}"}
    transport = ASGITransport(committed)
    async with AsyncClient(transport=transport, base_url="http://t", headers=headers) as client:
        yield client, community


async def test_a_file_applied_twice_at_once_is_applied_once(
    admin: tuple[AsyncClient, Organization],
) -> None:
    client, _ = admin
    file = SMALL + "320613001002,新社区,community,320613001\n"
    previewed = await client.post(
        "/api/v1/imports/divisions", files={"file": ("a.csv", file.encode())}
    )
    url = f"/api/v1/imports/{previewed.json()['id']}/apply"
    answers = await asyncio.gather(*(client.post(url, json={}) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "bad_transition"
    }


async def test_one_of_many_twins_is_made(admin: tuple[AsyncClient, Organization]) -> None:
    client, community = admin
    url = f"/api/v1/organizations/{community.id}/children"
    for kind, code in (("grid", "name_taken"), ("functional_branch", "only_one")):
        body = {"kind": kind, "name": "第一"}
        answers = await asyncio.gather(*(client.post(url, json=body) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
        assert {each.json()["code"] for each in answers if each.status_code == 409} == {code}


async def test_what_grows_while_its_branch_moves_hangs_straight(
    committed: FastAPI, admin: tuple[AsyncClient, Organization]
) -> None:
    client, community = admin
    file = SMALL.replace("城东街道,street,320613", "城东街道,street,320612")

    async def move() -> None:
        async with committed.state.sessions.begin() as session:
            plan = await divisions.stage(session, io.BytesIO(file.encode()))
            await divisions.write(session, Actor.system(), plan, close_vanished=False)

    async def grow(number: int) -> None:
        url = f"/api/v1/organizations/{community.id}/children"
        answer = await client.post(url, json={"kind": "grid", "name": f"网格{number}"})
        assert answer.status_code == 201

    await asyncio.gather(*(grow(number) for number in range(4)), move(), *map(grow, range(4, 8)))
    async with committed.state.sessions.begin() as session:
        assert await count_crooked(session) == 0
