"""With real commits: many at once, and everything agrees afterwards."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, select

from app.models.person import Role
from app.models.post import Claim, ClaimStatus, ClaimStep, Post
from tests.factories.members import make_registration
from tests.factories.organizations import make_community, make_employer
from tests.factories.people import make_staff
from tests.factories.posts import make_claim, make_post


async def press(
    app: FastAPI, taps: list[tuple[Any, str]], bodies: Sequence[dict[str, Any]] = ()
) -> Counter[Any]:
    """Everybody presses at once: (person, path), each with his body. How often each answer came."""
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:

        async def tap(person: Any, path: str, body: dict[str, Any]) -> Any:
            head = {"Authorization": f"Bearer {app.state.tokens.sign(person)}"}
            answer = await client.post(f"/api/v1{path}", json=body, headers=head)
            return answer.json().get("code", answer.status_code)

        each = zip(taps, bodies or [{}] * len(taps), strict=True)
        return Counter(await asyncio.gather(*(tap(*one, body) for one, body in each)))


async def test_of_many_approvals_of_the_last_place_one_holds(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        employer = await make_employer(session)
        post = await make_post(session, community, headcount=3)
        rows = []
        for place in range(8):
            registration = await make_registration(session, community, employer=employer)
            status = ClaimStatus.SERVING if place < 2 else ClaimStatus.PENDING
            rows.append(await make_claim(session, post, registration, status=status))
        staff = [await make_staff(session, Role.COMMUNITY_CLERK, community) for _ in range(2)]
    taps = [
        (staff[place % 2].id, f"/claims/{row.id}/approve") for place, row in enumerate(rows[2:])
    ]
    assert await press(committed, taps) == {200: 1, "post_full": 5}
    async with committed.state.sessions() as session:
        assert (await session.get_one(Post, post.id)).taken == 3
        serving = select(func.count()).where(Claim.status == ClaimStatus.SERVING)
        assert await session.scalar(serving) == 3
        assert await session.scalar(select(func.count()).select_from(ClaimStep)) == 1


async def test_two_of_the_staff_approve_one_claim_once(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        row = await make_claim(session, await make_post(session, community))
        staff = [await make_staff(session, Role.COMMUNITY_CLERK, community) for _ in range(2)]
    taps = [(who.id, f"/claims/{row.id}/approve") for who in staff]
    assert await press(committed, taps) == {200: 1, "bad_transition": 1}
    async with committed.state.sessions() as session:
        assert (await session.get_one(Post, row.post_id)).taken == 1


async def test_however_many_are_claimed_at_once_the_limit_holds_and_each_is_claimed_once(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        person = (await make_registration(session, community)).person_id
        posts = [await make_post(session, community) for _ in range(6)]
    taps = [(person, f"/posts/{post.id}/claims") for post in posts]
    assert await press(committed, taps) == {201: 3, "claim_limit": 3}
    async with committed.state.sessions.begin() as session:
        other = (await make_registration(session, community)).person_id
    again = await press(committed, [(other, f"/posts/{posts[0].id}/claims")] * 5)
    assert again == {201: 1, "already_claimed": 4}
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Claim)) == 4
