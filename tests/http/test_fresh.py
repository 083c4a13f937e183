"""Who was accepted a moment ago takes part at once, in every process that remembers him otherwise."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.http.actors import Actors
from app.models.member import Registration, RegistrationStatus
from tests.factories.members import make_registration
from tests.factories.orders import make_order
from tests.factories.people import make_person
from tests.orders.town import Desk, Town, desk, town

__all__ = ["desk", "town"]

Counter = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture(autouse=True)
def remembering(app: FastAPI) -> None:
    app.state.actors = Actors()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/orders/{order}", 200),
        ("GET", "/organizations/{community}/orders/open", 200),
        ("POST", "/orders/{order}/seats", 201),
    ],
)
async def test_who_was_accepted_a_moment_ago_is_let_in(
    desk: Desk, town: Town, session: AsyncSession, method: str, path: str, status: int
) -> None:
    person = await make_person(session)
    order = await make_order(session, town.community)
    path = "/api/v1" + path.format(order=order.id, community=town.community.id)
    head = desk.sign_in(person)
    before = await desk.client.request(method, path, headers=head)
    assert before.status_code in (403, 404)
    await make_registration(session, town.community, person)
    now = await desk.client.request(method, path, headers=head)
    assert now.status_code == status, now.text


async def test_whom_the_house_knows_rightly_is_refused_after_one_more_look(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    person = await make_person(session)
    order = await make_order(session, town.community)
    path = f"/orders/{order.id}/seats"
    with count_statements() as first:
        assert (await desk.post(person, path)).status_code == 404
    with count_statements() as second:
        assert (await desk.post(person, path)).status_code == 404
    assert (len(first), len(second)) == (3, 3)


async def test_what_is_allowed_asks_nothing_more(
    desk: Desk, town: Town, session: AsyncSession, count_statements: Counter
) -> None:
    order = await make_order(session, town.community, seats=2)
    assert (await desk.get(town.member, f"/orders/{order.id}"))["id"] == str(order.id)
    with count_statements() as seen:
        assert (await desk.post(town.member, f"/orders/{order.id}/seats")).status_code == 201
    assert len(seen) == 1
    await session.execute(update(Registration).values(status=RegistrationStatus.SUSPENDED))
    refused = await desk.post(town.member, f"/orders/{order.id}/seats")
    assert refused.status_code == 200  # he holds that seat, whatever became of him since


async def test_without_a_token_nobody_is_looked_for(desk: Desk, town: Town) -> None:
    assert (await desk.client.get(f"/api/v1/orders/{town.community.id}")).status_code == 401
    gone = await desk.client.get(f"/api/v1/board/{town.registration.id}")
    assert gone.status_code == 404
