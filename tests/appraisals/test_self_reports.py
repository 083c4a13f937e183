"""What a member says of his own year: proposed from the facts, his own, until the window ends."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.core import clock
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.evaluation import EvaluationCycle, SelfReport
from app.models.organization import Policy
from app.models.person import Person
from app.models.post import ClaimStatus
from tests.appraisals.town import Clock, Sessions, Town, stand_at, tick
from tests.factories.organizations import make_community
from tests.factories.posts import make_claim, make_post
from tests.factories.reports import make_service
from tests.orders.town import Desk


async def say(desk: Desk, who: Person, cycle: EvaluationCycle, words: str) -> Any:
    return await desk.client.put(
        f"/api/v1/evaluation-cycles/{cycle.id}/self-report",
        json={"words": words},
        headers=desk.sign_in(who),
    )


async def member(session: AsyncSession, town: Town) -> Person:
    return await session.get_one(Person, town.members[0].person_id)


async def test_the_facts_are_proposed_and_his_own_words_kept(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    who, row = await member(session, town), town.members[0]
    page = f"/evaluation-cycles/{cycle.id}/self-report"
    await make_service(session, row, minutes=90)
    await session.commit()
    shown = await desk.get(who, page)
    assert shown["proposed"] == "一年来参加社区服务1次，志愿服务1.5小时。"
    assert (shown["words"], shown["is_open"]) == (None, True)
    post = await make_post(session, town.community, title="楼道巡查")
    await make_claim(session, post, row, status=ClaimStatus.SERVING)
    await make_service(session, row, minutes=600, is_work_time=True)
    await session.commit()
    assert (await desk.get(who, page))["proposed"] == (
        "一年来参加社区服务2次，志愿服务1.5小时，担任楼道巡查。"
    )
    for words in ("按时到场", "按时到场，学会了修水管"):
        assert (await say(desk, who, cycle, words)).status_code == 204
    shown = await desk.get(who, page)
    assert shown["words"] == "按时到场，学会了修水管"
    sealed = await session.execute(select(SelfReport.__table__.c.words))
    assert [bool(each) for each in sealed.scalars()] == [True]


async def test_it_is_short_in_time_and_for_who_is_registered_there(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle, move_clock: Clock
) -> None:
    who = await member(session, town)
    too_long = await say(desk, who, cycle, "好" * 201)
    assert too_long.json()["errors"][0]["pointer"] == "/words"
    assert (await say(desk, town.clerk, cycle, "好")).status_code == 404
    for path in (cycle.id, (await make_community(session)).id):
        gone = await desk.get(town.clerk, f"/evaluation-cycles/{path}/self-report")
        assert gone["code"] == "not_found"
    stand_at(move_clock, cycle.due_at or clock.now())
    assert (await say(desk, who, cycle, "好")).json()["code"] == "appraisal_closed"


async def test_where_nobody_is_asked_nothing_is_said(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle
) -> None:
    session.add(
        Policy(
            organization_id=town.district.id,
            key="evaluation.self_report",
            value={"value": "none"},
            effective_on=clock.today(),
            basis="",
            created_at=clock.now(),
        )
    )
    who = await member(session, town)
    await session.commit()
    assert (await say(desk, who, cycle, "好")).json()["code"] == "appraisal_closed"
    assert not (await desk.get(who, f"/evaluation-cycles/{cycle.id}/self-report"))["is_open"]


async def test_his_words_go_with_the_consent_and_with_the_account(
    session: AsyncSession, desk: Desk, town: Town, cycle: EvaluationCycle, sessions: Sessions
) -> None:
    async def told(person_id: Any, event: events.Event) -> bool:
        who = await session.get_one(Person, person_id)
        assert (await say(desk, who, cycle, "好")).status_code == 204
        events.record(session, event)
        await session.commit()
        await tick(sessions)
        return (await session.scalar(select(SelfReport.id))) is not None

    first, second = (row.person_id for row in town.members[:2])
    assert first is not None and second is not None
    assert await told(first, ConsentWithdrawn(person_id=first, purpose="display_in_building"))
    assert not await told(first, ConsentWithdrawn(person_id=first, purpose="registration_core"))

    assert not await told(second, AccountClosed(person_id=second))
