"""With real commits: of several who decide one row at the same moment one does, in every life.

What each life does beside that (places, minutes, numbers) is raced in its own room.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.emergency import CallUpStep
from app.models.file import FileStatus, FileStep
from app.models.need import NeedStep
from app.models.order import OrderStatus, OrderStep
from app.models.organization import (
    Organization,
    OrganizationRegistration,
    OrganizationRegistrationStep,
)
from app.models.person import Role
from app.models.post import PostStep
from app.models.record import RecordSampleStep
from tests.factories.emergency import make_call_up
from tests.factories.files import make_file
from tests.factories.members import make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_record
from tests.factories.organizations import make_community, make_employer
from tests.factories.people import make_person, make_staff
from tests.factories.posts import make_post
from tests.factories.world import make_sample

Ways = list[tuple[str, dict[str, Any]]]


class Decided(NamedTuple):
    """What staff of a community decide: how the row is made, the ways to decide it, its history."""

    make: Callable[[AsyncSession, Organization], Awaitable[Any]]
    ways: Ways
    steps: type[Any]


async def need(session: AsyncSession, community: Organization) -> Any:
    return await make_need(session, community)


async def draft(session: AsyncSession, community: Organization) -> Any:
    return await make_order(session, community, status=OrderStatus.DRAFT)


async def order(session: AsyncSession, community: Organization) -> Any:
    return await make_order(session, community)


async def post(session: AsyncSession, community: Organization) -> Any:
    return await make_post(session, community)


async def call_up(session: AsyncSession, community: Organization) -> Any:
    return await make_call_up(session, community)


async def sample(session: AsyncSession, community: Organization) -> Any:
    return await make_sample(
        session, await make_record(session, await make_registration(session, community))
    )


async def photo(session: AsyncSession, community: Organization) -> Any:
    made = make_file(await make_person(session), community, status=FileStatus.HELD)
    session.add(made)
    await session.flush()
    return made


async def pairing(session: AsyncSession, community: Organization) -> Any:
    employer = await make_employer(session)
    made = OrganizationRegistration(
        employer_id=employer.id, community_id=community.id, proposed_by="employer"
    )
    session.add(made)
    await session.flush()
    return made


CANCEL = {"reason_code": "weather"}
LIVES = {
    "needs": Decided(
        need,
        [("refuse", {"reason_code": "commercial"}), ("refuse", {"reason_code": "illegal"})],
        NeedStep,
    ),
    "orders": Decided(order, [("cancel", CANCEL)], OrderStep),
    "draft orders": Decided(draft, [("publish", {}), ("publish", {})], OrderStep),
    "posts": Decided(post, [("close", {"reason": "项目结束"})], PostStep),
    "call-ups": Decided(call_up, [("stand-down", {})], CallUpStep),
    "pairings": Decided(pairing, [("confirm", {})], OrganizationRegistrationStep),
    "record-samples": Decided(
        sample,
        [("audit", {"action": "find_right"}), ("audit", {"action": "find_wrong", "note": "不符"})],
        RecordSampleStep,
    ),
    "files": Decided(photo, [("hide", {"reason": "有人脸"})], FileStep),
}


@pytest.mark.parametrize("life", LIVES)
async def test_of_several_who_decide_at_once_one_does(committed: FastAPI, life: str) -> None:
    decided = LIVES[life]
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        staff = [
            (await make_staff(session, Role.COMMUNITY_SECRETARY, community)).id for _ in range(3)
        ]
        row = await decided.make(session, community)
        before = await session.scalar(select(func.count()).select_from(decided.steps)) or 0
    transport = ASGITransport(committed, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test/api/v1") as client:

        async def decide(who: Any, way: str, body: dict[str, Any]) -> Any:
            head = {"Authorization": f"Bearer {committed.state.tokens.sign(who)}"}
            path = f"/{life.split()[-1]}/{row.id}/{way}"
            answer = await client.post(path, json=body, headers=head)
            return answer.json().get("code", answer.status_code)

        calls = [(who, *way) for way in decided.ways for who in staff]
        answers = Counter(await asyncio.gather(*(decide(*each) for each in calls)))
    assert answers == {200: 1, "bad_transition": len(calls) - 1}
    async with committed.state.sessions() as session:
        after = await session.scalar(select(func.count()).select_from(decided.steps)) or 0
    assert after == before + 1
