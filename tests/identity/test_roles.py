"""Roles given by hand: who may give which, where, to whom, for which days."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.identity import service
from app.identity.levels import BELOW, KINDS
from app.models.house import OperationLog
from app.models.organization import Organization
from app.models.person import Person, Role, RoleGrant
from app.permissions import Permission, named_roles
from tests.factories.organizations import make_community, make_employer, make_organization
from tests.factories.people import make_person, make_staff, next_phone

R = Role
DAY = timedelta(days=1)
SignIn = Callable[[Person], dict[str, str]]
Give = Callable[..., Any]


@pytest.fixture
def give(client: AsyncClient, sign_in: SignIn) -> Give:
    """Somebody gives a role over HTTP."""

    async def given(giver: Person, place: Organization, **body: Any) -> Response:
        return await client.post(
            f"/api/v1/organizations/{place.id}/roles", json=body, headers=sign_in(giver)
        )

    return given


async def holder_of(session: AsyncSession, role: Role) -> tuple[Person, Organization]:
    """Somebody with the role, and the organization where he has it."""
    place = await make_organization(session, KINDS[role][0])
    return await make_staff(session, role, place), place


def test_only_those_who_staff_organizations_give_roles() -> None:
    assert {role.value for role in BELOW} == named_roles(Permission.ORGANIZATION_STAFF)


def test_nobody_gives_what_stands_above_him() -> None:
    order = (R.CITY_ADMIN, R.DISTRICT_ADMIN, R.SUBDISTRICT_ADMIN, R.COMMUNITY_SECRETARY)
    for place, role in enumerate(order[1:], 1):
        assert not BELOW[role] & set(order[: place + 1])
        assert BELOW[role] < BELOW[order[place - 1]]
    assert R.AUDITOR not in BELOW[R.DISTRICT_ADMIN]


@pytest.mark.parametrize("giver", list(BELOW))
async def test_each_role_gives_what_the_table_says(
    session: AsyncSession, give: Give, giver: Role
) -> None:
    person, top = await holder_of(session, giver)
    other = await make_person(session)
    for given in Role:
        kind = KINDS[given][-1]
        place = top if top.kind == kind else await make_organization(session, kind, top)
        answer = await give(person, place, person_id=str(other.id), role=given)
        if given in BELOW[giver]:
            assert answer.status_code == 201, answer.text
        elif given is giver:
            assert answer.json()["errors"][0]["pointer"] == "/valid_to"
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "role_above")


async def test_ones_own_role_is_given_for_stated_days(session: AsyncSession, give: Give) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    deputy = await make_person(session)
    last = (clock.today() + 7 * DAY).isoformat()
    answer = await give(
        secretary, community, person_id=str(deputy.id), role="community_secretary", valid_to=last
    )
    assert answer.status_code == 201
    assert answer.json() | {"id": ""} == {
        "id": "",
        "role": "community_secretary",
        "organization_id": str(community.id),
        "valid_from": clock.today().isoformat(),
        "valid_to": last,
    }


async def test_a_role_given_is_effective_at_once_and_logged_without_a_name(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, give: Give
) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    clerk = await make_person(session)
    answer = await give(secretary, community, person_id=str(clerk.id), role="community_clerk")
    me = (await client.get("/api/v1/me", headers=sign_in(clerk))).json()
    assert [role["organization_name"] for role in me["roles"]] == [community.name]
    row = await session.scalar(select(OperationLog))
    assert row is not None
    assert (row.action, row.actor_id, row.organization_id, str(row.subject_id)) == (
        "role.given",
        secretary.id,
        community.id,
        answer.json()["id"],
    )
    assert row.detail == {
        "person_id": str(clerk.id),
        "role": "community_clerk",
        "valid_to": None,
    }


async def test_a_phone_that_nobody_has_stands_for_somebody_prepared(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, give: Give
) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    phone = next_phone()
    for role in ("community_clerk", "grid_worker"):
        answer = await give(secretary, community, phone=phone, name="李小红", role=role)
        assert answer.status_code == 201
        assert phone not in answer.text
    listed = await client.get(
        f"/api/v1/organizations/{community.id}/roles", headers=sign_in(secretary)
    )
    lines = [line for line in listed.json()["items"] if line["name"] == "李**"]
    assert [line["role"] for line in lines] == ["community_clerk", "grid_worker"]
    assert {line["phone"] for line in lines} == {f"{phone[:3]}****{phone[-4:]}"}
    assert not any(line["has_signed_in"] for line in lines)


async def test_a_known_phone_is_the_person_who_has_it(session: AsyncSession, give: Give) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    person = await make_person(session, name="王建国")
    body = {"phone": person.phone, "name": "写错了", "role": "community_clerk"}
    assert (await give(secretary, community, **body)).status_code == 201
    owner = await session.scalar(
        select(RoleGrant.person_id).where(RoleGrant.role == R.COMMUNITY_CLERK)
    )
    assert owner == person.id
    assert person.name == "王建国"


async def test_nobody_gives_a_role_to_himself(session: AsyncSession, give: Give) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    whom: tuple[dict[str, Any], ...] = (
        {"person_id": str(secretary.id)},
        {"phone": secretary.phone, "name": "王建国"},
    )
    for fields in whom:
        answer = await give(secretary, community, role="community_clerk", **fields)
        assert (answer.status_code, answer.json()["code"]) == (403, "own_role")


async def test_who_staffs_another_place_gives_nothing_here(
    session: AsyncSession, give: Give
) -> None:
    secretary, _ = await holder_of(session, R.COMMUNITY_SECRETARY)
    clerk, community = await holder_of(session, R.COMMUNITY_CLERK)
    other = await make_person(session)
    for giver in (secretary, clerk):
        answer = await give(giver, community, person_id=str(other.id), role="grid_worker")
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_role_does_not_climb_above_its_kind_of_place(
    session: AsyncSession, give: Give
) -> None:
    """A secretary of a whole subdistrict would read what its own office may not."""
    admin, subdistrict = await holder_of(session, R.SUBDISTRICT_ADMIN)
    other = await make_person(session)
    answer = await give(admin, subdistrict, person_id=str(other.id), role="community_secretary")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "wrong_kind"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": "grid_worker"}, "/phone"),
        ({"role": "grid_worker", "phone": "13800138000"}, "/name"),
        ({"role": "grid_worker", "phone": "1380013800", "name": "王"}, "/phone"),
        ({"role": "grid_worker", "phone": "23800138000", "name": "王"}, "/phone"),
        ({"role": "grid_worker", "phone": "13800138000", "name": "王\n国"}, "/name"),
        ({"role": "emperor", "phone": "13800138000", "name": "王"}, "/role"),
        ({"role": "grid_worker", "person_id": str(new_id())}, "/person_id"),
        ({"role": "grid_worker", "person_id": "x"}, "/person_id"),
        (
            {"role": "grid_worker", "person_id": str(new_id()), "valid_from": "2020-01-01"},
            "/valid_from",
        ),
        (
            {"role": "grid_worker", "person_id": str(new_id()), "valid_to": "2020-01-01"},
            "/valid_to",
        ),
        ({"role": "grid_worker", "person_id": str(new_id()), "valid_to": 1}, "/valid_to"),
        ({"role": "grid_worker", "person_id": str(new_id()), "level": 9}, "/level"),
    ],
)
async def test_a_bad_role_names_the_field_and_changes_nothing(
    session: AsyncSession, give: Give, body: dict[str, Any], pointer: str
) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    answer = await give(secretary, community, **body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert len((await session.scalars(select(RoleGrant))).all()) == 1


async def test_a_closed_person_gets_no_role(session: AsyncSession, give: Give) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    gone = await make_person(session, closed_at=clock.now())
    answer = await give(secretary, community, person_id=str(gone.id), role="grid_worker")
    assert answer.json()["errors"][0]["pointer"] == "/person_id"


async def test_the_same_days_are_not_given_twice_but_later_ones_are(
    session: AsyncSession, give: Give
) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    clerk = await make_person(session)
    today = clock.today()

    async def given(first: int, last: int | None) -> int:
        answer: Response = await give(
            secretary,
            community,
            person_id=str(clerk.id),
            role="community_clerk",
            valid_from=(today + first * DAY).isoformat(),
            valid_to=None if last is None else (today + last * DAY).isoformat(),
        )
        return answer.status_code

    assert await given(5, 9) == 201
    assert await given(9, None) == 409
    assert await given(0, 5) == 409
    assert await given(0, 4) == 201
    assert await given(10, None) == 201
    assert await given(20, None) == 409


async def test_a_role_that_was_taken_back_today_can_be_given_again(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, give: Give
) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    clerk = await make_person(session)
    body = {"person_id": str(clerk.id), "role": "community_clerk"}
    first = (await give(secretary, community, **body)).json()
    path = f"/api/v1/roles/{first['id']}"
    assert (await client.delete(path, headers=sign_in(secretary))).status_code == 204
    me = (await client.get("/api/v1/me", headers=sign_in(clerk))).json()
    assert me["roles"] == []
    board = f"/api/v1/organizations/{community.id}/roles"
    assert (await client.get(board, headers=sign_in(clerk))).status_code == 403
    assert (await client.delete(path, headers=sign_in(secretary))).status_code == 404
    again = (await give(secretary, community, **body)).json()
    assert (again["id"], again["valid_to"]) == (first["id"], None)


async def test_a_role_is_taken_back_by_who_might_have_given_it(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn, give: Give
) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    colleague = await make_staff(session, R.COMMUNITY_SECRETARY, community)
    theirs = await session.scalar(select(RoleGrant.id).where(RoleGrant.person_id == colleague.id))
    answer = await client.delete(f"/api/v1/roles/{theirs}", headers=sign_in(secretary))
    assert (answer.status_code, answer.json()["code"]) == (403, "role_above")
    deputy = await make_person(session)
    acting = (
        await give(
            secretary,
            community,
            person_id=str(deputy.id),
            role="community_secretary",
            valid_to=clock.today().isoformat(),
        )
    ).json()
    answer = await client.delete(f"/api/v1/roles/{acting['id']}", headers=sign_in(secretary))
    assert answer.status_code == 204


async def test_a_role_elsewhere_is_not_found(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn
) -> None:
    secretary, _ = await holder_of(session, R.COMMUNITY_SECRETARY)
    clerk, _ = await holder_of(session, R.COMMUNITY_CLERK)
    theirs = await session.scalar(select(RoleGrant.id).where(RoleGrant.person_id == clerk.id))
    for role_id in (theirs, new_id()):
        answer = await client.delete(f"/api/v1/roles/{role_id}", headers=sign_in(secretary))
        assert answer.status_code == 404
    assert (await client.delete("/api/v1/roles/x", headers=sign_in(secretary))).status_code == 422


async def test_the_list_is_paged_and_says_nothing_in_clear(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn
) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    for _ in range(4):
        await make_staff(session, R.COMMUNITY_CLERK, community)
    gone = await make_staff(session, R.COMMUNITY_CLERK, community)
    nameless = await make_staff(session, R.GRID_WORKER, community, name=None)
    nameless.phone = None
    row = await session.scalar(select(RoleGrant).where(RoleGrant.person_id == gone.id))
    assert row is not None
    row.valid_to = clock.today() - DAY
    await session.flush()
    path, seen, cursor = f"/api/v1/organizations/{community.id}/roles", [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = await client.get(path, params=params, headers=sign_in(secretary))
        page = answer.json()
        assert str(secretary.phone) not in answer.text
        seen += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert len(seen) == 6
    assert str(gone.id) not in [line["person_id"] for line in seen]
    assert {line["name"] for line in seen} == {"王**", None}
    assert seen[-1]["phone"] is None


async def test_only_who_staffs_the_place_reads_its_roles(
    client: AsyncClient, session: AsyncSession, sign_in: SignIn
) -> None:
    clerk, community = await holder_of(session, R.COMMUNITY_CLERK)
    for place, status in ((community.id, 403), (new_id(), 404)):
        answer = await client.get(f"/api/v1/organizations/{place}/roles", headers=sign_in(clerk))
        assert answer.status_code == status


async def test_the_statements_are_few(
    client: AsyncClient,
    session: AsyncSession,
    sign_in: SignIn,
    give: Give,
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    secretary, community = await holder_of(session, R.COMMUNITY_SECRETARY)
    with count_statements() as giving:
        answer = await give(
            secretary, community, phone=next_phone(), name="李小红", role="community_clerk"
        )
    with count_statements() as listing:
        await client.get(f"/api/v1/organizations/{community.id}/roles", headers=sign_in(secretary))
    with count_statements() as ending:
        await client.delete(f"/api/v1/roles/{answer.json()['id']}", headers=sign_in(secretary))
    assert (len(listing) <= 4, len(giving) <= 12, len(ending) <= 12) == (True, True, True)


async def test_the_command_line_makes_the_first_administrator(session: AsyncSession) -> None:
    city = await make_organization(session, "city")
    phone = next_phone()
    row = await service.found_admin(
        session, phone=phone, name="张主任", organization_id=city.id, role=R.CITY_ADMIN
    )
    person = await session.get_one(Person, row.person_id)
    assert (person.name, person.phone, person.phone_verified_at) == ("张主任", phone, None)
    assert (row.role, row.organization_id, row.granted_by_id) == (R.CITY_ADMIN, city.id, None)


async def test_an_employer_secretary_staffs_the_own_employer_only(
    session: AsyncSession, give: Give
) -> None:
    employer = await make_employer(session)
    secretary = await make_staff(session, R.EMPLOYER_SECRETARY, employer)
    branch = await make_organization(session, "employer_branch", employer)
    other = await make_employer(session)
    clerk, community = await make_person(session), await make_community(session)
    for place, status in ((branch, 201), (other, 403), (community, 403)):
        answer = await give(secretary, place, person_id=str(clerk.id), role="employer_clerk")
        assert answer.status_code == status
