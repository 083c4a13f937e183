"""Each purpose of a resident opens its own function; refused or withdrawn, it closes only that."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.events import AccountClosed, ConsentWithdrawn, PhoneRevoked
from app.models.need import Acceptance, Need, NeedStatus, NeedStep, Route
from app.models.order import Order
from app.models.outbox import OutboxEntry
from app.models.person import Person
from app.needs import acceptance, leaving
from app.permissions import Actor
from tests.factories.members import make_resident
from tests.factories.needs import make_need
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person
from tests.factories.reports import make_consent
from tests.needs.town import PURPOSES, Desk, Town, desk, fresh, town

__all__ = ["desk", "town"]

CORE, ADDRESS, CONTACT = PURPOSES


async def neighbour(session: AsyncSession, town: Town, *purposes: str) -> Person:
    person = await make_person(session)
    await make_resident(session, town.community, person)
    for purpose in purposes:
        await make_consent(session, person.id, purpose)
    return person


async def test_without_the_residents_purpose_nothing_is_taken_in(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    refused = await desk.post(await neighbour(session, town), "/needs", words="想学用手机")
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_missing")
    assert (await session.scalars(select(Need))).all() == []


async def test_a_door_wants_its_own_consent_and_the_phone_is_shared_by_consent(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    shy = await neighbour(session, town, CORE)
    refused = await desk.post(shy, "/needs", words="想学用手机", door="3幢201")
    assert refused.json()["errors"][0] == {
        "pointer": "/door",
        "code": "consent_missing",
        "message": "填写门牌号需先同意“上门地址”说明",
    }
    made = await desk.post(shy, "/needs", words="想学用手机")
    need = await fresh(session, made.json()["id"])
    assert (need.shares_phone, need.contact_phone) == (False, shy.phone)
    made = await desk.post(town.resident, "/needs", words="想学用手机", door="3幢201")
    need = await fresh(session, made.json()["id"])
    assert (need.shares_phone, need.door) == (True, "3幢201")


@pytest.mark.parametrize("shares", [False, True])
async def test_only_a_phone_that_may_be_shared_goes_to_who_comes(
    desk: Desk, town: Town, session: AsyncSession, shares: bool
) -> None:
    need = await make_need(
        session,
        town.community,
        town.resident,
        status=NeedStatus.ACCEPTED,
        route=Route.ORDER,
        category="phone_teaching",
        shares_phone=shares,
    )
    made = await desk.post(
        town.clerk,
        f"/organizations/{town.community.id}/orders",
        title="教用手机",
        starts_at="2027-01-09T09:00:00Z",
        ends_at="2027-01-09T10:00:00Z",
        seats=1,
        need_ids=[str(need.id)],
    )
    order = await session.get_one(Order, made.json()["id"])
    assert order.contact_phone == (town.resident.phone if shares else None)


async def test_a_need_is_entered_in_a_community_and_at_a_building_of_it(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    grid = await make_organization(session, "grid", town.community)
    building = await make_organization(session, "building", grid)
    body: dict[str, Any] = {"words": "灯坏了", "source": "phone"}
    path = f"/organizations/{town.community.id}/needs"
    far = await make_organization(session, "grid", await make_community(session))
    foreign = await make_organization(session, "building", far)
    for building_id in (grid.id, foreign.id, town.clerk.id):
        refused = await desk.post(town.clerk, path, **body, building_id=str(building_id))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (
            422,
            "/building_id",
        )
    made = await desk.post(
        town.clerk, path, **body, building_id=str(building.id), shares_phone=True
    )
    need = await fresh(session, made.json()["id"])
    assert (need.building_id, need.shares_phone) == (building.id, True)
    inner = f"/organizations/{grid.id}/needs"
    assert (await desk.post(town.clerk, inner, **body)).status_code == 404
    assert (await desk.get(town.clerk, inner))["code"] == "not_found"


async def asked_for(session: AsyncSession, town: Town) -> tuple[Need, Need, Need]:
    """An open need, one that waits for its answer, one that has ended."""
    waiting, ended = [
        await make_need(session, town.community, town.resident, status=status)
        for status in (NeedStatus.IN_HAND, NeedStatus.SOLVED)
    ]
    opened = await make_need(session, town.community, town.resident, wished_time="周六")
    session.add(
        NeedStep(need_id=opened.id, action="answer_back", entered="submitted", reason="三楼")
    )
    await acceptance.finish(session, Actor.system(), [waiting], None, [])
    return opened, waiting, ended


@pytest.mark.parametrize("way", ["withdraw", "close"])
async def test_who_leaves_has_no_open_need_and_nothing_of_his_own_is_kept(
    town: Town, session: AsyncSession, way: str
) -> None:
    rows = await asked_for(session, town)
    other = await make_need(session, town.community)
    for _ in range(2):
        if way == "withdraw":
            gone = ConsentWithdrawn(person_id=town.resident.id, purpose=CORE)
            await leaving.on_consent_withdrawn(session, 1, gone)
        else:
            await leaving.on_account_closed(session, 1, AccountClosed(person_id=town.resident.id))
    states = []
    for row in rows:
        need = await fresh(session, row.id)
        states.append(need.status)
        assert need.words == leaving.ERASED
        assert not any((need.door, need.contact_phone, need.contact_name, need.wished_time))
    assert states == [NeedStatus.WITHDRAWN, NeedStatus.UNANSWERED, NeedStatus.SOLVED]
    assert (await session.scalars(select(Acceptance.status))).all() == ["silent"]
    reasons = await session.scalars(select(NeedStep.reason).where(NeedStep.action == "answer_back"))
    assert reasons.all() == [None]
    assert (await fresh(session, other.id)).door is not None
    facts = await session.scalars(select(OutboxEntry.payload))
    assert [fact["action"] for fact in facts].count("revoke") == 1


async def test_a_withdrawn_purpose_takes_only_its_own(town: Town, session: AsyncSession) -> None:
    need = await make_need(session, town.community, town.resident)

    async def kept() -> tuple[bool, bool, bool]:
        row = await fresh(session, need.id)
        return row.door is not None, row.shares_phone, row.contact_phone is not None

    for event, left in (
        (ConsentWithdrawn(person_id=town.resident.id, purpose="relay_thanks"), (True, True, True)),
        (ConsentWithdrawn(person_id=town.resident.id, purpose=CONTACT), (True, False, True)),
        (ConsentWithdrawn(person_id=town.resident.id, purpose=ADDRESS), (False, False, True)),
    ):
        await leaving.on_consent_withdrawn(session, 1, event)
        assert await kept() == left
    await leaving.on_phone_revoked(session, 1, PhoneRevoked(person_id=town.resident.id))
    assert await kept() == (False, False, False)
    assert (await fresh(session, need.id)).status is NeedStatus.SUBMITTED
