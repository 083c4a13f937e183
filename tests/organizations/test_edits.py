"""The tree changed one by one: what stands where, who may, and what never leaves a hole."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.core.ids import new_id
from app.models.organization import Organization
from app.models.outbox import OutboxEntry
from app.models.person import Person, Role
from app.organizations import appointments
from app.organizations.kinds import LEVELS, PLACES
from app.policies import shipped
from tests.factories.organizations import make_community, make_employer, make_organization
from tests.factories.people import make_staff

PATH = "/api/v1/organizations"
SignIn = Callable[[Person], dict[str, str]]


def test_every_kind_of_the_dictionary_has_its_place() -> None:
    kinds = {
        entry.code for entry in shipped.read() if entry.section.startswith("organization_kinds.")
    }
    assert kinds == {*LEVELS[1:], *PLACES}
    for place in PLACES.values():
        assert set(place.parents) <= kinds


@pytest.fixture
async def community(session: AsyncSession) -> Organization:
    """A community of a tenant with content."""
    return await make_community(session)


@pytest.fixture
async def secretary(
    session: AsyncSession, community: Organization, sign_in: SignIn
) -> dict[str, str]:
    """The headers of the community's secretary."""
    return sign_in(await make_staff(session, Role.COMMUNITY_SECRETARY, community))


async def above(
    session: AsyncSession, organization: Organization, role: Role, sign_in: SignIn
) -> dict[str, str]:
    """The headers of somebody who holds `role` on the organization."""
    return sign_in(await make_staff(session, role, organization))


async def create(
    client: AsyncClient, headers: dict[str, str], parent: Any, kind: str, **body: Any
) -> Any:
    """The answer to a new child."""
    return await client.post(
        f"{PATH}/{parent}/children", json={"kind": kind, "name": "新"} | body, headers=headers
    )


async def test_a_community_is_set_up_piece_by_piece(
    client: AsyncClient, session: AsyncSession, community: Organization, secretary: dict[str, str]
) -> None:
    async def made(kind: str, parent: Any, **body: Any) -> str:
        answer = await create(client, secretary, parent, kind, name=kind, **body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    grid = await made("grid", community.id, households=320)
    compound = await made("compound", community.id, compound_type="old")
    building = await made("building", grid, compound_id=compound)
    committee = await made("community_party_committee", community.id)
    branch = await made("general_branch", committee)
    await made("grid_branch", branch, grid_id=grid)
    functional = await made("functional_branch", community.id)
    group = await made("functional_group", functional, grid_id=grid)

    shown = (await client.get(f"{PATH}/{building}")).json()
    assert (shown["parent_id"], shown["compound_id"]) == (grid, compound)
    assert (await client.get(f"{PATH}/{group}")).json()["grid_id"] == grid
    row = await session.get_one(Organization, group)
    assert [str(one) for one in row.lineage[-2:]] == [functional, group]
    only = await create(client, secretary, community.id, "functional_branch")
    assert (only.status_code, only.json()["code"]) == (409, "only_one")
    twin = await create(client, secretary, community.id, "grid", name="grid")
    assert (twin.status_code, twin.json()["code"]) == (409, "name_taken")


@pytest.mark.parametrize(
    ("kind", "body", "pointer", "code"),
    [
        ("castle", {}, "/kind", "unknown_code"),
        ("community", {}, "/kind", "unknown_code"),
        ("building", {}, "/kind", "wrong_parent"),
        ("grid_branch", {}, "/grid_id", "missing"),
        ("grid_branch", {"grid_id": "foreign"}, "/grid_id", "unknown"),
        ("grid_branch", {"grid_id": "compound"}, "/grid_id", "unknown"),
        ("compound_branch", {}, "/compound_id", "missing"),
        ("grid", {"grid_id": "own"}, "/grid_id", "not_wanted"),
        ("grid", {"compound_type": "old"}, "/compound_type", "not_wanted"),
        ("compound", {"compound_type": "palace"}, "/compound_type", "unknown_code"),
        ("resident_unit", {"code": "91350100M000100Y44"}, "/code", "bad_credit_code"),
        ("grid", {"name": "第一\n网格"}, "/name", "string_pattern_mismatch"),
        ("grid", {"position": False}, "/position", "int_type"),
        ("grid", {"color": "red"}, "/color", "extra_forbidden"),
    ],
)
async def test_what_does_not_fit_is_refused_at_its_field(
    client: AsyncClient,
    session: AsyncSession,
    community: Organization,
    secretary: dict[str, str],
    kind: str,
    body: dict[str, Any],
    pointer: str,
    code: str,
) -> None:
    other = await make_community(session)
    known = {
        "foreign": await make_organization(session, "grid", other),
        "own": await make_organization(session, "grid", community),
        "compound": await make_organization(session, "compound", community),
    }
    if body.get("grid_id") in known:
        body = body | {"grid_id": str(known[body["grid_id"]].id)}
    answer = await create(client, secretary, community.id, kind, **body)
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        (pointer, code)
    ]


