"""Residents: bound by themselves, entered by staff, on the community's list."""

from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.http.actors import Actors
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.member import Resident
from app.models.need import NeedKind
from app.models.person import Person
from app.residents import leaving
from tests.factories.members import make_resident
from tests.factories.needs import make_need
from tests.factories.organizations import make_community
from tests.factories.people import make_person
from tests.factories.reports import make_consent
from tests.members.town import Desk, Town, desk, town

__all__ = ["desk", "town"]


@pytest.fixture
async def resident(session: AsyncSession) -> Person:
    person = await make_person(session, name="李梅")
    await make_consent(session, person.id, "resident_core")
    return person


def home(town: Town, **fields: Any) -> dict[str, Any]:
    return {"community_id": str(town.community.id)} | fields


async def test_a_resident_binds_lists_and_ends_his_home(
    desk: Desk, town: Town, resident: Person
) -> None:
    bound = await desk.post(
        resident, "/me/residences", **home(town, building_id=str(town.building.id))
    )
    assert bound.status_code == 201
    (mine,) = await desk.get(resident, "/me/residences")
    assert (mine["community_name"], mine["building_name"]) == (
        town.community.name,
        town.building.name,
    )
    twice = await desk.post(resident, "/me/residences", **home(town))
    assert (twice.status_code, twice.json()["code"]) == (409, "bound_already")
    head = desk.sign_in(resident)
    path = f"/api/v1/me/residences/{mine['id']}"
    assert (await desk.client.delete(path, headers=head)).status_code == 204
    assert (await desk.client.delete(path, headers=head)).status_code == 404
    again = await desk.post(resident, "/me/residences", **home(town, building_text="三幢"))
    assert again.status_code == 201


async def test_who_has_bound_his_home_belongs_there_at_once(
    session: AsyncSession,
    app: FastAPI,
    desk: Desk,
    town: Town,
    resident: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.state, "actors", Actors())
    need = await make_need(session, town.community, kind=NeedKind.SNAPSHOT_REPORT)
    assert (await desk.post(resident, f"/needs/{need.id}/support")).status_code == 404
    await desk.post(resident, "/me/residences", **home(town))
    assert (await desk.post(resident, f"/needs/{need.id}/support")).status_code == 204


async def test_consent_a_phone_and_a_place_that_takes_part_come_first(
    desk: Desk, town: Town, resident: Person, session: AsyncSession
) -> None:
    stranger = await make_person(session)
    refused = await desk.post(stranger, "/me/residences", **home(town))
    assert refused.json()["code"] == "consent_missing"
    bare = await make_person(session, phone_verified_at=None)
    await make_consent(session, bare.id, "resident_core")
    refused = await desk.post(bare, "/me/residences", **home(town))
    assert refused.json()["code"] == "phone_required"
    far = await make_community(session, takes_part=False)
    for fields, pointer in (
        ({"community_id": str(far.id)}, "/community_id"),
        ({"community_id": str(new_id())}, "/community_id"),
        ({"building_id": str(town.grid.id)}, "/building_id"),
        ({"building_id": str(new_id())}, "/building_id"),
    ):
        refused = await desk.post(resident, "/me/residences", **home(town, **fields))
        assert refused.json()["errors"][0]["pointer"] == pointer


async def test_staff_enters_somebody_without_a_phone(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    path = f"/organizations/{town.community.id}/residents"
    made = await desk.post(town.clerk, path, name="王奶奶", building_text="三幢")
    assert made.status_code == 201
    row = await session.get_one(Resident, made.json()["id"])
    assert (row.name, row.person_id, row.entered_by_id) == ("王奶奶", None, town.clerk.id)
    assert (await desk.post(await make_person(session), path)).status_code == 403
    for inner in (new_id(), town.grid.id):
        nowhere = f"/organizations/{inner}/residents"
        assert (await desk.post(town.clerk, nowhere)).status_code == 404
        assert (await desk.get(town.clerk, nowhere))["code"] == "not_found"
    refused = await desk.post(town.clerk, path, building_id=str(town.grid.id))
    assert refused.json()["errors"][0]["pointer"] == "/building_id"


async def test_the_communitys_list_masks_names(
    desk: Desk, town: Town, resident: Person, session: AsyncSession
) -> None:
    await make_resident(session, town.community, resident)
    await make_resident(session, town.community, person_id=None, name="王奶奶")
    await make_resident(session, town.community, person_id=None)
    path = f"/organizations/{town.community.id}/residents?limit=2"
    first = await desk.get(town.clerk, path)
    rest = await desk.get(town.clerk, f"{path}&cursor={first['next_cursor']}")
    names = [(item["name"], item["has_account"]) for item in first["items"] + rest["items"]]
    assert names == [("李*", True), ("王**", False), (None, False)]
    assert (await desk.get(resident, path))["code"] == "forbidden"
    nowhere = f"/organizations/{new_id()}/residents"
    assert (await desk.get(town.clerk, nowhere))["code"] == "not_found"


async def test_who_agrees_no_longer_or_is_gone_lives_nowhere_here(
    town: Town, resident: Person, session: AsyncSession
) -> None:
    home = await make_resident(
        session, town.community, resident, building_id=town.building.id, building_text="三幢"
    )
    other = await make_resident(session, town.community)

    async def lives(row: Resident) -> tuple[bool, bool]:
        found = await session.get_one(Resident, row.id, populate_existing=True)
        return found.ended_at is None, (found.building_id or found.building_text) is not None

    unrelated = ConsentWithdrawn(person_id=resident.id, purpose="contact_at_service")
    await leaving.on_consent_withdrawn(session, 1, unrelated)
    assert await lives(home) == (True, True)
    gone = ConsentWithdrawn(person_id=resident.id, purpose="resident_core")
    await leaving.on_consent_withdrawn(session, 1, gone)
    assert await lives(home) == (False, False)
    await leaving.on_account_closed(session, 2, AccountClosed(person_id=resident.id))
    assert await lives(home) == (False, False)
    assert await lives(other) == (True, False)
