"""Pairings: proposed by one side, confirmed by the other, with a receipt."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.errors import Forbidden
from app.core.ids import new_id
from app.lifecycle import BadTransition, ReasonRequired
from app.models.organization import (
    Organization,
    OrganizationRegistration,
    OrganizationRegistrationStep,
    PairingStatus,
)
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.organizations.pairings import LIFECYCLE, PairingAction
from app.permissions import Permission
from tests.factories.organizations import make_community, make_employer, make_organization
from tests.factories.people import make_staff

PATH = "/api/v1/pairings"
SignIn = Callable[[Person], dict[str, str]]
S, A, P = PairingStatus, PairingAction, Permission

NEXT = {
    (S.PROPOSED, A.CONFIRM): S.ACTIVE,
    (S.PROPOSED, A.END): S.ENDED,
    (S.ACTIVE, A.END): S.ENDED,
}


@pytest.mark.parametrize("action", A)
@pytest.mark.parametrize("status", S)
def test_every_step_of_a_pairing(status: PairingStatus, action: PairingAction) -> None:
    row = OrganizationRegistration(status=status)
    granted = {P.PAIRING_CONFIRM, P.PAIRING_END}
    with pytest.raises(Forbidden):
        LIFECYCLE.move(row, action, (), reason="x")
    expected = NEXT.get((status, action))
    if expected is None:
        with pytest.raises(BadTransition):
            LIFECYCLE.move(row, action, granted, reason="x")
    else:
        LIFECYCLE.move(row, action, granted, reason="x")
        assert row.status == expected


def test_an_end_is_explained() -> None:
    row = OrganizationRegistration(status=S.ACTIVE)
    with pytest.raises(ReasonRequired):
        LIFECYCLE.move(row, A.END, {P.PAIRING_END})


class Two(NamedTuple):
    """A community and an employer, with a secretary each, signed in."""

    community: Organization
    employer: Organization
    of_community: dict[str, str]
    of_employer: dict[str, str]


@pytest.fixture
async def two(session: AsyncSession, sign_in: SignIn) -> Two:
    """Both sides of a pairing to be."""
    community, employer = (
        await make_community(session, code="320613001001"),
        await make_employer(session),
    )
    first = await make_staff(session, Role.COMMUNITY_SECRETARY, community)
    second = await make_staff(session, Role.EMPLOYER_SECRETARY, employer)
    return Two(community, employer, sign_in(first), sign_in(second))


async def propose(client: AsyncClient, two: Two, headers: dict[str, str], **other: Any) -> Any:
    """The answer to a proposal."""
    body = {"employer_id": str(two.employer.id), "community_id": str(two.community.id)} | other
    return await client.post(PATH, json=body, headers=headers)


async def move(
    client: AsyncClient, pairing: Any, action: str, headers: dict[str, str], **body: str
) -> Any:
    """The answer to a step."""
    return await client.post(f"{PATH}/{pairing['id']}/{action}", json=body, headers=headers)


async def test_what_an_employer_proposes_the_community_confirms(
    client: AsyncClient, session: AsyncSession, two: Two
) -> None:
    answer = await propose(client, two, two.of_employer)
    pairing = answer.json()
    assert (answer.status_code, pairing["status"], pairing["proposed_by"]) == (
        201,
        "proposed",
        "employer",
    )
    assert pairing["open_to"] == ["end"]
    assert (await move(client, pairing, "confirm", two.of_employer)).status_code == 403
    confirmed = (await move(client, pairing, "confirm", two.of_community)).json()
    year = clock.today().year
    assert confirmed["status"] == "active"
    assert confirmed["receipt_number"] == f"ZJ-320613001001-{year}-000001"
    again = await move(client, pairing, "confirm", two.of_community)
    assert (again.status_code, again.json()["code"]) == (409, "bad_transition")
    steps = await session.scalars(
        select(OrganizationRegistrationStep.entered).order_by(OrganizationRegistrationStep.id)
    )
    assert steps.all() == ["proposed", "active"]
    told = await session.scalars(select(OutboxEntry.name))
    assert told.all() == ["pairing.moved", "pairing.moved"]


async def test_what_a_community_proposes_the_employer_confirms(
    client: AsyncClient, two: Two
) -> None:
    pairing = (await propose(client, two, two.of_community)).json()
    assert (await move(client, pairing, "confirm", two.of_community)).status_code == 403
    confirmed = await move(client, pairing, "confirm", two.of_employer)
    assert confirmed.json()["status"] == "active"


async def test_an_ended_pairing_makes_room_for_a_new_one(client: AsyncClient, two: Two) -> None:
    pairing = (await propose(client, two, two.of_employer)).json()
    twice = await propose(client, two, two.of_community)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_paired")
    silent = await move(client, pairing, "end", two.of_community)
    assert (silent.status_code, silent.json()["errors"][0]["pointer"]) == (422, "/reason")
    ended = await move(client, pairing, "end", two.of_community, reason="期满")
    assert (ended.json()["status"], ended.json()["open_to"]) == ("ended", [])
    assert (await propose(client, two, two.of_community)).status_code == 201


async def test_strangers_see_nothing_and_propose_nothing(
    client: AsyncClient, session: AsyncSession, two: Two, sign_in: SignIn
) -> None:
    pairing = (await propose(client, two, two.of_employer)).json()
    other = sign_in(
        await make_staff(session, Role.COMMUNITY_SECRETARY, await make_community(session))
    )
    assert (await move(client, pairing, "end", other, reason="x")).status_code == 404
    assert (await propose(client, two, other)).status_code == 403
    assert (await client.get(of(two.community.id), headers=other)).status_code == 403
    assert (await client.get(of(new_id()), headers=other)).status_code == 404


async def test_only_employers_and_communities_that_take_part_are_paired(
    client: AsyncClient, session: AsyncSession, two: Two
) -> None:
    grid = await make_organization(session, "grid", two.community)
    idle = await make_community(session, takes_part=False)
    for field, wrong in (
        ("employer_id", grid.id),
        ("employer_id", new_id()),
        ("community_id", idle.id),
        ("community_id", two.employer.id),
        ("community_id", new_id()),
    ):
        answer = await propose(client, two, two.of_employer, **{field: str(wrong)})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/{field}"


def of(organization_id: UUID) -> str:
    """Where an organization's pairings are."""
    return f"/api/v1/organizations/{organization_id}/pairings"


async def test_both_sides_list_their_pairings_page_by_page(
    client: AsyncClient,
    two: Two,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    first = (await propose(client, two, two.of_employer)).json()
    await move(client, first, "end", two.of_employer, reason="重来")
    second = (await propose(client, two, two.of_employer)).json()
    url, query = of(two.employer.id), {"limit": "1"}
    page = (await client.get(url, params=query, headers=two.of_employer)).json()
    assert [item["id"] for item in page["items"]] == [second["id"]]
    query["cursor"] = page["next_cursor"]
    with count_statements() as seen:
        page = (await client.get(url, params=query, headers=two.of_employer)).json()
    assert [item["id"] for item in page["items"]] == [first["id"]]
    assert len(seen) <= 4
    page = (await client.get(of(two.community.id), headers=two.of_community)).json()
    assert [item["open_to"] for item in page["items"]] == [["confirm", "end"], []]