async def test_an_employer_carries_its_own_fields(
    client: AsyncClient, session: AsyncSession, community: Organization, sign_in: SignIn
) -> None:
    city = await session.get_one(Organization, community.lineage[0])
    admin = await above(session, city, Role.CITY_ADMIN, sign_in)
    fields = {
        "code": "91350100M000100Y43",
        "unit_kind": "机关",
        "stated_headcount": 120,
        "paired_community_id": str(community.id),
    }
    answer = await create(client, admin, city.id, "employer", name="市教育局", **fields)
    assert answer.status_code == 201
    again = await create(client, admin, city.id, "employer", name="另一单位", **fields)
    assert (again.status_code, again.json()["code"]) == (409, "code_taken")
    wrong = fields | {"paired_community_id": str(new_id()), "code": None}
    for paired in (
        str(new_id()),
        str(city.id),
        str((await make_community(session, takes_part=False)).id),
    ):
        wrong["paired_community_id"] = paired
        refused = await create(client, admin, city.id, "employer", name="第三单位", **wrong)
        assert refused.json()["errors"][0]["pointer"] == "/paired_community_id"


async def test_only_who_runs_the_place_changes_it(
    client: AsyncClient,
    session: AsyncSession,
    community: Organization,
    secretary: dict[str, str],
    sign_in: SignIn,
) -> None:
    other = await make_community(session)
    foreign = await above(session, other, Role.COMMUNITY_SECRETARY, sign_in)
    clerk = await above(session, community, Role.COMMUNITY_CLERK, sign_in)
    grid = await make_organization(session, "grid", community)
    for headers in (foreign, clerk):
        assert (await create(client, headers, community.id, "grid")).status_code == 403
        assert (await edit(client, headers, grid, name="x")).status_code == 403
        assert (await close(client, headers, grid)).status_code == 403
    assert (await create(client, secretary, new_id(), "grid")).status_code == 404


async def edit(client: AsyncClient, headers: dict[str, str], row: Organization, **body: Any) -> Any:
    """The answer to an edit of the row as it is."""
    return await client.patch(
        f"{PATH}/{row.id}", json={"version": row.version} | body, headers=headers
    )


async def close(client: AsyncClient, headers: dict[str, str], row: Organization) -> Any:
    """The answer to an end."""
    return await client.post(
        f"{PATH}/{row.id}/close", json={"reason_code": "dissolved"}, headers=headers
    )


async def test_an_edit_changes_what_it_names_and_nothing_else(
    client: AsyncClient, session: AsyncSession, community: Organization, secretary: dict[str, str]
) -> None:
    compound = await make_organization(
        session, "compound", community, name="旧名", compound_type="old", households=80
    )
    answer = await edit(client, secretary, compound, name="新名", compound_type=None)
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    await session.refresh(compound)
    assert (compound.name, compound.compound_type, compound.households) == ("新名", None, 80)
    same = await edit(client, secretary, compound, name="新名")
    assert same.json()["version"] == 2


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"name": None}, 422, "/name"),
        ({"position": None}, 422, "/position"),
        ({"takes_part": True}, 422, "/takes_part"),
        ({"stated_headcount": 3}, 422, "/stated_headcount"),
        ({"version": 7}, 409, None),
        ({"version": "1"}, 422, "/version"),
        ({"kind": "grid"}, 422, "/kind"),
    ],
)
async def test_a_wrong_edit_is_refused(
    client: AsyncClient,
    session: AsyncSession,
    community: Organization,
    secretary: dict[str, str],
    body: dict[str, Any],
    status: int,
    pointer: str | None,
) -> None:
    grid = await make_organization(session, "grid", community)
    answer = await edit(client, secretary, grid, **body)
    assert answer.status_code == status
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer] * (
        pointer is not None
    )


