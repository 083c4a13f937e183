"""The table of rules answers as `permissions.csv` says, which is written by hand from the design.

A cell `x`: the role has the permission where it is held on the row's own organization or above it,
and neither below nor elsewhere. `own`, `home`, `seated`: what a person has without any role.
"""

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.core.errors import Forbidden
from app.core.ids import new_id
from app.core.prepared import Prepared, Reader
from app.models.member import Member
from app.models.organization import Organization
from app.models.person import Role
from app.permissions import Actor, Permission, grants, may, named_roles, require
from app.rules.table import RULES
from tests.factories.organizations import make_organization
from tests.factories.people import make_person
from tests.factories.world import World

ORACLE = {
    Permission(line["permission"]): line
    for line in csv.DictReader(
        Path(__file__).with_name("permissions.csv").read_text(encoding="utf-8").splitlines()
    )
}
EMPLOYER_ROLES = {Role.EMPLOYER_SECRETARY, Role.EMPLOYER_CLERK}


@pytest.fixture(scope="session")
def engine(standing: tuple[AsyncEngine, World]) -> AsyncEngine:
    return standing[0]


def test_the_oracle_speaks_of_every_permission_and_every_role() -> None:
    assert set(ORACLE) == set(Permission) == set(RULES)
    columns = set(next(iter(ORACLE.values())))
    assert columns == {"permission", "on", "own", "home", "seated"} | {role.value for role in Role}


def test_each_rule_names_the_roles_that_the_oracle_names() -> None:
    for permission in Permission:
        named = {role for role in Role if ORACLE[permission][role] == "x"}
        assert named <= named_roles(permission), permission


def anchors(permission: Permission, world: World, role: Role) -> tuple[Any, Organization]:
    """The row, and the organization on which `role` would have to be held."""
    on = ORACLE[permission]["on"]
    row = world.rows[on]
    if on in ("unit", "take", "poll") and role in EMPLOYER_ROLES:
        return world.rows[f"employers_{on}"], world.employer
    if permission is Permission.TRANSFER_TAKE_IN:
        return row, world.elsewhere
    if on == "transfer":
        return row, world.community
    if role in EMPLOYER_ROLES:
        return (world.employer if on == "community" else row), world.employer
    if on in ("employer", "summary"):
        return row, world.employer
    if role is Role.GROUP_LEADER:
        return row, world.group
    if role is Role.BRANCH_SECRETARY and on == "call_up":
        return row, world.functional_branch
    return row, world.community


@cache
def asked(permission: Permission, table: Any) -> tuple[Prepared, Prepared]:
    """The permission on one row, as WHERE and as a column."""
    is_row = table.id == bindparam("row", type_=table.id.type)
    return (
        Prepared(select(table.id).where(is_row, may(permission))),
        Prepared(select(grants(permission)).where(is_row)),
    )


async def has(reader: Reader, permission: Permission, row: Any, actor: Actor) -> bool:
    """Whether the actor has the permission on this row; both forms must say the same."""
    kind: Any = type(row)
    where, column = asked(permission, kind)
    binds = actor.binds() | {"row": row.id}
    seen, told = await where.one(reader, binds), await column.one(reader, binds)
    assert (seen is not None) == (told == {"grants": [permission]})
    return seen is not None


def test_each_rule_asks_for_its_own_row_and_never_for_any_of_that_table(world: World) -> None:
    """A subquery two levels down, left to itself, would bring the table along once more."""
    for permission in Permission:
        kind: Any = type(world.rows[ORACLE[permission]["on"]])
        text = "".join(statement.sql for statement in asked(permission, kind))
        brought = re.findall(rf"(?:FROM|JOIN|,) {kind.__tablename__}\b(?! AS)", text)
        assert len(brought) == 2, permission


async def placements(
    session: AsyncSession, world: World, anchor: Organization
) -> list[tuple[Organization, bool]]:
    """Where a role may be held, and whether that reaches the row."""
    parent = await session.get_one(Organization, anchor.lineage[-2])
    below = await make_organization(session, "grid", anchor)
    return [(anchor, True), (parent, True), (below, False), (world.other_employer, False)]


@pytest.mark.parametrize("permission", Permission)
async def test_each_role_has_what_the_oracle_says(
    session: AsyncSession, reader: Reader, world: World, permission: Permission
) -> None:
    stranger = await make_person(session)
    known: dict[UUID, list[tuple[Organization, bool]]] = {}
    for role in Role:
        row, anchor = anchors(permission, world, role)
        if anchor.id not in known:
            known[anchor.id] = await placements(session, world, anchor)
        for held_on, reaches in known[anchor.id]:
            actor = Actor(stranger.id, {role: (held_on.id,)})
            wanted = reaches and ORACLE[permission][role] == "x"
            assert await has(reader, permission, row, actor) is wanted, (role, held_on.kind)


@pytest.mark.parametrize("permission", Permission)
async def test_a_person_without_a_role_has_what_the_oracle_says(
    session: AsyncSession, reader: Reader, world: World, permission: Permission
) -> None:
    line = ORACLE[permission]
    row = world.rows[line["on"]]
    stranger = (await make_person(session)).id
    owner, places = world.person.id, tuple(world.community.lineage)
    column = "seated" if line["on"] == "order" else "own"
    assert await has(reader, permission, row, Actor(owner)) is (line[column] == "x")
    home = Actor(stranger, places=places)
    assert await has(reader, permission, row, home) is (line["home"] == "x")
    far = Actor(stranger, places=tuple(world.elsewhere.lineage))
    for nobody in (far, Actor(None), Actor(new_id())):
        assert not await has(reader, permission, row, nobody)


async def test_the_house_itself_may_everything(reader: Reader, world: World) -> None:
    for permission in Permission:
        row = world.rows[ORACLE[permission]["on"]]
        assert await has(reader, permission, row, Actor.system()), permission


async def test_only_the_secretary_sees_a_protected_member(
    session: AsyncSession, reader: Reader, world: World
) -> None:
    await session.execute(
        update(Member).where(Member.id == world.rows["member"].id).values(is_protected=True)
    )
    row, who = world.rows["registration"], (await make_person(session)).id
    for role, sees in ((Role.COMMUNITY_SECRETARY, True), (Role.COMMUNITY_CLERK, False)):
        actor = Actor(who, {role: (world.community.id,)})
        for permission in (Permission.REGISTRATION_READ, Permission.REGISTRATION_UNMASK):
            assert await has(reader, permission, row, actor) is sees
    leader = Actor(who, {Role.GROUP_LEADER: (world.group.id,)})
    assert not await has(reader, Permission.REGISTRATION_UNMASK, row, leader)


async def test_a_branch_secretary_sees_the_members_of_that_branch(
    session: AsyncSession, reader: Reader, world: World
) -> None:
    other = await make_organization(session, "employer_branch", world.employer)
    who = (await make_person(session)).id
    for branch, sees in ((world.branch, True), (other, False)):
        actor = Actor(who, {Role.EMPLOYER_SECRETARY: (branch.id,)})
        row = world.rows["registration"]
        assert await has(reader, Permission.REGISTRATION_READ, row, actor) is sees
        assert await has(reader, Permission.MEMBER_READ, world.rows["member"], actor) is sees


def test_what_is_not_granted_is_forbidden() -> None:
    require([Permission.ORDER_RUN], Permission.ORDER_RUN)
    with pytest.raises(Forbidden):
        require([], Permission.ORDER_RUN)
