"""With real commits: many at once, and one living claim; nobody wishes twice a year."""

from collections import Counter
from typing import Any

from fastapi import FastAPI
from sqlalchemy import func, select

from app.models.person import Role
from app.models.wish import Wish, WishClaim, WishClaimStatus, WishStatus
from tests.factories.members import make_registration, make_resident
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.factories.reports import make_consent
from tests.factories.wishes import make_wish, make_wish_claim
from tests.posts.test_races import press


async def test_of_many_who_claim_a_wish_at_once_one_has_it(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        wish = await make_wish(session, community)
        people = [(await make_registration(session, community)).person_id for _ in range(6)]
    taps = [(person, f"/wishes/{wish.id}/claim") for person in people]
    assert await press(committed, taps) == {200: 1, "wish_taken": 5}
    async with committed.state.sessions() as session:
        claim = (await session.scalars(select(WishClaim))).one()
        assert (claim.status, claim.person_id in people) == (WishClaimStatus.ACTIVE, True)
        assert (await session.get_one(Wish, wish.id)).status is WishStatus.CLAIMED


async def test_two_claims_of_one_wish_at_once(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        wish = await make_wish(session, community)
        member = (await make_registration(session, community)).person_id
        branch = await make_organization(session, "functional_branch", community)
        secretary = await make_staff(session, Role.BRANCH_SECRETARY, branch)
    paths = [(member, {}), (secretary.id, {"organization_id": str(branch.id)})]
    found = await press(
        committed, [(who, f"/wishes/{wish.id}/claim") for who, _ in paths], [b for _, b in paths]
    )
    assert found == {200: 1, "wish_taken": 1}


async def test_given_up_revoked_and_delivered_at_once_is_one_of_them(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        wish = await make_wish(session, community, status=WishStatus.CLAIMED)
        registration = await make_registration(session, community)
        await make_wish_claim(session, wish, registration)
        clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
    member: Any = registration.person_id
    taps = [
        (member, f"/wishes/{wish.id}/cancel"),
        (member, f"/wishes/{wish.id}/deliver"),
        (clerk.id, f"/wishes/{wish.id}/revoke"),
    ]
    found = await press(committed, taps, [{}, {}, {"reason": "联系不上"}])
    assert found[200] == 1
    assert found - Counter({200: 1}) <= Counter(
        {"bad_transition": 2, "not_found": 2, "forbidden": 2}
    )
    async with committed.state.sessions() as session:
        claim = (await session.scalars(select(WishClaim))).one()
        is_delivered = (await session.get_one(Wish, wish.id)).status is WishStatus.DELIVERED
        assert (claim.status is WishClaimStatus.ACTIVE) is is_delivered


async def test_two_wishes_of_one_resident_at_once_are_one(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        person = await make_person(session)
        await make_resident(session, community, person)
        await make_consent(session, person.id, "resident_core")
    taps = [(person.id, "/wishes")] * 4
    found = await press(committed, taps, [{"words": "想要保温杯"}] * 4)
    assert found == {201: 1, "wish_limit": 3}
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Wish)) == 1
