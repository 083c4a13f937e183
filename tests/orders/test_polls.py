"""Ask first, then name: a question with a life of its own, and names by the road of every offer."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app import deadlines
from app.core import clock
from app.identity.events import AccountClosed, ConsentWithdrawn
from app.models.member import Registration
from app.models.order import BranchTake, Order, OrderStatus, Seat, SeatOrigin, SeatStatus
from app.models.organization import Organization
from app.models.person import Person, Role
from app.models.poll import Poll, PollAnswer, PollChoice, PollStatus, PollStep
from app.models.report import Notification
from app.notifications import polls as messages
from app.orders import leaving, polls
from app.orders.events import PollMoved
from tests.factories.members import make_member, make_registration
from tests.factories.needs import make_need
from tests.factories.orders import make_order, make_seat
from tests.factories.organizations import make_community, make_organization
from tests.factories.people import make_person, make_staff
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Move = Callable[[timedelta], None]
Sessions = async_sessionmaker[AsyncSession]
Counter = Callable[[], AbstractContextManager[list[str]]]


class Unit:
    """A functional branch with its secretary and three members."""

    def __init__(self, row: Organization, leader: Person, members: list[Registration]) -> None:
        self.row, self.leader, self.members = row, leader, members


@pytest.fixture
async def unit(session: AsyncSession, town: Town) -> Unit:
    row = await make_organization(session, "functional_branch", town.community)
    members = [
        await make_registration(session, town.community, functional_branch_id=row.id)
        for _ in range(3)
    ]
    return Unit(row, await make_staff(session, Role.BRANCH_SECRETARY, row), members)


async def ask(desk: Desk, who: Person, order: Order, asked: Organization, **more: Any) -> Response:
    return await desk.post(who, f"/orders/{order.id}/polls", organization_id=str(asked.id), **more)


async def person(session: AsyncSession, row: Registration) -> Person:
    return await session.get_one(Person, row.person_id)


async def say(client: AsyncClient, headers: dict[str, str], poll_id: str, answer: str) -> Response:
    return await client.put(
        f"/api/v1/polls/{poll_id}/answer", json={"answer": answer}, headers=headers
    )


async def answered(session: AsyncSession, poll: Poll, row: Registration, said: PollChoice) -> None:
    session.add(
        PollAnswer(poll_id=poll.id, registration_id=row.id, person_id=row.person_id, answer=said)
    )
    await session.flush()


async def make_poll(session: AsyncSession, order: Order, asked: Organization, **more: Any) -> Poll:
    closes_at = order.starts_at
    columns = {"asked": 1, "closes_at": closes_at, "due_at": closes_at} | more
    poll = Poll(order_id=order.id, organization_id=asked.id, **columns)
    session.add(poll)
    await session.flush()
    return poll


async def test_a_branch_is_asked_answers_and_is_named_from_who_said_yes_and_each_decides(
    session: AsyncSession,
    desk: Desk,
    town: Town,
    unit: Unit,
    sign_in: Any,
    count_statements: Counter,
) -> None:
    order = await make_order(session, town.community, seats=3)
    asked = await ask(desk, unit.leader, order, unit.row)
    assert asked.status_code == 201, asked.text
    assert (asked.json()["asked"], asked.json()["status"]) == (3, "open")
    poll = asked.json()["id"]
    first, second = [await person(session, each) for each in unit.members[:2]]
    for who, said in ((first, "no"), (first, "yes"), (second, "maybe")):
        answer = await say(desk.client, sign_in(who), poll, said)
        assert answer.json() == {"poll_id": poll, "answer": said}
    mine = await desk.get(first, f"/polls/{poll}")
    assert (mine["my_answer"], mine["can_answer"], mine["can_run"]) == ("yes", True, False)
    seen = await desk.get(unit.leader, f"/polls/{poll}")
    assert (seen["yes"], seen["maybe"], seen["no"], seen["can_run"]) == (1, 1, 0, True)
    everybody = await desk.get(unit.leader, f"/polls/{poll}/answers")
    assert [line["answer"] for line in everybody["items"]].count(None) == 1
    (yes,) = (await desk.get(unit.leader, f"/polls/{poll}/answers?answer=yes"))["items"]
    assert (yes["id"], yes["can_come"]) == (str(unit.members[0].id), True)
    closed = await desk.post(unit.leader, f"/polls/{poll}/close")
    assert closed.json()["status"] == "closed"
    with count_statements() as counted:
        named = await desk.post(unit.leader, f"/polls/{poll}/names", registration_ids=[yes["id"]])
    assert len(counted) <= 12
    assert named.status_code == 201, named.text
    (seat_id,) = named.json()["seat_ids"]
    seat = await session.get_one(Seat, seat_id)
    assert (seat.status, seat.origin) == (SeatStatus.OFFERED, SeatOrigin.BRANCH)
    assert await session.scalar(select(func.count()).select_from(BranchTake)) == 1
    accepted = await desk.post(first, f"/seats/{seat_id}/accept")
    assert accepted.json()["status"] == "taken"
    actions = await session.scalars(select(PollStep.action).order_by(PollStep.id))
    assert actions.all() == ["ask", "close"]


async def test_the_organiser_asks_the_community_or_a_unit_and_invites(
    session: AsyncSession, desk: Desk, town: Town, unit: Unit, sign_in: Any
) -> None:
    order = await make_order(session, town.community, seats=3)
    whole = await ask(desk, town.clerk, order, town.community)
    assert whole.json()["asked"] == 4
    part = await ask(desk, town.clerk, order, unit.row)
    assert part.json()["asked"] == 3
    listed = await desk.get(town.clerk, f"/orders/{order.id}/polls?limit=1")
    assert [line["id"] for line in listed["items"]] == [part.json()["id"]]
    more = f"/orders/{order.id}/polls?cursor={listed['next_cursor']}"
    assert [line["asked"] for line in (await desk.get(town.clerk, more))["items"]] == [4]
    poll = whole.json()["id"]
    for row in (town.registration, unit.members[0]):
        await say(desk.client, sign_in(await person(session, row)), poll, "yes")
    ids = [str(town.registration.id), str(unit.members[0].id)]
    named = await desk.post(town.clerk, f"/polls/{poll}/names", registration_ids=ids)
    assert len(named.json()["seat_ids"]) == 2
    await session.refresh(order)
    assert order.taken == 2
    again = await desk.post(town.clerk, f"/polls/{poll}/names", registration_ids=ids)
    assert (again.status_code, again.json()["code"]) == (409, "full")
    first = await desk.get(town.clerk, f"/polls/{poll}/answers?limit=2")
    rest = await desk.get(town.clerk, f"/polls/{poll}/answers?cursor={first['next_cursor']}")
    assert len({line["id"] for line in (*first["items"], *rest["items"])}) == 4
    assert [line["can_come"] for line in (*first["items"], *rest["items"])].count(False) == 2


async def test_asked_is_only_who_could_come_and_no_protected_member(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    need = await make_need(session, town.community)
    order = await make_order(session, town.community, needs=(need,))
    await make_registration(
        session, town.community, await session.get_one(Person, need.requester_id)
    )
    busy = await make_registration(session, town.community)
    await make_seat(session, await make_order(session, town.community), busy)
    hidden = await make_member(session, person=await make_person(session), is_protected=True)
    await make_registration(session, town.community, member=hidden)
    asked = await ask(desk, town.clerk, order, town.community)
    assert asked.json()["asked"] == 1
    found = await session.scalars(select(PollAnswer.registration_id))
    assert found.all() == [town.registration.id]


async def test_who_may_not_ask_is_refused_and_nothing_is_asked_in_vain(
    session: AsyncSession, desk: Desk, town: Town, unit: Unit
) -> None:
    order = await make_order(session, town.community)
    assert (await ask(desk, town.member, order, unit.row)).status_code == 403
    assert (await ask(desk, unit.leader, order, town.community)).status_code == 403
    assert (await ask(desk, await make_person(session), order, unit.row)).status_code == 404
    foreign = await make_organization(session, "functional_branch", await make_community(session))
    elsewhere = await ask(desk, town.clerk, order, foreign)
    assert elsewhere.json()["code"] == "not_of_community"
    empty = await make_organization(session, "functional_group", unit.row)
    assert (await ask(desk, town.clerk, order, empty)).json()["code"] == "nobody_to_ask"
    assert await session.scalar(select(func.count()).select_from(PollStep)) == 0
    begun = await make_order(session, town.community, starts_at=clock.now() - timedelta(hours=1))
    assert (await ask(desk, town.clerk, begun, unit.row)).json()["code"] == "not_open"
    hushed = await make_order(session, town.community, is_confidential=True)
    assert (await ask(desk, town.clerk, hushed, unit.row)).json()["code"] == "dispatch_only"
    for closes_at in (clock.now() - timedelta(hours=1), order.starts_at + timedelta(hours=1)):
        late = await ask(desk, town.clerk, order, unit.row, closes_at=closes_at.isoformat())
        assert late.json()["errors"][0]["pointer"] == "/closes_at"


async def test_one_question_at_a_time_to_the_same_people(
    session: AsyncSession, desk: Desk, town: Town, unit: Unit
) -> None:
    order = await make_order(session, town.community)
    soon = (clock.now() + timedelta(hours=1)).isoformat()
    first = await ask(desk, town.clerk, order, unit.row, closes_at=soon)
    assert first.status_code == 201
    second = await ask(desk, unit.leader, order, unit.row)
    assert (second.status_code, second.json()["code"]) == (409, "already_asked")


async def test_nobody_else_answers_sees_answers_or_names(
    session: AsyncSession, desk: Desk, town: Town, unit: Unit, sign_in: Any
) -> None:
    order = await make_order(session, town.community)
    poll = await make_poll(session, order, unit.row)
    await answered(session, poll, town.registration, PollChoice.MAYBE)
    stranger = await make_person(session)
    assert (await say(desk.client, sign_in(stranger), str(poll.id), "yes")).status_code == 404
    assert (await say(desk.client, sign_in(town.clerk), str(poll.id), "yes")).status_code == 403
    for path in (f"/polls/{poll.id}", f"/polls/{poll.id}/answers"):
        assert (await desk.get(stranger, path))["status"] == 404
    assert (await desk.get(stranger, f"/orders/{order.id}/polls"))["status"] == 404
    assert (await desk.get(town.member, f"/polls/{poll.id}/answers"))["status"] == 403
    ids = [str(town.registration.id)]
    path = f"/polls/{poll.id}/names"
    assert (await desk.post(stranger, path, registration_ids=ids)).status_code == 404
    assert (await desk.post(town.member, path, registration_ids=ids)).status_code == 403
    maybe = await desk.post(town.clerk, path, registration_ids=ids)
    assert maybe.json()["errors"][0]["pointer"] == "/registration_ids/0"
    assert (await desk.post(stranger, f"/polls/{poll.id}/close")).status_code == 404
    assert (await desk.post(town.member, f"/polls/{poll.id}/close")).status_code == 403


async def test_a_poll_is_closed_by_the_clock_and_answers_come_too_late(
    session: AsyncSession,
    sessions: Sessions,
    desk: Desk,
    town: Town,
    sign_in: Any,
    move_clock: Move,
) -> None:
    order = await make_order(session, town.community)
    ends = clock.now() + timedelta(hours=3)
    poll = await make_poll(session, order, town.community, closes_at=ends, due_at=ends)
    await answered(session, poll, town.registration, PollChoice.YES)
    assert not await deadlines.advance_next(sessions, polls.DEADLINES)
    move_clock(timedelta(hours=4))
    late = await say(desk.client, sign_in(town.member), str(poll.id), "no")
    assert (late.status_code, late.json()["code"]) == (409, "poll_over")
    assert await deadlines.advance_next(sessions, polls.DEADLINES)
    await session.refresh(poll)
    assert (poll.status, poll.due_at) == (PollStatus.CLOSED, None)
    again = await desk.post(town.clerk, f"/polls/{poll.id}/close")
    assert again.json()["code"] == "bad_transition"
    await polls.lapse(session, poll)  # closed by a person meanwhile
    assert await session.scalar(select(func.count()).select_from(PollStep)) == 1
    named = await desk.post(
        town.clerk, f"/polls/{poll.id}/names", registration_ids=[str(town.registration.id)]
    )
    assert named.status_code == 201


async def test_a_cancelled_service_takes_no_answers(
    session: AsyncSession, desk: Desk, town: Town, sign_in: Any
) -> None:
    order = await make_order(session, town.community, status=OrderStatus.CANCELLED)
    poll = await make_poll(session, order, town.community)
    await answered(session, poll, town.registration, PollChoice.YES)
    answer = await say(desk.client, sign_in(town.member), str(poll.id), "no")
    assert answer.json()["code"] == "poll_over"
    assert (await desk.get(town.member, f"/polls/{poll.id}"))["can_answer"] is False


async def test_who_has_promised_the_time_meanwhile_is_not_named(
    session: AsyncSession, desk: Desk, town: Town
) -> None:
    order = await make_order(session, town.community)
    poll = await make_poll(session, order, town.community)
    await answered(session, poll, town.registration, PollChoice.YES)
    await make_seat(session, await make_order(session, town.community), town.registration)
    named = await desk.post(
        town.clerk, f"/polls/{poll.id}/names", registration_ids=[str(town.registration.id)]
    )
    assert (named.status_code, named.json()["code"]) == (409, "cannot_come")
    await session.refresh(order)
    assert order.taken == 0


def moved(poll: Poll, action: str) -> PollMoved:
    return PollMoved(poll_id=poll.id, order_id=poll.order_id, action=action, status=poll.status)


async def test_everybody_is_asked_in_one_statement_and_told_in_one_however_many_they_are(
    session: AsyncSession, desk: Desk, town: Town, unit: Unit, count_statements: Counter
) -> None:
    order = await make_order(session, town.community)
    poll = await make_poll(session, order, town.community, asked_by_id=town.clerk.id)
    rows = [await make_registration(session, town.community) for _ in range(20)]
    for row in rows:
        await answered(session, poll, row, PollChoice.YES)
    await messages.on_poll_moved(session, 7, moved(poll, "ask"))
    await messages.on_poll_moved(session, 7, moved(poll, "ask"))
    told = (await session.scalars(select(Notification))).all()
    assert {row.person_id for row in told} == {row.person_id for row in rows}
    assert len(told) == 20
    assert "教用手机" in told[0].text and "—" not in told[0].text
    with count_statements() as few:
        assert (await ask(desk, town.clerk, order, unit.row)).json()["asked"] == 3
    second = await make_order(session, town.community, starts_at=order.ends_at)
    with count_statements() as many:
        assert (await ask(desk, town.clerk, second, town.community)).json()["asked"] == 24
    assert len(many) <= len(few) + 1 <= 12


async def test_who_asked_learns_how_many_can_come_while_somebody_is_wanted(
    session: AsyncSession, town: Town
) -> None:
    order = await make_order(session, town.community)
    poll = await make_poll(session, order, town.community, asked_by_id=town.clerk.id)
    await answered(session, poll, town.registration, PollChoice.YES)
    await messages.on_poll_moved(session, 1, moved(poll, "close"))
    (told,) = (await session.scalars(select(Notification))).all()
    assert told.person_id == town.clerk.id
    assert told.text.startswith("教用手机：1人能来，0人待定")
    order.status = OrderStatus.CANCELLED
    await messages.on_poll_moved(session, 2, moved(poll, "close"))
    assert await session.scalar(select(func.count()).select_from(Notification)) == 1


async def test_nothing_is_kept_of_the_answers_of_who_has_left(
    session: AsyncSession, town: Town
) -> None:
    poll = await make_poll(session, await make_order(session, town.community), town.community)
    await answered(session, poll, town.registration, PollChoice.YES)
    await leaving.on_account_closed(session, 1, AccountClosed(person_id=town.member.id))
    assert await session.scalar(select(func.count()).select_from(PollAnswer)) == 0


async def test_who_agrees_no_longer_to_be_a_member_has_answered_nothing(
    session: AsyncSession, town: Town
) -> None:
    poll = await make_poll(session, await make_order(session, town.community), town.community)
    await answered(session, poll, town.registration, PollChoice.YES)
    gone = ConsentWithdrawn(person_id=town.member.id, purpose="registration_core")
    await leaving.on_consent_withdrawn(session, 1, gone)
    assert await session.scalar(select(func.count()).select_from(PollAnswer)) == 0