async def test_taking_part_is_decided_above_the_community(
    client: AsyncClient,
    session: AsyncSession,
    community: Organization,
    secretary: dict[str, str],
    sign_in: SignIn,
) -> None:
    assert (await edit(client, secretary, community, takes_part=False)).status_code == 403
    assert (await edit(client, secretary, community, takes_part=True)).status_code == 200
    subdistrict = await session.get_one(Organization, community.parent_id)
    admin = await above(session, subdistrict, Role.SUBDISTRICT_ADMIN, sign_in)
    answer = await edit(client, admin, community, takes_part=False)
    assert (answer.status_code, answer.json()["takes_part"]) == (200, False)


async def test_an_end_leaves_nothing_behind_that_lives(
    client: AsyncClient, session: AsyncSession, community: Organization, secretary: dict[str, str]
) -> None:
    grid = await make_organization(session, "grid", community)
    branch = await make_organization(session, "grid_branch", community, grid_id=grid.id)
    used = await close(client, secretary, grid)
    assert (used.status_code, used.json()["code"]) == (409, "still_used")
    await appointments.make(
        session, branch.id, "grid_branch_secretary", name="张三", phone="13900000000"
    )
    assert (await close(client, secretary, branch)).status_code == 200
    assert (await close(client, secretary, grid)).status_code == 200
    await session.refresh(grid)
    assert grid.closed_on == clock.today()
    assert (await client.get(f"{PATH}/{grid.id}")).status_code == 404
    assert (await close(client, secretary, grid)).status_code == 404
    told = await session.scalars(select(OutboxEntry.name).order_by(OutboxEntry.id))
    assert told.all() == ["appointment.made", "appointment.ended"]
    assert (
        await create(client, secretary, community.id, "grid", name=grid.name)
    ).status_code == 201


async def test_a_division_ends_with_a_division_file_only(
    client: AsyncClient, community: Organization, secretary: dict[str, str]
) -> None:
    answer = await close(client, secretary, community)
    assert (answer.status_code, answer.json()["code"]) == (409, "division_file_only")


async def test_a_post_that_is_over_is_not_ended_again(
    session: AsyncSession, community: Organization
) -> None:
    row = await appointments.make(
        session, community.id, "community_liaison", name="李四", phone=None
    )
    assert (row.phone_hash, row.from_on) == (None, clock.today())
    await appointments.end(session, row)
    await appointments.end(session, row)
    assert await appointments.living(session, community.id) == []
    told = await session.scalars(select(OutboxEntry.name).order_by(OutboxEntry.id))
    assert told.all() == ["appointment.made", "appointment.ended"]
    assert (await make_employer(session)).kind == "employer"


async def test_a_change_of_the_tree_costs_few_statements(
    client: AsyncClient,
    session: AsyncSession,
    community: Organization,
    secretary: dict[str, str],
    count_statements: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    grid = await make_organization(session, "grid", community)
    branch = await make_organization(session, "functional_branch", community)
    with count_statements() as seen:
        answer = await create(
            client, secretary, branch.id, "functional_group", grid_id=str(grid.id)
        )
    assert (answer.status_code, len(seen) <= 12) == (201, True)
    with count_statements() as seen:
        assert (await edit(client, secretary, grid, name="新名")).status_code == 200
    assert len(seen) <= 12
    with count_statements() as seen:
        url = f"{PATH}/{answer.json()['id']}/close"
        closed = await client.post(url, json={"reason_code": "merged"}, headers=secretary)
    assert (closed.status_code, len(seen) <= 12) == (200, True)
