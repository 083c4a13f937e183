"""A community in an emergency: its staff, a group with its leader, and members of every sort."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.emergency import Reply
from app.models.member import Registration
from app.models.organization import Organization
from app.models.person import Person, Role
from tests.factories.members import make_member, make_registration
from tests.factories.organizations import make_community, make_employer, make_organization
from tests.factories.people import make_person, make_staff
from tests.orders.town import Desk, desk
from tests.replay import again

__all__ = ["Desk", "Town", "at", "call", "called", "desk", "draft", "shift", "town"]

Move = Callable[[timedelta], None]


@dataclass
class Town:
    community: Organization
    group: Organization
    employer: Organization
    secretary: Person
    clerk: Person
    branch_secretary: Person
    leader: Person
    district: Person
    member: Person  # of the group
    other: Person  # of no group
    registrations: dict[str, Registration]

    def path(self) -> str:
        return f"/organizations/{self.community.id}/call-ups"


@pytest.fixture
async def town(session: AsyncSession) -> Town:
    return await again(session, make_town)


async def make_town(session: AsyncSession) -> Town:
    """As the fixture; flushed."""
    community = await make_community(session, name="学田社区")
    district = await session.get_one(Organization, community.lineage[1])
    branch = await make_organization(session, "functional_branch", community)
    group = await make_organization(session, "functional_group", branch, name="一组")
    employer = await make_employer(session)
    place: dict[str, Any] = {"functional_branch_id": branch.id, "functional_group_id": group.id}
    member, other = await make_person(session, name="张三"), await make_person(session, name="李四")
    guarded = await make_person(session, name="周密")
    protected = await make_member(session, employer, guarded, is_protected=True)
    at_counter = await make_member(session, employer, name="赵六", phone="13811112222")
    registrations = {
        "member": await make_registration(session, community, member, employer=employer, **place),
        "other": await make_registration(session, community, other),
        "protected": await make_registration(session, community, member=protected, **place),
        "at_counter": await make_registration(session, community, member=at_counter, **place),
        "paper": await make_registration(session, community, channel="paper_only", **place),
        "elsewhere": await make_registration(session),
    }
    return Town(
        community,
        group,
        employer,
        await make_staff(session, Role.COMMUNITY_SECRETARY, community),
        await make_staff(session, Role.COMMUNITY_CLERK, community),
        await make_staff(session, Role.BRANCH_SECRETARY, branch),
        await make_staff(session, Role.GROUP_LEADER, group),
        await make_staff(session, Role.DISTRICT_ADMIN, district),
        member,
        other,
        registrations,
    )


def at(**delta: int) -> str:
    return (clock.now() + timedelta(**delta)).isoformat()


async def draft(desk: Desk, town: Town, **fields: Any) -> Response:
    body = {
        "kind": "flood_typhoon",
        "level": "response",
        "title": "防台值守",
        "text": "台风将至，请值守。",
        "place": "服务中心门口",
        "gather_at": at(hours=2),
    }
    return await desk.post(town.clerk, town.path(), **body | fields)


async def call(desk: Desk, town: Town, **fields: Any) -> str:
    """An active call-up: its id."""
    made = str((await draft(desk, town, **fields)).json()["id"])
    for who in (town.secretary, town.branch_secretary):
        answer = await desk.post(who, f"/call-ups/{made}/approve")
    assert answer.json()["status"] == "active"
    return made


async def shift(desk: Desk, town: Town, call_up: str, **fields: Any) -> str:
    """A shift of two places from in three hours on: its id."""
    body = {"duty": "patrol", "starts_at": at(hours=3), "ends_at": at(hours=7), "seats": 2}
    made = await desk.post(town.clerk, f"/call-ups/{call_up}/shifts", **body | fields)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def called(session: AsyncSession, call_up: str) -> dict[Any, Reply]:
    """Who was called, by registration."""
    rows = await session.scalars(select(Reply).where(Reply.call_up_id == call_up))
    return {row.registration_id: row for row in rows}
