"""What the facts of a year propose, over HTTP; a person decides, and the employer's secretary hears."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.evaluations.offers import offers_made
from app.models.member import RegistrationStatus, RegistrationStep
from app.models.order import OrderStatus, SeatStatus
from app.models.poll import Poll, PollAnswer
from app.models.suggestion import Suggestion
from app.models.talk import Talk
from tests.evaluations.town import (
    LONG_AGO,
    PERIOD,
    TODAY,
    Sessions,
    Town,
    join,
    rate,
    told,
    town,
    work,
)
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community
from tests.factories.people import make_person
from tests.orders.town import Desk, desk
from tests.reports.town import withdraw

__all__ = ["desk", "town"]


async def proposed(desk: Desk, town: Town) -> dict[str, Any]:
    """Everybody's suggestion, by registration."""
    path = f"/organizations/{town.community.id}/suggestions"
    answer = await desk.post(town.secretary, path, **PERIOD)
    assert answer.status_code == 201, answer.text
    listed = await desk.get(town.secretary, f"{path}?period_to={PERIOD['period_to']}")
    assert len(listed["items"]) == answer.json()["members"]
    return {each["registration_id"]: each for each in listed["items"]}


async def decide(desk: Desk, town: Town, **decisions: str) -> Any:
    """By suggestion, what the secretary decides."""
    body = [{"suggestion_id": one, "decided": what} for one, what in decisions.items()]
    path = f"/organizations/{town.community.id}/suggestions/decide"
    return await desk.post(town.secretary, path, decisions=body)


