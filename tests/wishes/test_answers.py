"""Whether it came true: the beneficiary's answer, one on behalf, silence, the community's decision."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import clock
from app.models.person import Person, Role
from app.models.record import ServiceRecord
from app.models.wish import Wish, WishClaimStatus, WishStatus, WishStep
from tests.factories.members import make_registration
from tests.factories.people import make_staff
from tests.factories.wishes import make_wish, make_wish_claim
from tests.orders.town import Desk, desk
from tests.posts.town import Sessions, told, work
from tests.wishes.town import Town, claim_of, fresh, step, town, wished

__all__ = ["desk", "town"]

MoveClock = Callable[[timedelta], None]
S = WishStatus
BEHALF = {"answer": "solved", "way": "paper_slip"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"answer": "solved"}, "fulfilled"),
        ({"answer": "partly", "reason_code": "half_done"}, "fulfilled"),
        ({"answer": "unsolved", "reason_code": "not_arrived"}, "undecided"),
    ],
)
async def test_the_answer_says_what_becomes_of_the_wish(
    desk: Desk, town: Town, session: AsyncSession, body: dict[str, str], status: str
) -> None:
    wish = await wished(session, town, S.DELIVERED)
    assert (await step(desk, town.resident, wish, "answer", **body)).json()["status"] == status
    claim = await claim_of(session, wish)
    assert (claim.answer, claim.answer_reason) == (body["answer"], body.get("reason_code"))
    assert claim.status == ("fulfilled" if status == "fulfilled" else "active")
    again = await step(desk, town.resident, wish, "answer", **body)
    assert again.json()["code"] == "bad_transition"


async def test_who_is_not_content_says_why_and_nobody_else_answers(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    wish = await wished(session, town, S.DELIVERED)
    for body in ({"answer": "partly"}, {"answer": "unsolved", "reason_code": "mood"}):
        refused = await step(desk, town.resident, wish, "answer", **body)
        assert refused.json()["errors"][0]["pointer"] == "/reason_code"
    for who, code in ((town.member, "forbidden"), (town.helper, "not_found")):
        answer = await step(desk, who, wish, "answer", answer="solved")
        assert answer.json()["code"] in (code, "forbidden")
    assert (await fresh(session, wish)).status is S.DELIVERED


async def test_on_behalf_answers_who_neither_claimed_nor_organised_it(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    place = f"/organizations/{town.community.id}/wishes"
    made = (await desk.post(town.helper, place, words="要拐杖", source="visit")).json()
    wish = await session.get_one(Wish, made["id"])
    await step(desk, town.clerk, wish, "verify", title="拐杖", value_yuan=60, publish=True)
    worker = await make_staff(session, Role.GRID_HELPER, town.community)
    await make_registration(session, town.community, worker)
    await session.commit()
    await step(desk, worker, wish, "claim")
    await step(desk, worker, wish, "deliver")
    for who in (worker, town.clerk):
        answer = await step(desk, who, wish, "answer-for", **BEHALF)
        assert (answer.status_code, answer.json()["code"]) == (403, "own_work")
    strange = await step(desk, town.helper, wish, "answer-for", **(BEHALF | {"way": "dream"}))
    assert strange.json()["errors"][0]["pointer"] == "/way"
    done = await step(desk, town.helper, wish, "answer-for", **BEHALF)
    assert done.json()["status"] == "fulfilled"
    claim = await claim_of(session, wish)
    assert (claim.on_behalf_way, claim.answered_by_id) == ("paper_slip", town.helper.id)


async def test_silence_makes_it_the_communitys_turn(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions, move_clock: MoveClock
) -> None:
    wish = await wished(session, town, S.CLAIMED)
    await step(desk, town.member, wish, "deliver", minutes=20)
    move_clock(timedelta(days=7, minutes=1))
    await work(sessions)
    left = await fresh(session, wish)
    assert (left.status, left.due_at, left.remind_at is not None) == (S.UNDECIDED, None, True)
    heard = await told(sessions)
    assert heard["wish_undecided"][0] == {town.clerk.id, town.secretary.id}
    assert (await claim_of(session, wish)).status is WishClaimStatus.ACTIVE
    move_clock(timedelta(days=20))
    await work(sessions)
    assert (await told(sessions))["wish_waiting"][0] == {town.clerk.id, town.secretary.id}
    settled = await step(desk, town.clerk, wish, "settle", reason="上门核实已收到")
    assert settled.json()["status"] == "fulfilled"
    assert (await step(desk, town.clerk, wish, "close")).json()["status"] == "closed"
    record = (await session.scalars(select(ServiceRecord))).one()
    assert (record.minutes, record.person_id) == (20, town.member.id)
    await work(sessions)
    heard = await told(sessions)
    assert heard["wish_came_true"][0] == {town.member.id}
    assert heard["wish_settled"][0] == {town.resident.id}


async def test_what_did_not_come_true_goes_back_to_the_claimer_with_new_time(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    wish = await wished(session, town, S.DELIVERED)
    await step(desk, town.resident, wish, "answer", answer="unsolved", reason_code="not_arrived")
    back = (await step(desk, town.clerk, wish, "send-back", reason="请再送一次")).json()
    assert back["status"] == "claimed"
    left = await fresh(session, wish)
    assert left.due_at > clock.now() + timedelta(days=14)
    await work(sessions)
    heard = await told(sessions)
    assert heard["wish_sent_back"][0] == {town.member.id}
    assert heard["wish_sent_back"][1].startswith("“保温杯一个”：请再送一次。")
    assert heard["wish_in_hand_again"][0] == {town.resident.id}
    assert (await claim_of(session, wish)).answer == "unsolved"
    await step(desk, town.member, wish, "deliver")
    assert (await claim_of(session, wish)).answer is None
    late = await step(desk, town.resident, wish, "answer", answer="solved")
    assert late.json()["status"] == "fulfilled"
    assert (await claim_of(session, wish)).answer == "solved"


async def test_a_late_yes_settles_what_the_community_has_not_decided(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    wish = await wished(session, town, S.UNDECIDED)
    done = await step(desk, town.resident, wish, "answer", answer="solved")
    assert done.json()["status"] == "fulfilled"


async def worker_of(session: AsyncSession, town: Town, status: S) -> tuple[Person, Wish]:
    """A clerk who is a member as well, and holds the claim."""
    clerk = await make_staff(session, Role.COMMUNITY_CLERK, town.community)
    registration = await make_registration(session, town.community, clerk)
    wish = await make_wish(session, town.community, town.resident, status=status)
    state = WishClaimStatus.FULFILLED if status is S.FULFILLED else WishClaimStatus.ACTIVE
    await make_wish_claim(session, wish, registration, status=state)
    await session.commit()
    return clerk, wish


@pytest.mark.parametrize(
    ("status", "name", "body"),
    [
        (S.UNDECIDED, "settle", {"reason": "已收到"}),
        (S.UNDECIDED, "send-back", {"reason": "未收到"}),
        (S.FULFILLED, "close", {"minutes": 600}),
    ],
)
async def test_who_claimed_it_decides_nothing_about_it(
    desk: Desk, town: Town, session: AsyncSession, status: S, name: str, body: dict[str, Any]
) -> None:
    clerk, wish = await worker_of(session, town, status)
    answer = await step(desk, clerk, wish, name, **body)
    assert (answer.status_code, answer.json()["code"]) == (403, "own_work")
    assert (await step(desk, town.clerk, wish, name, **body)).status_code == 200


async def test_who_delivered_for_a_unit_does_not_close_it(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    wish = await wished(session, town, S.DELIVERED)
    claim = await claim_of(session, wish)
    claim.delivered_by_id = town.clerk.id
    await session.commit()
    await step(desk, town.resident, wish, "answer", answer="solved")
    assert (await step(desk, town.clerk, wish, "close")).json()["code"] == "own_work"


async def test_minutes_are_the_communitys_word_and_within_a_day(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    _, wish = await worker_of(session, town, S.FULFILLED)
    much = await step(desk, town.clerk, wish, "close", minutes=601)
    assert much.json()["errors"][0]["pointer"] == "/minutes"
    assert (await fresh(session, wish)).status is S.FULFILLED
    await step(desk, town.clerk, wish, "close")
    assert (await session.scalars(select(ServiceRecord.minutes))).all() == [0]


async def test_the_beneficiary_does_not_correct_the_record_of_it(
    desk: Desk, town: Town, session: AsyncSession
) -> None:
    _, wish = await worker_of(session, town, S.FULFILLED)
    wish.requester_id = town.secretary.id
    await session.commit()
    own = await step(desk, town.secretary, wish, "close", minutes=30)
    assert own.json()["code"] == "own_wish"
    await step(desk, town.clerk, wish, "close", minutes=30)
    record = (await session.scalars(select(ServiceRecord))).one()
    path = f"/records/{record.id}/correct"
    body = {"minutes": 20, "reason": "算错了", "version": record.version}
    assert (await desk.post(town.secretary, path, **body)).json()["code"] == "own_record"
    assert (await desk.post(town.clerk, path, **body)).json()["minutes"] == 20


async def test_rejected_withdrawn_and_taken_down_are_told_with_the_reason(
    desk: Desk, town: Town, session: AsyncSession, sessions: Sessions
) -> None:
    wish = await wished(session, town, S.SUBMITTED)
    await step(desk, town.clerk, wish, "reject", reason="可走临时救助")
    open_one = await wished(session, town)
    await step(desk, town.clerk, open_one, "take-down", reason="已有人私下赠送")
    own = await wished(session, town)
    assert (await step(desk, town.resident, own, "withdraw")).json()["status"] == "withdrawn"
    await work(sessions)
    heard = await told(sessions)
    assert heard["wish_rejected"] == ({town.resident.id}, "可走临时救助。")
    assert heard["wish_taken_down"][1] == "“保温杯一个”：已有人私下赠送。"
    assert heard["wish_withdrawn"][0] == {town.clerk.id, town.secretary.id}
    steps = await session.scalars(select(WishStep.action).order_by(WishStep.id))
    assert steps.all() == ["reject", "take_down", "withdraw"]
