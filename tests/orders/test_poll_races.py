"""With real commits: organisers name the same people, and close the same poll, at once."""

from typing import Any

from fastapi import FastAPI
from sqlalchemy import func, select

from app.models.order import Order, Seat
from app.models.person import Role
from app.models.poll import PollChoice, PollStep
from tests.factories.orders import make_order
from tests.factories.organizations import make_community
from tests.factories.people import make_staff
from tests.orders.test_offer_races import people, press
from tests.orders.test_polls import answered, make_poll


async def test_two_organisers_name_the_same_people_from_two_polls_and_each_is_asked_once(
    committed: FastAPI,
) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        rows = await people(session, community, 6)
        calls: list[Any] = []
        for turn in (1, -1, 1, -1):
            clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
            order = await make_order(session, community, seats=6)
            poll = await make_poll(session, order, community)
            for row in rows:
                await answered(session, poll, row, PollChoice.YES)
            ids = [str(row.id) for row in rows[::turn]]
            names = f"/polls/{poll.id}/names"
            calls += [(clerk.id, names, {"registration_ids": [one]}) for one in ids]
            calls.append((clerk.id, names, {"registration_ids": ids[:3]}))
    done = await press(committed, calls)
    assert {answer.status_code for answer in done} <= {201, 409}
    async with committed.state.sessions() as session:
        seats = (await session.scalars(select(Seat))).all()
        assert len(seats) == len({seat.person_id for seat in seats}) == 6
        orders = (await session.scalars(select(Order))).all()
        assert sum(order.taken for order in orders) == 6


async def test_a_poll_is_closed_once_however_many_close_it(committed: FastAPI) -> None:
    async with committed.state.sessions.begin() as session:
        community = await make_community(session)
        clerk = await make_staff(session, Role.COMMUNITY_CLERK, community)
        order = await make_order(session, community)
        poll = await make_poll(session, order, community)
    closes: list[Any] = [(clerk.id, f"/polls/{poll.id}/close", {})] * 5
    done = await press(committed, closes)
    assert sorted(answer.status_code for answer in done) == [200, 409, 409, 409, 409]
    async with committed.state.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(PollStep)) == 1
