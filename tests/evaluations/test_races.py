"""With real commits: two who decide at once, two meetings that take the last place of the share."""

from collections import Counter
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.commendation import Commendation
from app.models.negative_item import NegativeItem, NegativeItemStatus, NegativeItemStep
from app.models.objection import Objection, ObjectionKind, ObjectionStatus
from app.models.person import Role
from app.models.suggestion import Advice, Suggestion
from app.models.talk import Talk, TalkStatus
from tests.evaluations.town import LONG_AGO, PERIOD, TODAY, Town, join, make_town
from tests.factories.people import make_staff
from tests.posts.test_races import press


def make_item(town: Town, status: NegativeItemStatus) -> NegativeItem:
    """An item that two have alleged and the member was asked of."""
    return NegativeItem(
        registration_id=town.registration.id,
        person_id=town.member.id,
        community_id=town.community.id,
        functional_branch_id=town.branch.id,
        employer_id=town.employer.id,
        code="unsafe_conduct",
        happened_on=TODAY,
        status=status,
        alleged_by_id=town.secretary.id,
        asked_at=clock.now(),
        confirmed_at=clock.now(),
    )


async def test_two_confirm_an_item_at_once_and_one_has(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        town = await make_town(session)
        second = await make_staff(session, Role.COMMUNITY_SECRETARY, town.community)
        item = make_item(town, NegativeItemStatus.ANSWERED)
        session.add(item)
    path = f"/negative-items/{item.id}/confirm"
    found = await press(committed, [(who.id, path) for who in (town.secretary, second)] * 2)
    assert found == {"unsafe_conduct": 1, "bad_transition": 3}  # what it is about, confirmed
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(NegativeItemStep)) == 1


async def test_reviewed_and_dropped_at_once_is_one_of_them(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        town = await make_town(session)
        item = make_item(town, NegativeItemStatus.CONFIRMED)
        session.add(item)
    taps = [(town.street.id, "review"), (town.leader.id, "drop")]
    found = await press(
        committed,
        [(who, f"/negative-items/{item.id}/{name}") for who, name in taps],
        [{}, {"reason": "不成立"}],
    )
    assert found == {"unsafe_conduct": 1, "bad_transition": 1}


async def suggested(session: AsyncSession, town: Town, advice: Advice, members: int) -> list[Any]:
    """So many members in all, for each of whom the facts propose this."""
    rows = [town.registration, *[await join(session, town) for _ in range(members - 1)]]
    for row in rows:
        session.add(
            Suggestion(
                registration_id=row.id,
                community_id=town.community.id,
                period_from=TODAY - timedelta(days=360),
                period_to=TODAY,
                proposed=advice,
                reasons=[],
            )
        )
    await session.flush()
    return rows


async def test_two_meetings_at_once_keep_to_the_share(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        town = await make_town(session)
        rows = await suggested(session, town, Advice.RECOMMEND_FIRST, members=14)
    path = f"/organizations/{town.community.id}/commendations"
    bodies = [
        PERIOD | {"registration_ids": [str(each.id) for each in chosen]}
        for chosen in (rows[:2], rows[2:4], rows[4:6])
    ]
    found = await press(committed, [(town.secretary.id, path)] * 3, bodies)
    assert found == {201: 1, "quota_reached": 2}  # 15 % of fourteen is two
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Commendation)) == 2


async def test_two_who_confirm_praise_at_once(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        town = await make_town(session)
        second = await make_staff(session, Role.BRANCH_SECRETARY, town.branch)
        praise = Commendation(
            registration_id=town.registration.id,
            person_id=town.member.id,
            community_id=town.community.id,
            functional_branch_id=town.branch.id,
            employer_id=town.employer.id,
            period_from=LONG_AGO,
            period_to=TODAY,
            proposed_by_id=town.secretary.id,
        )
        session.add(praise)
    path = f"/commendations/{praise.id}/confirm"
    found = await press(committed, [(town.leader.id, path), (second.id, path)])
    assert found == {200: 1, "bad_transition": 1}


async def test_a_talk_that_is_advised_twice_at_once_is_one(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        town = await make_town(session)
        await suggested(session, town, Advice.TALK_ADVISED, members=1)
        row = (await session.scalars(select(Suggestion))).one()
    path = f"/organizations/{town.community.id}/suggestions/decide"
    body = {"decisions": [{"suggestion_id": str(row.id), "decided": "talk_advised"}]}
    found = await press(committed, [(town.secretary.id, path)] * 3, [body] * 3)
    assert sum(found.values()) == 3
    async with committed.state.sessions() as session:
        assert (await session.scalars(select(Talk))).one().status is TalkStatus.OPENED


async def test_an_objection_is_decided_once_and_a_talk_held_once(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        town = await make_town(session)
        second = await make_staff(session, Role.SUBDISTRICT_ADMIN, town.community)
        boss = await make_staff(session, Role.EMPLOYER_SECRETARY, town.employer)
        objection = Objection(
            registration_id=town.registration.id,
            person_id=town.member.id,
            community_id=town.community.id,
            period_from=LONG_AGO,
            period_to=TODAY,
            kind=ObjectionKind.VOTES,
            subject_id=town.registration.id,
            status=ObjectionStatus.ANSWERED,
        )
        talk = Talk(
            registration_id=town.registration.id,
            person_id=town.member.id,
            employer_id=town.employer.id,
            trigger="negative_item",
        )
        session.add_all([objection, talk])
    path = f"/objections/{objection.id}/decide"
    found = await press(
        committed,
        [(town.street.id, path), (second.id, path)],
        [{"is_granted": granted, "reason": "经复核"} for granted in (True, False)],
    )
    assert found[200] == 1 and found - Counter({200: 1}) <= Counter(
        {"bad_transition": 1, "same_person": 1}
    )
    path = f"/talks/{talk.id}/hold"
    taps = [(town.boss.id, path), (boss.id, path)]
    assert await press(committed, taps, [{"outcome": "will_improve"}] * 2) == {
        200: 1,
        "bad_transition": 1,
    }
