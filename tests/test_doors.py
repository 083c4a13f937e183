"""Every route × every role × own or foreign organization: the doors keep what the table says.

Generated from the contract and `permissions.csv`. Who has none of a route's permissions is never
let in (403, or 404 where the row is not his to see); who has one is never refused for lack of it.
"""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from app import openapi
from app.core import clock
from app.models.organization import Organization
from app.models.person import Person, Role, RoleGrant
from app.permissions import Permission
from tests.factories.people import make_person
from tests.factories.world import World
from tests.fakes import Faker
from tests.test_permissions import ORACLE, anchors

CONTRACT = json.loads(openapi.CONTRACT.read_text(encoding="utf-8"))  # as test_contract holds it
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, operations in CONTRACT["paths"].items()
    for method, operation in operations.items()
}
GUARDED = {name: found for name, found in OPERATIONS.items() if "x-permission" in found[2]}
BEHIND_LOGIN = {name for name, found in OPERATIONS.items() if found[2]["security"]}
REFUSED = {403, 404}


def ids_of(world: World) -> dict[str, Any]:
    """The world's rows by the names that paths and bodies use."""
    named = {f"{kind}_id": row.id for kind, row in world.rows.items()}
    return named | {
        "organization_id": world.community.id,
        "plan_id": world.rows["call_up_plan"].id,
        "report_id": world.rows["sheet"].id,
        "opening_id": world.rows["rater_opening"].id,
        "pairing_id": world.rows["pairing"].id,
        "person_id": world.person.id,
        "functional_group_id": world.group.id,
        "functional_branch_id": world.group.parent_id or world.group.id,
        "branch_id": world.branch.id,
        "key": "orders.release_cutoff_hours",
    }


class Visitor:
    """Calls one operation as somebody; what it changed is undone."""

    def __init__(self, app: FastAPI, client: AsyncClient, connection: AsyncConnection) -> None:
        self.app, self.client, self.connection = app, client, connection

    async def call(self, name: str, faker: Faker, who: Person | None) -> Response:
        """The answer."""
        method, path, operation = OPERATIONS[name]
        head = {"Authorization": f"Bearer {self.app.state.tokens.sign(who.id)}"} if who else {}
        undo = await self.connection.begin_nested()
        try:
            return await self.client.request(
                method,
                faker.path(path, operation),
                params=faker.query(operation),
                headers=head,
                **faker.body(operation),
            )
        finally:
            await undo.rollback()


@pytest.fixture
async def visitor(app: FastAPI, connection: AsyncConnection) -> AsyncIterator[Visitor]:
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield Visitor(app, client, connection)


@pytest.fixture(scope="session")
def engine(standing: tuple[AsyncEngine, World]) -> AsyncEngine:
    return standing[0]


async def hold(
    session: AsyncSession, wanted: list[list[tuple[Organization, Role]]]
) -> list[Person]:
    """Somebody for each, who has these roles at these places."""
    people = [Person(name="王建国", phone=None) for _ in wanted]
    session.add_all(people)
    await session.flush()
    session.add_all(
        RoleGrant(
            person_id=person.id, role=role, organization_id=place.id, valid_from=clock.today()
        )
        for person, held in zip(people, wanted, strict=True)
        for place, role in held
    )
    await session.flush()
    return people


def lacks_permission(answer: Response) -> bool:
    """Refused for want of the permission itself, not for a finer rule behind it."""
    return answer.status_code == 401 or (
        answer.status_code == 403 and answer.json()["code"] == "forbidden"
    )


@pytest.mark.parametrize("name", sorted(GUARDED))
async def test_a_door_lets_in_whom_the_table_lets_in(
    session: AsyncSession, world: World, visitor: Visitor, name: str
) -> None:
    permissions = [Permission(each) for each in OPERATIONS[name][2]["x-permission"]]
    ids = ids_of(world)
    if any(ORACLE[each]["on"] in ("employer", "summary") for each in permissions):
        ids |= {"organization_id": world.employer.id, "report_id": world.rows["summary"].id}
    rows = {role: anchors(permissions[0], world, role) for role in Role}
    if permissions[0] is Permission.TENANT_RUN:  # the tenant is the root of the tree
        root = await session.get_one(Organization, world.community.lineage[0])
        rows = {role: (row, root) for role, (row, _) in rows.items()}
    # each role that is let in by itself; all that are not, and every role elsewhere, together, for what
    # none of them may is refused to all: `wanted` are a faker of the row, may he, what he holds
    far = [(world.other_employer, role) for role in Role]
    fakers: dict[UUID, Faker] = {}  # by the organization that the path would name
    wanted: list[tuple[Faker, bool, list[tuple[Organization, Role]]]] = []
    shut: dict[UUID, list[tuple[Organization, Role]]] = {}
    for role, (row, anchor) in rows.items():
        place = {"organization_id": row.id} if isinstance(row, Organization) else {}
        faker = fakers.setdefault(row.id, Faker(CONTRACT, ids | place))
        outside = shut.setdefault(row.id, [*far])
        if any(ORACLE[each][role] == "x" for each in permissions):
            wanted.append((faker, True, [(anchor, role)]))
        else:
            outside.append((anchor, role))
    wanted += [(fakers[row_id], False, held) for row_id, held in shut.items()]
    people = await hold(session, [held for _, _, held in wanted])
    wrong: list[Any] = []
    for (faker, may, held), person in zip(wanted, people, strict=True):
        answer = await visitor.call(name, faker, person)
        kept = len(permissions) > 1 or not lacks_permission(answer)
        if answer.status_code >= 500 or not (kept if may else answer.status_code in REFUSED):
            roles = [(role.value, place.name) for place, role in held]
            wrong.append((roles, answer.status_code, answer.text))
    assert wrong == []


async def test_every_door_is_shut_for_who_has_no_part_in_it(
    session: AsyncSession, world: World, visitor: Visitor
) -> None:
    faker = Faker(CONTRACT, ids_of(world))
    stranger = await make_person(session)
    wrong = [
        (name, answer.status_code)
        for name in GUARDED
        if (answer := await visitor.call(name, faker, stranger)).status_code not in REFUSED
    ]
    assert wrong == []


async def test_every_door_behind_the_login_asks_for_it(world: World, visitor: Visitor) -> None:
    faker = Faker(CONTRACT, ids_of(world))
    wrong = [
        (name, answer.status_code)
        for name in BEHIND_LOGIN | {*GUARDED}
        if (answer := await visitor.call(name, faker, None)).status_code != 401
    ]
    assert wrong == []