async def test_a_low_rate_advises_a_talk_that_a_person_decides(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    await rate(session, town.registration, good=3, bad=3)
    other = await join(session, town, await make_person(session, name="丁一"))
    await session.commit()
    found = await proposed(desk, town)
    ours, theirs = found[str(town.registration.id)], found[str(other.id)]
    assert [each["member_name"] for each in found.values()] == ["丁一", "张三"]  # by strokes
    assert (ours["proposed"], ours["status"], ours["decided"]) == ("talk_advised", "proposed", None)
    assert ours["phrases"] == ["remind"]
    assert theirs["proposed"] == "insufficient"
    assert theirs["phrases"] == ["few_chances"]
    await work(sessions)
    assert (await session.scalars(select(Talk))).all() == []  # nothing issues itself
    answer = await decide(desk, town, **{ours["id"]: "talk_advised"})
    assert [each["decided"] for each in answer.json()["items"]] == ["talk_advised"], answer.text
    await work(sessions)
    assert await told(session, town.boss) == ["talk_due"]
    assert await told(session, town.boss_clerk) == await told(session, town.secretary) == []
    talk = (await session.scalars(select(Talk))).one()
    assert (talk.trigger, str(talk.suggestion_id)) == ("satisfaction_below", ours["id"])
    again = await decide(desk, town, **{ours["id"]: "talk_advised"})
    assert again.status_code == 200
    assert len((await session.scalars(select(Talk))).all()) == 1
    assert (await decide(desk, town, **{ours["id"]: "normal"})).status_code == 200
    await session.refresh(talk)
    assert talk.status == "closed"
    after = (await proposed(desk, town))[str(town.registration.id)]
    assert (after["status"], after["decided"]) == ("decided", "normal")


async def test_one_more_rating_moves_no_suggestion(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await rate(session, town.registration, good=3, bad=2)
    assert (await proposed(desk, town))[str(town.registration.id)]["proposed"] == "normal"
    await rate(session, town.registration, good=0, bad=1)  # 50 %, but it would say who gave it
    assert (await proposed(desk, town))[str(town.registration.id)]["proposed"] == "normal"
    await rate(session, town.registration, good=0, bad=2)
    assert (await proposed(desk, town))[str(town.registration.id)]["proposed"] == "talk_advised"


async def test_a_decision_is_never_harder_than_the_facts(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    await rate(session, town.registration, good=6)
    ours = (await proposed(desk, town))[str(town.registration.id)]
    assert ours["proposed"] == "recommend_first"
    for harder in ("talk_advised", "insufficient", "recommend_first"):  # no meeting has decided it
        answer = await decide(desk, town, **{ours["id"]: harder})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_proposed")
    far = await make_community(session)
    await session.commit()
    stray = Suggestion(
        registration_id=town.registration.id,
        community_id=far.id,
        period_from=LONG_AGO,
        period_to=LONG_AGO,
        proposed="normal",
        reasons=[],
    )
    session.add(stray)
    await session.commit()
    assert (await decide(desk, town, **{str(stray.id): "normal"})).json()["code"] == "not_found"


async def test_who_does_not_agree_to_be_reported_has_no_talk(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    await rate(session, town.registration, good=3, bad=3)
    await withdraw(session, town.member.id)
    ours = (await proposed(desk, town))[str(town.registration.id)]
    assert (await decide(desk, town, **{ours["id"]: "talk_advised"})).status_code == 200
    assert (await session.scalars(select(Talk))).all() == []


async def test_only_the_secretary_reads_and_proposes(desk: Desk, town: Town) -> None:
    path = f"/organizations/{town.community.id}/suggestions"
    for who in (town.clerk, town.leader, town.boss, town.member):
        assert (await desk.post(who, path, **PERIOD)).json()["code"] == "forbidden"
    there = f"/organizations/{town.employer.id}/suggestions"
    assert (await desk.post(town.secretary, there, **PERIOD)).json()["code"] == "not_found"
    empty = {"period_from": "2001-01-01", "period_to": "2001-12-31"}
    assert (await desk.post(town.secretary, path, **empty)).json() == {"members": 0}


async def test_a_year_that_was_mostly_a_pause_concludes_nothing(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    begun = clock.day_starts(LONG_AGO)
    for entered, at in (("active", begun), ("suspended", begun), ("active", clock.now())):
        session.add(
            RegistrationStep(
                registration_id=town.registration.id, action="x", entered=entered, at=at
            )
        )
        await session.flush()
    resting = await join(session, town)
    resting.status = RegistrationStatus.SUSPENDED
    session.add(
        RegistrationStep(
            registration_id=resting.id, action="suspend", entered="suspended", at=begun
        )
    )
    ended = await join(session, town)
    ended.status, ended.ended_on = RegistrationStatus.ENDED, TODAY
    await session.commit()
    found = await proposed(desk, town)
    for registration in (town.registration, resting):
        ours = found[str(registration.id)]
        assert ours["proposed"] == "insufficient"
        assert "超过一半" in ours["reasons"][0]
        assert "suspended" in ours["phrases"]
    assert str(ended.id) in found


async def test_offers_are_what_one_could_have_had(town: Town, session: AsyncSession) -> None:
    ours, period = town.registration, (LONG_AGO, TODAY)
    now = clock.now()
    for status in (SeatStatus.CONFIRMED, SeatStatus.DECLINED, SeatStatus.WAITING):
        order = await make_order(session, town.community, starts_at=now)
        await make_seat(session, order, ours, status=status)
    off = await make_order(session, town.community, starts_at=now, status=OrderStatus.CANCELLED)
    await make_seat(session, off, ours, status=SeatStatus.LAPSED)
    asked = await make_order(session, town.community, starts_at=now)
    await make_seat(session, asked, ours, status=SeatStatus.DECLINED)
    poll = Poll(order_id=asked.id, organization_id=town.branch.id, asked=1, closes_at=now)
    session.add(poll)
    await session.flush()
    session.add(PollAnswer(poll_id=poll.id, registration_id=ours.id, person_id=town.member.id))
    await session.flush()
    assert await offers_made(session, [ours.id], period) == {ours.id: 3}
    assert await offers_made(session, [ours.id], (LONG_AGO, LONG_AGO)) == {}
